# The build, the installation, and the rules that the source keeps.
load lib/dts

# Everything happens in a copy, as a fresh clone has it: the tree that is being
# tested stays as it is. Without optimisation, for its speed.
setup_file() {
	export SRC=$BATS_FILE_TMPDIR/src
	mkdir "$SRC"
	local name
	for name in cmd lib man t completions Makefile configure.ac README LICENSE; do
		[ ! -e "$DTS_ROOT/$name" ] || cp -R "$DTS_ROOT/$name" "$SRC"
	done
	# No variables of an outer make.
	unset MAKEFLAGS MAKELEVEL MFLAGS
	export CFLAGS=-O0
	make -s -C "$SRC" -j2 >"$BATS_FILE_TMPDIR/make.log" 2>&1 || {
		tail -n 30 "$BATS_FILE_TMPDIR/make.log"
		return 1
	}
}

# The names of the tools, from their sources.
tools() {
	for file in "$SRC"/cmd/dts-*.c; do
		[ ! -f "$file" ] || basename "$file" .c
	done
}

@test "a plain make configures and builds everything" {
	[ -f "$SRC/config.mk" ]
	[ -f "$SRC/build/libdts.a" ]
	for tool in $(tools); do
		[ -x "$SRC/build/$tool" ]
	done
}

@test "a second make does nothing" {
	run_tool 0 make -C "$SRC" --no-print-directory
	[ "$output" = "make: Nothing to be done for 'all'." ]
	[ -z "$stderr" ]
}

@test "a changed header makes its readers anew, and only those" {
	# One of few readers, as they are really made.
	touch "$SRC/lib/filter/statement.h"
	run_tool 0 make -C "$SRC" --no-print-directory
	[[ $output == *lib/filter/statement.c* ]]
	[[ $output != *lib/base/error.c* ]]
}

@test "changed flags make everything anew" {
	# The flags are kept in a file, which is put back for the tests that follow.
	cp -p "$SRC/build/flags" "$BATS_TEST_TMPDIR/flags"
	run_tool 0 make -n -C "$SRC" --no-print-directory CFLAGS='-O0 -DOTHER'
	[[ $output == *lib/base/hash.c*lib/record/json.c* ]]
	cp -p "$BATS_TEST_TMPDIR/flags" "$SRC/build/flags"
}

@test "configure takes either client library" {
	root=$(sh "$DTS_ROOT/t/servers/unpack" sid) ||
		skip_loudly "no client library of Oracle's"
	mkdir "$BATS_TEST_TMPDIR/there"
	cd "$BATS_TEST_TMPDIR/there"
	cp "$SRC/Makefile" "$SRC/configure" .
	run_tool 0 env CC="gcc --sysroot=$root" PKG_CONFIG_SYSROOT_DIR="$root" \
		PKG_CONFIG_LIBDIR="$root/$(cat "$root/libraries")/pkgconfig" ./configure
	[[ $output == *'client library... mysqlclient'* ]]
	grep -q '^DEPS_LIBS = .*-lmysqlclient' config.mk
	run_tool 1 ./configure --with-client=nosuch
	[[ $stderr == *'no nosuch found'* ]]
}

@test "make install puts everything where it belongs, uninstall takes it away" {
	dest=$BATS_TEST_TMPDIR/dest
	make -s -C "$SRC" install DESTDIR="$dest" prefix=/usr
	for tool in $(tools); do
		[ -x "$dest/usr/bin/$tool" ]
	done
	for page in "$SRC"/man/*.[1-8]; do
		[ ! -f "$page" ] ||
			[ -f "$dest/usr/share/man/man${page##*.}/$(basename "$page")" ]
	done
	if ls "$SRC"/completions/*.bash >/dev/null 2>&1; then
		for tool in $(tools); do
			[ -f "$dest/usr/share/bash-completion/completions/$tool" ]
		done
	fi
	if ls "$SRC"/completions/_* >/dev/null 2>&1; then
		ls "$dest"/usr/share/zsh/site-functions/_*
	fi
	others=$(find "$dest" ! -type d | grep -vE \
		'/usr/(bin/dts(-[a-z]+)?|share/man/man[1-8]/dts[a-z-]*\.[1-8]|share/bash-completion/completions/dts(-[a-z]+)?|share/zsh/site-functions/_dts[a-z-]*)$' || :)
	[ -z "$others" ]
	make -s -C "$SRC" uninstall DESTDIR="$dest" prefix=/usr
	[ -z "$(find "$dest" ! -type d)" ]
}

@test "distclean leaves the sources alone and nothing else" {
	copy=$BATS_TEST_TMPDIR/copy
	cp -R "$SRC" "$copy"
	make -s -C "$copy" distclean
	for name in "$copy"/* "$copy"/.[!.]*; do
		[ -e "$name" ] || continue
		[ -e "$DTS_ROOT/$(basename "$name")" ]
		case $(basename "$name") in
		build | configure | config.* | autom4te.cache) false ;;
		esac
	done
}

@test "the top of the tree holds what it should and no more" {
	cd "$DTS_ROOT"
	for name in *; do
		case $name in
		cmd | lib | man | t | completions | Makefile | configure.ac | README | LICENSE) ;;
		*) grep -qxE "/$name/?" .gitignore || {
			echo "unexpected: $name"
			false
		} ;;
		esac
	done
}

@test "no file names the directories of whoever wrote it" {
	cd "$SRC"
	run -1 grep -rnIE '(^|[^A-Za-z0-9_.}$/*-])/(home|root|Users|mnt|work)/[a-z]' \
		--exclude-dir=build --exclude=configure --exclude='config.[lms]*' \
		--exclude-dir=autom4te.cache .
	[ -z "$output" ]
}

# Prints the rooms that the files of room $1 include.
includes() {
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([a-z]*\)\/.*/\1/p' \
		"$SRC/lib/$1"/*.[ch] | sort -u
}

@test "the rooms include one another one way only" {
	capability=' schema dump binlog filter apply verify undo csv check task '
	for dir in "$SRC"/lib/*/; do
		room=$(basename "$dir")
		ls "$dir"*.[ch] >/dev/null 2>&1 || continue
		for used in $(includes "$room"); do
			[ "$used" != "$room" ] || continue
			if [ "$room" = base ] || [[ $capability == *" $used "* ]]; then
				echo "lib/$room includes $used/"
				false
			fi
		done
	done
}

# undefined NAME...: prints the objects of the copy's build that call one of
# them. Asked of the objects and not of the text, comments do not count.
undefined() {
	local names

	names=$(printf '%s|' "$@")
	(cd "$SRC/build/obj" && find lib cmd -name '*.o' | sort | xargs nm -A -u) |
		sed -n 's/^\([^:]*\): *U \([^@]*\).*/\1 calls \2/p' |
		grep -E " (__)?(${names%|})(_chk)?\$" || :
}

@test "the library neither prints nor ends the program, but for lib/base" {
	calls=$(undefined printf vprintf fprintf vfprintf puts putchar putc fputs \
		fputc stdout stderr perror exit _exit quick_exit abort assert_fail |
		grep '^lib/' | grep -v '^lib/base/' || :)
	echo "$calls"
	[ -z "$calls" ]
}

@test "nobody calls what has no bounds or no errors" {
	calls=$(undefined strcpy strcat sprintf vsprintf strtok atoi atol atoll gets)
	echo "$calls"
	[ -z "$calls" ]
}
