/* Changes of parts of documents, in the binary form that MySQL logs (sql-common/json_diff.h, json_binary.h). */
#include "binlog/json_diff.h"
#include "unit.h"

static struct dts_json_diff scratch;
static struct dts_buf list;

enum { REPLACE, INSERT, REMOVE };

/* Adds a change; `value` is an int16, which is a document of three bytes. */
static void add(int op, const char *path, int value)
{
	dts_buf_addc(&list, (char)op);
	dts_buf_addc(&list, (char)strlen(path));
	dts_buf_adds(&list, path);
	if (op != REMOVE) {
		const char document[] = {3, 5, (char)value, (char)(value >> 8)};
		dts_buf_add(&list, document, sizeof document);
	}
}

/* What becomes of a document; "!" where that cannot be. Forgets the changes. */
static const char *result(const char *document, size_t len)
{
	static struct dts_buf out;

	dts_buf_clear(&out);
	bool fine = dts_json_diff_add(&scratch, dts_slice(document, len), dts_buf_slice(&list), &out);
	dts_buf_clear(&list);
	return fine ? dts_buf_text(&out) : "!";
}

/* {"a": 1, "b": [10, 20], "cc": "x"}; [7, true]; 5 */
static const char object[] = "\x00" "\x03\x00\x2d\x00" "\x19\x00\x01\x00\x1a\x00\x01\x00\x1b\x00\x02\x00" "\x05\x01\x00\x02\x1d\x00\x0c\x2b\x00" "abcc"
			     "\x02\x00\x0a\x00\x05\x0a\x00\x05\x14\x00" "\0\0\0\0" "\x01x";
static const char array[] = "\x02\x02\x00\x0a\x00\x05\x07\x00\x04\x01\x00";
static const char scalar[] = "\x05\x05\x00";

#define OBJECT(want) CHECK_STR(want, result(object, sizeof object - 1))
#define ARRAY(want) CHECK_STR(want, result(array, sizeof array - 1))
#define SCALAR(want) CHECK_STR(want, result(scalar, sizeof scalar - 1))

static void test_replace(void)
{
	OBJECT("\"{\\\"a\\\": 1, \\\"b\\\": [10, 20], \\\"cc\\\": \\\"x\\\"}\"");
	add(REPLACE, "$.a", 12345);
	add(REPLACE, "$.b[1]", 3);
	add(REPLACE, "$.\"cc\"", -1);
	OBJECT("\"{\\\"a\\\": 12345, \\\"b\\\": [10, 3], \\\"cc\\\": -1}\"");
	add(REPLACE, "$.b[last]", 3);
	add(REPLACE, "$.b[last-1]", 4);
	OBJECT("\"{\\\"a\\\": 1, \\\"b\\\": [4, 3], \\\"cc\\\": \\\"x\\\"}\"");
	add(REPLACE, "$.b", 3);
	add(REPLACE, "$.a[0]", 4); /* what is no array is its own first element */
	OBJECT("\"{\\\"a\\\": 4, \\\"b\\\": 3, \\\"cc\\\": \\\"x\\\"}\"");
	add(REPLACE, "$", 3);
	OBJECT("\"3\"");
	add(REPLACE, "$", 3);
	SCALAR("\"3\"");
}

static void test_insert(void)
{
	add(INSERT, "$.bb", 1);
	add(INSERT, "$.aa", 2); /* shorter keys come first */
	add(INSERT, "$.z", 3);
	add(INSERT, "$.\"\"", 4);
	OBJECT("\"{\\\"\\\": 4, \\\"a\\\": 1, \\\"b\\\": [10, 20], \\\"z\\\": 3, \\\"aa\\\": 2, \\\"bb\\\": 1, \\\"cc\\\": \\\"x\\\"}\"");
	add(INSERT, "$.ccc", 1);
	add(INSERT, "$.\"q\\\"\\n\"", 2);
	OBJECT("\"{\\\"a\\\": 1, \\\"b\\\": [10, 20], \\\"cc\\\": \\\"x\\\", \\\"ccc\\\": 1, \\\"q\\\\\\\"\\\\n\\\": 2}\"");
	add(INSERT, "$[0]", 1);
	add(INSERT, "$[2]", 2);
	add(INSERT, "$[99]", 3);
	ARRAY("\"[1, 7, 2, true, 3]\"");
	add(REMOVE, "$[0]", 0);
	add(REMOVE, "$[0]", 0);
	add(INSERT, "$[0]", 5);
	add(INSERT, "$[1]", 6);
	ARRAY("\"[5, 6]\"");
}

static void test_remove(void)
{
	add(REMOVE, "$.a", 0);
	OBJECT("\"{\\\"b\\\": [10, 20], \\\"cc\\\": \\\"x\\\"}\"");
	add(REMOVE, "$.b", 0);
	OBJECT("\"{\\\"a\\\": 1, \\\"cc\\\": \\\"x\\\"}\"");
	add(REMOVE, "$.cc", 0);
	add(REMOVE, "$.b[0]", 0);
	add(REMOVE, "$.b[0]", 0);
	OBJECT("\"{\\\"a\\\": 1, \\\"b\\\": []}\"");
	add(REMOVE, "$.cc", 0);
	add(REMOVE, "$.b", 0);
	add(REMOVE, "$.a", 0);
	add(INSERT, "$.k", 9);
	OBJECT("\"{\\\"k\\\": 9}\"");
}

static void test_what_does_not_fit(void)
{
	static const char *const paths[] = {"", "a", "$.", "$[", "$[x]", "$[0", "$.\"a", "$.\"a\\\"", "$a", "$.x", "$.a.b", "$.b[2]", "$.b[last-2]", "$.b.c", "$..a", "$.*"};

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		add(REPLACE, paths[i], 1);
		OBJECT("!");
		add(REMOVE, paths[i], 1);
		OBJECT("!");
	}
	add(INSERT, "$.a", 1); /* is there already */
	OBJECT("!");
	add(INSERT, "$.a[0]", 1);
	OBJECT("!");
	add(INSERT, "$", 1);
	OBJECT("!");
	add(REMOVE, "$", 1);
	OBJECT("!");
	add(REMOVE, "$.a[0]", 1);
	OBJECT("!");
	add(REMOVE, "$[0]", 1);
	OBJECT("!");
	add(7, "$.a", 1);
	OBJECT("!");
	add(REPLACE, "$.a", 1);
	list.len -= 1;
	OBJECT("!");
	dts_buf_adds(&list, "\1\7$");
	OBJECT("!");
	CHECK_STR("!", result("\x05\x05", 2));
}

int main(void)
{
	RUN(test_replace);
	RUN(test_insert);
	RUN(test_remove);
	RUN(test_what_does_not_fit);
	dts_buf_release(&list);
	dts_json_diff_release(&scratch);
	return unit_done();
}
