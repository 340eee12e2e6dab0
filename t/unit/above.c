#include "checkpoint/above.h"
#include "unit.h"

static struct dts_error err;

static void at(struct dts_position *p, const char *file, uint64_t offset)
{
	dts_position_set(p, dts_slice_of(file), offset);
}

static const char *text_of(const struct dts_above *a)
{
	static struct dts_buf text;

	dts_buf_clear(&text);
	dts_above_add(&text, a);
	return dts_buf_text(&text);
}

static const char *ids_of(const char *const *names, size_t count)
{
	static struct dts_buf text;
	struct dts_run_ids ids = {0};
	struct dts_position nowhere = {0};

	for (size_t i = 0; i < count; i++)
		dts_run_ids_add(&ids, dts_slice_of(names[i]));
	dts_buf_clear(&text);
	dts_run_add(&text, &nowhere, &nowhere, &ids);
	dts_run_ids_release(&ids);
	return dts_buf_text(&text);
}

static void test_ids_in_a_row_are_one(void)
{
	const char *const names[] = {"0-1-6", "0-1-7", "0-1-8", "0-2-9", "0-2-11", "1-2-12", "a:12", "a:13"};

	CHECK_STR("{\"txs\":[\"0-1-6..8\",\"0-2-9\",\"0-2-11\",\"1-2-12\",\"a:12..13\"]}", ids_of(names, 8));
	CHECK_STR("{\"txs\":[]}", ids_of(names, 0));
	CHECK_STR("{\"txs\":[\"0-1-6\"]}", ids_of(names, 1));
}

#define MADE(from, to, txs) "{\"from\":{\"file\":\"b.7\",\"offset\":" from "},\"to\":{\"file\":\"b.7\",\"offset\":" to "},\"txs\":[" txs "]}"

static void test_what_is_there(void)
{
	struct dts_above a = {0};
	struct dts_position low = {0}, p = {0};

	at(&low, "b.7", 10);
	CHECK_INT(0, dts_above_read(&a, DTS_LIT("[" MADE("20", "40", "\"0-1-2..3\"") "," MADE("4", "10", "") "," MADE("60", "70", "\"0-1-6\"") "]"), &low, &err));
	CHECK_STR("[" MADE("20", "40", "\"0-1-2..3\"") "," MADE("60", "70", "\"0-1-6\"") "]", text_of(&a));
	const struct { uint64_t offset; bool there; } cases[] = {{4, false}, {19, false}, {20, true}, {39, true}, {40, false}, {60, true}, {70, false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		at(&p, "b.7", cases[i].offset);
		CHECK_INT(cases[i].there, dts_above_has(&a, &p, DTS_LIT("0-1-2"))); /* files and offsets tell, not GTIDs */
	}
	at(&p, "b.8", 20);
	CHECK(!dts_above_has(&a, &p, DTS_LIT("0-1-2")));
	at(&low, "b.7", 40);
	dts_above_pass(&a, &low);
	CHECK_STR("[" MADE("60", "70", "\"0-1-6\"") "]", text_of(&a));
	/* Another server: its GTIDs alone. */
	CHECK_INT(0, dts_above_forget_files(&a));
	CHECK_STR("[{\"txs\":[\"0-1-6\"]}]", text_of(&a));
	at(&p, "other.1", 1);
	CHECK(dts_above_has(&a, &p, DTS_LIT("0-1-6")));
	CHECK(!dts_above_has(&a, &p, DTS_LIT("0-1-60")));
	CHECK(!dts_above_has(&a, &p, DTS_LIT("0-2-6")));
	CHECK_INT(0, dts_gtids_parse(&low.gtid, DTS_LIT("0-1-5"), DTS_GTID_MARIADB, &err));
	dts_above_pass(&a, &low);
	CHECK_INT(1, (int)a.count);
	CHECK_INT(0, dts_gtids_parse(&low.gtid, DTS_LIT("0-1-6"), DTS_GTID_MARIADB, &err));
	dts_above_pass(&a, &low);
	CHECK_INT(0, (int)a.count);
	/* A run without GTIDs cannot be told at another server. */
	CHECK_INT(0, dts_above_read(&a, DTS_LIT("[" MADE("60", "70", "") "]"), &p, &err));
	CHECK_INT(-1, dts_above_forget_files(&a));
	CHECK_STR("[" MADE("60", "70", "") "]", text_of(&a));
	dts_above_release(&a);
	dts_position_release(&low);
	dts_position_release(&p);
}

static void test_damage(void)
{
	static const char *const texts[] = {
		"[", "{}", "[1]", "[{}]", "[{\"txs\":1}]", "[{\"txs\":[1]}]", "[{\"txs\":[\"x\"]}]", "[{\"txs\":[\"1..x\"]}]",
		"[{\"from\":{\"file\":\"b.7\",\"offset\":1},\"txs\":[]}]", "[{\"from\":{\"file\":\"b.7\"},\"to\":1,\"txs\":[]}]",
	};
	struct dts_above a = {0};
	struct dts_position low = {0};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		err = (struct dts_error)DTS_ERROR_INIT;
		if (dts_above_read(&a, dts_slice_of(texts[i]), &low, &err) == 0)
			CHECK_STR("refused", texts[i]);
		CHECK_INT(DTS_BAD_INPUT, err.status);
	}
	CHECK_INT(0, dts_above_read(&a, DTS_LIT(""), &low, &err));
	dts_above_release(&a);
}

int main(void)
{
	RUN(test_ids_in_a_row_are_one);
	RUN(test_what_is_there);
	RUN(test_damage);
	return unit_done();
}
