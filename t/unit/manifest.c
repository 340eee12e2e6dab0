/* The manifest of a dump in a directory: what it says is what is read, torn ends do not count. */
#include "record/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

static const char head[] =
	"{\"op\":\"stream\",\"v\":1,\"kind\":\"snapshot\",\"src\":\"s\",\"pos\":{\"file\":\"b.1\",\"offset\":4}}\n"
	"{\"op\":\"selection\",\"tables\":[\"d\"]}\n"
	"{\"op\":\"run\",\"pos\":{\"file\":\"b.1\",\"offset\":4}}\n"
	"{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":[],\"source\":{\"db\":\"d\",\"table\":\"t\"}}\n";
static const char keyed[] =
	"{\"op\":\"file\",\"file\":\"000001.d.t.zst\",\"db\":\"d\",\"table\":\"t\",\"upto\":{\"id\":5},\"id\":\"d.t.2\",\"chunks\":2,"
	"\"rows\":7,\"records\":12,\"bytes\":99,\"pos\":{\"file\":\"b.1\",\"offset\":4},\"end\":{\"file\":\"b.1\",\"offset\":9}}\n";
static const char part[] =
	"{\"op\":\"file\",\"file\":\"000002.d.e.zst\",\"db\":\"d\",\"table\":\"e\",\"part\":1,\"id\":\"d.e.2\",\"chunks\":2,"
	"\"rows\":7,\"records\":12,\"bytes\":99,\"pos\":{\"file\":\"b.1\",\"offset\":4},\"end\":{\"file\":\"b.1\",\"offset\":4}}\n";
static const char last[] =
	"{\"op\":\"file\",\"file\":\"000003.d.e.zst\",\"db\":\"d\",\"table\":\"e\",\"part\":3,\"last\":true,\"id\":\"d.e.3\",\"chunks\":1,"
	"\"rows\":7,\"records\":10,\"bytes\":99,\"pos\":{\"file\":\"b.1\",\"offset\":4},\"end\":{\"file\":\"b.1\",\"offset\":4}}\n";
static const char end[] = "{\"op\":\"end\",\"src\":\"s\",\"reason\":\"done\",\"records\":12}\n";

static char dir[] = "/tmp/dts-manifest.XXXXXX";
static char path[64];

/* What reading a manifest of these texts returns; released by the caller. */
static int read_texts(struct dts_manifest *m, const char *const *texts, struct dts_error *err)
{
	FILE *f = fopen(path, "w");

	if (!f)
		abort();
	for (; *texts; texts++)
		fputs(*texts, f);
	fclose(f);
	return dts_manifest_read(m, dir, err);
}

static void test_round(void)
{
	const char *const texts[] = {head, keyed, part, last, end, NULL};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_manifest m;
	struct dts_buf out = {0}, want = {0};

	CHECK(read_texts(&m, texts, &err) == 1);
	for (const char *const *text = texts; *text; text++)
		dts_buf_adds(&want, *text);
	dts_manifest_add_all(&out, &m);
	CHECK(dts_slice_eq(dts_buf_slice(&out), dts_buf_slice(&want)));
	CHECK(dts_manifest_rows(&m) == 21 && dts_manifest_records(&m) == 34);
	CHECK(dts_manifest_check_files(&m, &err) < 0 && err.status == DTS_BAD_INPUT);
	dts_manifest_drop_table(&m, DTS_LIT("d"), DTS_LIT("e"));
	CHECK(m.file_count == 1 && m.schema_count == 1);
	dts_manifest_drop_table(&m, DTS_LIT("d"), DTS_LIT("t"));
	CHECK(m.file_count == 0 && m.schema_count == 0);
	dts_manifest_release(&m);
	dts_buf_release(&out);
	dts_buf_release(&want);
}

/* How many files are read of these texts; -1: refused. */
static long files(const char *const *texts)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_manifest m;
	int rc = read_texts(&m, texts, &err);
	long count = rc < 0 ? -1 : (long)m.file_count;

	CHECK(rc == 1 || (rc < 0 && err.status == DTS_BAD_INPUT));
	dts_manifest_release(&m);
	return count;
}

static void test_none(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_manifest m;

	unlink(path);
	CHECK(dts_manifest_read(&m, dir, &err) == 0);
	dts_manifest_release(&m);
}

static void test_what_counts(void)
{
	CHECK(files((const char *[]){head, keyed, part, last, NULL}) == 3);
	CHECK(files((const char *[]){head, keyed, part, "{\"op\":\"file\"", NULL}) == 1);
	CHECK(files((const char *[]){head, keyed, part, NULL}) == 1);
}

static void test_refused(void)
{
	CHECK(files((const char *[]){keyed, NULL}) == -1);
	CHECK(files((const char *[]){head, head, NULL}) == -1);
	CHECK(files((const char *[]){head, end, keyed, NULL}) == -1);
	CHECK(files((const char *[]){head, "{\"op\":\"file\",\"file\":\"000001.d.t.zst\"}\n", NULL}) == -1);
	CHECK(files((const char *[]){head, "{\"op\":\"else\"}\n", NULL}) == -1);
	CHECK(files((const char *[]){head, "[]\n", NULL}) == -1);
	CHECK(files((const char *[]){head, "text\n", NULL}) == -1);
	CHECK(files((const char *[]){"", NULL}) == -1);
}

static void test_names(void)
{
	CHECK(dts_manifest_is_data_name("000001.d.t.zst") == 1 && dts_manifest_is_data_name("1234567.%2E.t.zst.tmp") == 2);
	CHECK(!dts_manifest_is_data_name("000001.d/../t.zst") && !dts_manifest_is_data_name("17.d.t.zst"));
	CHECK(!dts_manifest_is_data_name("000001.d.t.txt") && !dts_manifest_is_data_name("manifest"));
}

int main(void)
{
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof path, "%s/" DTS_MANIFEST_NAME, dir);
	RUN(test_none);
	RUN(test_round);
	RUN(test_what_counts);
	RUN(test_refused);
	RUN(test_names);
	unlink(path);
	rmdir(dir);
	return unit_done();
}
