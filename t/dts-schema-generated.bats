# dts-schema between the families: what is said about generated columns.
# shellcheck disable=SC2154 # set by run
load lib/dts

setup_file() { servers_up my=mysql97 ma=mariadb118 || return 0; }
teardown_file() { servers_down; }

setup() {
	servers_or_skip
	for s in my ma; do
		sql $s 'DROP DATABASE IF EXISTS d; CREATE DATABASE d'
		sql $s "CREATE TABLE t (id INT, v VARCHAR(20) COMMENT 'GENERATED', g VARCHAR(60) AS (CONCAT(v,'(,\`u\`')) STORED, h INT AS (id+1) VIRTUAL,
			\`u\`\`v\` INT AS (id*2), PRIMARY KEY (id), UNIQUE KEY g (h, id), KEY id (g(9)),
			KEY h (v), CONSTRAINT c CHECK (\`u\`\`v\` <> 7)); CREATE TABLE u (id INT PRIMARY KEY, \`generated\` INT)" d
	done
}

schema() {
	timeout 60 dts-schema --defaults-file="$(defaults)" -g "$@"
}

@test "generated columns are named for the other family, and those in keys with a warning" {
	for pair in my:mariadb:MariaDB ma:mysql:MySQL; do
		IFS=: read -r from for name <<<"$pair"
		run_tool 0 schema "$from" d --for="$for"
		grep 'generated column' <<<"$stderr" | sort >"$BATS_TEST_TMPDIR/notes"
		sed "s/FAMILY/$name/; s/^/dts-schema: /" <<-'Y' | sort | diff - "$BATS_TEST_TMPDIR/notes"
			table 'd.t': generated column `g`: FAMILY computes its values anew and perhaps others; dts-verify compares them
			table 'd.t': generated column `h`: FAMILY computes its values anew and perhaps others; dts-verify compares them
			table 'd.t': generated column `u``v`: FAMILY computes its values anew and perhaps others; dts-verify compares them
			table 'd.t': WARNING: generated column `h` is in a unique key, `g`: if FAMILY computes other values, it may refuse rows that the source has
			table 'd.t': WARNING: generated column `g` is in a key, `id`: if FAMILY computes other values, it finds other rows by them
			table 'd.t': WARNING: generated column `u``v` is in a constraint, `c`: if FAMILY computes other values, it may refuse rows that the source has
		Y
	done
}

@test "for the same family there is nothing to say" {
	for s in my ma; do
		run_tool 0 schema $s d
		[[ $stderr != *'generated column'* ]]
	done
}
