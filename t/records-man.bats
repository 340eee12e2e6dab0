# dts-records(5): every example in it is a record as we write it, and passes.
# shellcheck disable=SC2154 # set by run
load lib/dts

page=$DTS_ROOT/man/dts-records.5

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	# The page's source is read, not its formatted text: nothing wraps there.
	sed -e "s/\\\\('e/é/g" -e 's/\\e/\\/g' "$page" | grep '^{"op":' >examples
	[ -s examples ]
	cat >context.py <<-'PY'
		"""Puts each record of the file into the smallest stream where it may stand."""
		import json, sys

		def line(**fields):
		    return json.dumps(fields, separators=(",", ":"))

		def in_context(text):
		    r = json.loads(text)
		    op, src, pos = r["op"], r.get("src", "db1"), {"file": "b.1", "offset": 4}
		    def stream(kind, *lines):
		        return [line(op="stream", v=1, kind=kind, src=src, pos=pos), *lines,
		                line(op="end", src=src, reason="done", records=len(lines))]
		    def begin(tx):
		        return line(op="begin", src=src, tx=tx, pos=pos)
		    def commit(tx, n):
		        return line(op="commit", src=src, tx=tx, n=n, pos=pos)
		    def inserts(tx, count):
		        return [line(op="insert", db="d", table="t", tx=tx, n=n + 1, after={}) for n in range(count)]
		    def chunk(name, db, table):
		        return line(op="chunk", src=src, id=name, db=db, table=table, pos=pos)
		    def chunk_end(name, rows):
		        return line(op="chunk-end", src=src, id=name, rows=rows, pos=pos)
		    if op == "ack":
		        return [text]
		    if op == "stream":
		        return [text, line(op="end", src=src, reason="done", records=0)]
		    if op == "end":
		        beats = [line(op="heartbeat", src=src, pos=pos)] * r["records"]
		        return [line(op="stream", v=1, kind="changes", src=src, pos=pos), *beats, text]
		    if op == "chunk":
		        return stream("snapshot", text, chunk_end(r["id"], 0))
		    if op == "row":
		        return stream("snapshot", chunk("1", r["db"], r["table"]), text, chunk_end("1", 1))
		    if op == "chunk-end":
		        rows = [line(op="row", db="d", table="t", after={})] * r["rows"]
		        return stream("snapshot", chunk(r["id"], "d", "t"), *rows, text)
		    if op == "ddl" and "tx" not in r:
		        return stream("schema", text)
		    if op in ("insert", "update", "delete") and "tx" not in r:
		        return stream("repair", text)
		    if op in ("schema", "heartbeat") or "xid" in r and op != "prepare":
		        return stream("changes", text)
		    tx = r["tx"]
		    if op == "begin":
		        return stream("changes", text, commit(tx, 0))
		    if op == "rollback" and "to" in r:
		        return stream("changes", begin(tx), *inserts(tx, r["to"] + 1), text, commit(tx, r["to"]))
		    if op == "rollback":
		        return stream("changes", begin(tx), text)
		    if op in ("commit", "prepare"):
		        return stream("changes", begin(tx), *inserts(tx, r["n"]), text)
		    return stream("changes", begin(tx), *inserts(tx, r["n"] - 1), text, commit(tx, r["n"]))

		for text in open(sys.argv[1], encoding="utf-8"):
		    print(*in_context(text.rstrip("\n")), sep="\n")
	PY
}

@test "there is an example of each op" {
	for op in $(sed -n '/const op_names\[/,/};/p' "$DTS_ROOT/lib/record/record.c" | grep -o '"[a-z-]*"' | tr -d '"'); do
		grep -q "^{\"op\":\"$op\"," examples || { echo "no example of $op"; return 1; }
	done
}

@test "each example passes byte for byte where it may stand" {
	PYTHONIOENCODING=utf-8 python3 context.py examples >in
	dts-filter in >out
	cmp in out
	while IFS= read -r record; do
		grep -qxF -- "$record" out || { echo "lost: $record"; return 1; }
	done <examples
}

@test "each example is as jq -c writes it, with its fields in the page's order" {
	jq -c . examples | cmp examples -
	order=$(sed -n '/^\.Sh ORDER OF FIELDS/,/^\.Sh EXAMPLES/p' "$page" | sed -n '/^\.Bd/,/^\.Ed/p' | grep -v '^\.')
	order=" ${order//$'\n'/ } "
	# The same list as in the code.
	# shellcheck disable=SC2086,SC2116 # words, one blank between them
	[ "$(echo $order)" = "$(sed -n '/names\[DTS_F_COUNT\]/,/};/p' "$DTS_ROOT/lib/record/record.c" |
		grep -o '"[a-z]*"' | tr -d '"' | tr '\n' ' ' | sed 's/ $//')" ]
	jq -c 'keys_unsorted' examples | while read -r keys; do
		rest=$order
		for key in $(jq -r '.[]' <<<"$keys"); do
			[[ $rest = *" $key "* ]] || { echo "'$key' out of order in $keys"; return 1; }
			rest=" ${rest#*" $key "}"
		done
	done
}

@test "the whole stream of EXAMPLES passes byte for byte" {
	sed -n '/^\.Sh EXAMPLES/,$p' "$page" | grep '^{"op":' >stream
	dts-filter stream | cmp stream -
}
