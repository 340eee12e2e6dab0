/* Once warm, reading and writing records allocates nothing: counted by standing
 * in for malloc(), or by the sanitizer's hooks where one stands there already. */
#include "apply/load.h"
#include "log/append_frame.h"
#include "record/stream.h"
#include "record/value.h"

#include <unistd.h>

#include "unit.h"

static unsigned long allocations;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HOOKS 1
#endif
#endif

#ifdef HOOKS
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *, size_t),
					      void (*on_free)(const volatile void *));

static void on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	(void)size;
	allocations++;
}

static void on_free(const volatile void *p)
{
	(void)p;
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	allocations++;
	return __libc_realloc(p, size);
}
#endif

/* Records of all forms: canonical, escaped, spaced, with unknown fields. */
static void add_transaction(struct dts_buf *b, int i)
{
	dts_buf_addf(b, "{\"op\":\"begin\",\"src\":\"a\",\"tx\":\"0-1-%d\",\"pos\":{\"file\":\"b.1\",\"offset\":%d}}\n", i, i);
	dts_buf_addf(b, "{\"op\":\"insert\",\"db\":\"shop\",\"table\":\"orders\",\"tx\":\"0-1-%d\",\"n\":1,"
			"\"after\":{\"id\":%d,\"note\":\"caf\xc3\xa9 \\\"x\\\"\",\"price\":\"1.50\",\"gone\":null}}\n", i, i);
	dts_buf_addf(b, "{ \"tx\" : \"0-1-%d\", \"after\":{}, \"n\":2, \"extra\":[1,{\"a\":[]}], \"t\\u0061ble\":\"\\u00e9\","
			"\"db\":\"sh\\u006fp\", \"op\":\"insert\" }\n", i);
	dts_buf_addf(b, "{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"0-1-%d\",\"n\":2,\"pos\":{\"file\":\"b.1\",\"offset\":%d}}\n", i, i);
}

static void test_reading(void)
{
	struct dts_buf text = {0}, out = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice with[DTS_F_COUNT] = {{NULL, 0}};
	const struct dts_record *r;
	char path[] = "/tmp/dts-unit-XXXXXX";
	char *paths[] = {path};
	int fd = mkstemp(path);
	unsigned long count = 0, warm = 0;

	dts_buf_adds(&text, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"a\",\"pos\":{}}\n");
	for (int i = 100000; i < 110000; i++)
		add_transaction(&text, i);
	dts_buf_adds(&text, "{\"op\":\"end\",\"src\":\"a\",\"reason\":\"done\",\"records\":40000}\n");
	REQUIRE(fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len);
	close(fd);

	struct dts_stream *s = dts_stream_open(paths, 1, NULL, &err);
	REQUIRE(s != NULL);
	with[DTS_F_DB] = DTS_LIT("\"other\"");
	int rc;
	while ((rc = dts_stream_next(s, &r, &err)) > 0) {
		dts_buf_clear(&out);
		dts_record_rewrite(r, with, &out);
		if (++count == 20000)
			warm = allocations;
	}
	CHECK_STR("", err.message);
	CHECK_INT(0, rc);
	CHECK_INT(40002, count);
	CHECK(warm > 0); /* the counter counts */
	CHECK_INT(warm, allocations);
	dts_stream_close(s);
	remove(path);
	dts_buf_release(&text);
	dts_buf_release(&out);
}

static void test_writing(void)
{
	struct dts_buf b = {0}, scratch = {0};
	const struct dts_charset *latin1 = dts_charset_find(DTS_LIT("latin1"));
	unsigned long warm = 0;

	for (int i = 0; i < 1000; i++) {
		dts_buf_clear(&b);
		dts_json_add_string(&b, DTS_LIT("quote \" and caf\xc3\xa9"));
		dts_value_add_text(&b, latin1, DTS_LIT("quote \" and caf\xe9"));
		dts_value_add_binary(&b, DTS_LIT("\x01"), 16);
		dts_json_add_i64(&b, i);
		dts_json_add_double(&b, i / 7.0);
		dts_json_add_bytes(&b, DTS_LIT("bytes"));
		dts_json_string(DTS_LIT("\"esc\\u0061ped\""), &scratch);
		if (i == 0)
			warm = allocations;
	}
	CHECK_INT(warm, allocations);
	dts_buf_release(&b);
	dts_buf_release(&scratch);
}

static void read_schema(struct dts_schema *s, const char *line)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_record r;

	dts_record_init(&r);
	CHECK_INT(0, dts_record_parse(&r, dts_slice_of(line), &err));
	CHECK_INT(0, dts_schema_parse(s, &r, &err));
	dts_record_release(&r);
}

static void test_loading(void)
{
	static const char schema[] =
		"{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":[{\"name\":\"id\",\"type\":\"int(11)\"},{\"name\":\"f\",\"type\":\"float\"},"
		"{\"name\":\"s\",\"type\":\"text\",\"charset\":\"utf8mb4\"},{\"name\":\"l\",\"type\":\"text\",\"charset\":\"latin1\"},"
		"{\"name\":\"b\",\"type\":\"blob\"},{\"name\":\"j\",\"type\":\"json\"},"
		"{\"name\":\"e\",\"type\":\"enum('x','y')\",\"charset\":\"utf8mb4\"},{\"name\":\"i\",\"type\":\"inet4\"}]}";
	static const char line[] = "{\"op\":\"row\",\"db\":\"d\",\"table\":\"t\",\"after\":{\"id\":1,\"f\":0.1,\"s\":\"a\\n\\u00e9\",\"l\":\"\\\\\","
				   "\"b\":{\"base64\":\"AAEJCg==\"},\"j\":\"[\\\"x\\\",1]\",\"e\":\"y\",\"i\":\"1.2.3.4\"}}";
	struct dts_apply_table *t = dts_zalloc(1, sizeof *t);
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_literal_scratch scratch = {0};
	struct dts_json values[8];
	struct dts_record r;
	struct dts_buf out = {0};
	unsigned long warm = 0;

	read_schema(&t->schema, schema);
	read_schema(&t->target, schema);
	CHECK_INT(0, dts_apply_table_match(t, &err));
	dts_record_init(&r);
	for (int i = 0; i < 1000; i++) {
		dts_buf_clear(&out);
		CHECK_INT(0, dts_apply_table_row(t, dts_slice_of(line), &r, values, &err));
		CHECK_INT(1, dts_load_row(&out, t, values, &scratch, &err));
		if (i == 0)
			warm = allocations;
	}
	CHECK_INT(warm, allocations);
	dts_record_release(&r);
	dts_literal_scratch_release(&scratch);
	dts_buf_release(&out);
	dts_apply_table_free(t);
}

/* What goes into a log: nothing for a record, whose names and tables are counted; a little for each frame. */
static void test_log_frames(void)
{
	static const char stream[] = "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"a\",\"pos\":{\"file\":\"b.1\",\"offset\":4,"
				     "\"gtid\":\"\"}}";
	struct dts_log_frame *spare = dts_log_frame_new();
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_log_builder b;
	struct dts_buf text = {0};
	struct dts_record r;
	unsigned long warm = 0, records = 0;

	dts_record_init(&r);
	dts_log_builder_init(&b);
	dts_gtids_set_empty(&b.at.gtid, DTS_GTID_MARIADB);
	dts_position_set(&b.at, DTS_LIT("b.1"), 4);
	CHECK_INT(0, dts_log_builder_stream(&b, dts_slice(stream, sizeof stream - 1), &err));
	for (int i = 100000; i < 104000; i++) {
		dts_buf_clear(&text);
		add_transaction(&text, i);
		for (const char *p = text.data, *end; p < text.data + text.len; p = end + 1, records++) {
			end = memchr(p, '\n', (size_t)(text.data + text.len - p));
			CHECK_INT(0, dts_record_parse(&r, dts_slice(p, (size_t)(end - p)), &err));
			CHECK_INT(0, dts_log_builder_add(&b, &r, &err));
		}
		if (i % 1000 == 999) {
			CHECK(i < 103000 || warm == allocations);
			spare = dts_log_builder_seal(&b, false, spare);
			dts_log_frame_clear(spare);
		}
		if (i % 1000 == 0)
			warm = allocations;
	}
	CHECK_INT(16000, records);
	CHECK(warm > 0);
	dts_log_frame_free(spare);
	dts_log_builder_release(&b);
	dts_record_release(&r);
	dts_buf_release(&text);
}

int main(void)
{
#ifdef HOOKS
	__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
#endif
	RUN(test_reading);
	RUN(test_writing);
	RUN(test_loading);
	RUN(test_log_frames);
	return unit_done();
}
