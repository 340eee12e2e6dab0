# What each tool says of itself agrees: --help, --version, the manual page, the
# completions, the overview. Every tool in the build directory is held to it,
# so that a new one is not forgotten.
#
# A manual page's OPTIONS list exactly the long options of --help, one `.It Fl`
# each. The options of the connection may be left to dts(7), when the section
# refers to it. The SYNOPSIS may show fewer if it has an `option` word.
# shellcheck disable=SC2154,SC2030,SC2031,SC2013 # set by run, in each test's own subshell
load lib/dts

setup() {
	cd "$DTS_ROOT" || return 1
	mapfile -t tools < <(for f in cmd/dts*.c; do basename "$f" .c; done)
	[ "${#tools[@]}" -gt 0 ]
}

# The long options of a tool's help, sorted.
help_options() {
	"$1" --help | sed -n 's/^  \(-., \|    \)--\([a-z][a-z0-9-]*\).*/\2/p' | sort
}

short_options() {
	"$1" --help | sed -n 's/^  -\([A-Za-z]\), --.*/\1/p' | sort
}

# A section of a page's source.
section() {
	awk -v want="$2" '/^\.Sh / { on = ($0 == ".Sh " want); next } on' "$1"
}

# Those that section OPTIONS lists.
page_options() {
	section "$1" OPTIONS | grep '^\.It' | grep -oE 'Fl -[a-z][a-z0-9-]*' | sed 's/^Fl -//' | sort -u
}

connection_options() {
	# dts-schema has no other groups that could have these names.
	printf '%s\n' connect-timeout database defaults-file group host password \
		password-file port socket ssl-ca ssl-cert ssl-key ssl-mode user
}

each_tool() {
	local tool failed=0

	for tool in "${tools[@]}"; do
		"$1" "$tool" || { echo "not so: $tool" && failed=1; }
	done
	[ "$failed" -eq 0 ]
}

@test "every tool is built" {
	for tool in "${tools[@]}"; do
		[ -x "$DTS_BUILD/$tool" ] || { echo "$tool is missing" && false; }
	done
}

help_is_output() {
	run_tool 0 "$1" --help && [ -z "$stderr" ] && [[ ${lines[0]} == "usage: $1 [OPTION]..."* ]] &&
		[ -n "${lines[1]}" ] || return
	# Short ones and long lines are for terminals of 100 columns.
	! printf '%s\n' "$output" | grep -nE '.{101,}'
}

@test "--help is output" { each_tool help_is_output; }

options_have_help() {
	# shellcheck disable=SC2016 # awk's
	"$1" --help | awk '
		{ match($0, /^ */) }
		open { if (RLENGTH < 20) { print "no help: " open; bad = 1 } open = "" }
		/^  (-., |    )--/ && $0 !~ /^  (-., |    )--[^ ]+ +[^ ]/ { open = $0 }
		END { exit bad }'
}

@test "every option has a line of help" { each_tool options_have_help; }

version_is_output() {
	run_tool 0 "$1" --version && [ -z "$stderr" ] && [[ $output =~ ^$1\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "--version is output" { each_tool version_is_output; }

full_disk_is_noticed() {
	run_tool 5 bash -c "$1 --help >/dev/full" && [[ $stderr == "$1: cannot write"* ]] &&
		run_tool 5 bash -c "$1 --version >/dev/full"
}

@test "--help and --version to a full disk fail" { each_tool full_disk_is_noticed; }

unknown_option_is_told() {
	run_tool 2 "$1" --no-such-option </dev/null && [ -z "$output" ] &&
		[[ $stderr == "$1: "*--no-such-option* ]] && [[ $stderr == *"hint: '$1 --help' lists the options"* ]]
}

@test "an unknown option is a usage error with a hint" { each_tool unknown_option_is_told; }

bad_values_are_told() {
	local option

	# Options that take a number, by what the help calls it.
	for option in $("$1" --help | sed -n 's/^  \(-., \|    \)--\([a-z-]*\)=\(N\|SIZE\|SECONDS\|ROWS\)\( .*\)\?$/\2/p'); do
		run_tool 2 "$1" "--$option=x1" </dev/null && [ -z "$output" ] && [[ $stderr == *"--$option"* ]] || return
	done
}

@test "a value that is no number is a usage error" { each_tool bad_values_are_told; }

page_is_complete() {
	local page=man/$1.1 name

	[ -f "$page" ] || { echo "$page is missing" && return 1; }
	for name in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qx "\.Sh $name" "$page" || { echo "$page: no section $name" && return 1; }
	done
	grep -qx "\.Nm $1" "$page" && grep -q "^\.Dt ${1^^} 1" "$page"
}

@test "every tool has a manual page with all sections" { each_tool page_is_complete; }

page_lists_options() {
	local page=man/$1.1 want=$BATS_TEST_TMPDIR/want got=$BATS_TEST_TMPDIR/got

	[ -f "$page" ] || return
	help_options "$1" >"$want"
	page_options "$page" >"$got"
	if section "$page" OPTIONS | grep -q '^\.Xr dts 7'; then
		sort -u "$got" <(comm -12 "$want" <(connection_options | sort)) >"$got.all"
		# Help and version are in dts(7) as well.
		sort -u "$got.all" - <<<$'help\nversion' >"$got"
	fi
	diff "$want" "$got" >"$got.diff" && return
	echo "$page, < only in --help, > only in OPTIONS:"
	cat "$got.diff"
	return 1
}

@test "OPTIONS of the manual page are those of --help" { each_tool page_lists_options; }

page_shows_letters() {
	local page=man/$1.1 letter

	[ -f "$page" ] || return
	! section "$page" OPTIONS | grep -q '^\.Xr dts 7' || page="$page man/dts.7"
	for letter in $(short_options "$1"); do
		# shellcheck disable=SC2086 # one page or two
		grep -qE "^\.It Fl $letter( |\$)" $page || { echo "$page: no -$letter" && return 1; }
	done
}

@test "OPTIONS give the short names too" { each_tool page_shows_letters; }

synopsis_agrees() {
	local page=man/$1.1 names left

	[ -f "$page" ] || return
	names=$(section "$page" SYNOPSIS | grep -oE 'Fl -[a-z][a-z0-9-]*' | sed 's/^Fl -//' | sort -u)
	left=$(comm -23 <(printf '%s\n' "$names" | grep .) <(help_options "$1"))
	[ -z "$left" ] || { echo "$page: SYNOPSIS has unknown options: $left" && return 1; }
	section "$page" SYNOPSIS | grep -qiE '^\.(Op )?.*(Ar|Fl) .*option' && return
	left=$(comm -13 <(printf '%s\n' "$names") <(help_options "$1") |
		grep -vxFf <(connection_options; printf 'help\nversion\n')) || return 0
	echo "$page: SYNOPSIS lacks: $left"
	return 1
}

@test "SYNOPSIS agrees with --help" { each_tool synopsis_agrees; }

@test "the connection options that pages leave to dts(7) are there" {
	for name in $(connection_options) help version; do
		grep -qE "^\.It .*Fl -$name( |\$)" man/dts.7 || { echo "man/dts.7: no --$name" && false; }
	done
}

@test "manual pages are clean" {
	for page in man/*.[1-8]; do
		# Pages that are not installed yet cannot be found.
		run mandoc -Tlint "$page"
		left=$(printf '%s\n' "$output" | grep -vE 'referenced manual not found|outdated mandoc.db' | grep .) || continue
		printf '%s\n' "$left"
		false
	done
}

@test "references between pages lead somewhere" {
	for ref in $(sed -n 's/^\.Xr \(dts[a-z-]*\) \([0-9]\).*/\1.\2/p' man/*.[1-8] | sort -u); do
		[ -f "man/$ref" ] || { echo "no man/$ref" && false; }
	done
}

statuses_agree() {
	local status

	# A status that a page names is one of lib/base/error.h.
	[ -f "man/$1.1" ] || return
	for status in $(section "man/$1.1" 'EXIT STATUS' | sed -n 's/^\.It \(Li \)\?\([0-9][0-9]*\).*/\2/p'); do
		grep -qE "DTS_[A-Z_]+ = $status," lib/base/error.h || { echo "$1: status $status" && return 1; }
	done
	section "man/$1.1" 'EXIT STATUS' | grep -qE '^\.It (Li )?0' || section "man/$1.1" 'EXIT STATUS' | grep -qE 'Xr dts 7|Ex -std'
}

@test "exit statuses are those of the one list" {
	each_tool statuses_agree
	for status in $(sed -n 's/.*DTS_[A-Z_]* = \([0-9]*\),.*/\1/p' lib/base/error.h); do
		grep -qE "^\.It (Li )?$status\$" man/dts.7 || { echo "man/dts.7: no status $status" && false; }
	done
}

overview_lists() {
	grep -q "^\.\(It \)\?Xr $1 1" man/dts.7
}

@test "dts(7) lists every tool" { each_tool overview_lists; }

readme_is_short() { [ ! -f README ] || [ "$(wc -l <README)" -lt 120 ]; }

@test "the README stays short and leads to dts(7)" {
	[ -f README ]
	readme_is_short
	grep -q 'dts\.7\|man dts\|dts(7)' README
}

# --- completions

# complete_bash WORD...: the candidates for the last word, one a line.
complete_bash() {
	bash --norc -c '
		. "$0/completions/dts.bash"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_dts "$1"
		printf "%s\n" "${COMPREPLY[@]}"' "$DTS_ROOT" "$@"
}

bash_knows_options() {
	diff <(help_options "$1") <(complete_bash "$1" -- | sed -n 's/^--\([a-z0-9-]*\)[= ]$/\1/p' | sort) &&
		diff <(short_options "$1") <(complete_bash "$1" - | sed -n 's/^-\([A-Za-z]\) $/\1/p' | sort) &&
		bash --norc -c '. completions/dts.bash; complete -p "$0"' "$1" >/dev/null
}

@test "bash completes exactly the options of --help" { each_tool bash_knows_options; }

@test "bash completes values" {
	printf '[client]\nuser=x\n[dts-one]\n[dts-two]\nhost=y\n' >"$BATS_TEST_TMPDIR/my.cnf"
	[ "$(complete_bash dts-verify --ssl-mode = v)" = $'verify-ca\nverify-identity' ]
	[ "$(complete_bash dts-verify --ssl-mode =)" = $'disabled\npreferred\nrequired\nverify-ca\nverify-identity' ]
	[ "$(complete_bash dts-verify --defaults-file = "$BATS_TEST_TMPDIR/my.cnf" -g '')" = $'one\ntwo' ]
	[ "$(complete_bash dts-verify --defaults-file = "$BATS_TEST_TMPDIR/my.cnf" --target = t)" = two ]
	[ "$(complete_bash dts-verify --defaults-file = "$BATS_TEST_TMPDIR/my")" = "$BATS_TEST_TMPDIR/my.cnf" ]
	[ "$(complete_bash dts-checkpoint sh)" = show ]
	[ "$(complete_bash dts-log po)" = position ]
	mkdir "$BATS_TEST_TMPDIR/a.log"
	[ "$(complete_bash dts-log read "$BATS_TEST_TMPDIR/a.l")" = "$BATS_TEST_TMPDIR/a.log" ]
	[ "$(complete_bash dts-binlog --resume = "$BATS_TEST_TMPDIR/a.")" = "$BATS_TEST_TMPDIR/a.log" ]
	[ "$(complete_bash dts-filter "$BATS_TEST_TMPDIR/m")" = "$BATS_TEST_TMPDIR/my.cnf" ]
}

# What _dts hands to _arguments for a tool.
zsh_specs() {
	zsh -f -c '_arguments() { print -rl -- "$@" }; words=($1); . completions/_dts' zsh "$1"
}

zsh_knows_options() {
	diff <(help_options "$1") <(zsh_specs "$1" | sed -n 's/^\*--\([a-z0-9-]*\)=\{0,1\}\[.*/\1/p' | sort) &&
		diff <(short_options "$1") <(zsh_specs "$1" | sed -n 's/^\*-\([A-Za-z]\)+\{0,1\}\[.*/\1/p' | sort) &&
		sed -n 1p completions/_dts | grep -qw -- "$1"
}

@test "zsh completes exactly the options of --help" {
	command -v zsh >/dev/null || skip_loudly "zsh is not installed"
	zsh -f -n completions/_dts
	each_tool zsh_knows_options
}
