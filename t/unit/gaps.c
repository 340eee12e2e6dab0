#include "unit.h"

#include "dump/gaps.h"

static unsigned asked; /* times the order was asked for */

static void set(struct dts_bound *b, const char *text)
{
	b->literals = dts_zalloc(1, sizeof *b->literals);
	b->json = dts_zalloc(1, sizeof *b->json);
	b->count = 1;
	dts_buf_adds(&b->literals[0], text);
}

/* Texts are numbers; 5 and 5.0 are two texts of the same place. */
static int rank_numbers(void *context, const struct dts_bound *const *bounds, size_t count, uint64_t *ranks,
			struct dts_error *err)
{
	(void)err;
	asked++;
	if (context)
		return -1;
	for (size_t i = 0; i < count; i++)
		ranks[i] = (uint64_t)(strtod(dts_buf_text(&bounds[i]->literals[0]), NULL) * 10);
	return 0;
}

/* "-5 5-7" are ranges, an end without a number is open; gives the gaps alike, "?" for a contradiction. */
static const char *gaps_of(const char *text)
{
	static struct dts_buf out;
	struct dts_ranges read = {0}, gaps = {0};
	struct dts_error err = DTS_ERROR_INIT;
	char copy[4096], *save = NULL;

	asked = 0;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct dts_range *r = dts_ranges_add(&read);
		char *dash = strchr(word, '-');
		*dash = '\0';
		if (*word)
			set(&r->after, word);
		if (dash[1])
			set(&r->upto, dash + 1);
	}
	int rc = dts_gaps(&read, rank_numbers, NULL, &gaps, &err);
	dts_buf_clear(&out);
	if (rc == 0)
		dts_buf_addc(&out, '?');
	for (size_t i = 0; i < gaps.count && rc > 0; i++) {
		dts_buf_adds(&out, i > 0 ? " " : "");
		if (gaps.items[i].after.literals)
			dts_buf_add_slice(&out, dts_buf_slice(&gaps.items[i].after.literals[0]));
		dts_buf_addc(&out, '-');
		if (gaps.items[i].upto.literals)
			dts_buf_add_slice(&out, dts_buf_slice(&gaps.items[i].upto.literals[0]));
	}
	dts_ranges_release(&read);
	dts_ranges_release(&gaps);
	return dts_buf_text(&out);
}

static void test_gaps(void)
{
	CHECK_STR("-", gaps_of(""));
	CHECK_STR("", gaps_of("-"));
	CHECK_STR("5-", gaps_of("-5"));
	CHECK_STR("-5", gaps_of("5-"));
	CHECK_STR("-2 5-", gaps_of("2-5"));
	CHECK_STR("", gaps_of("5- -2 2-5"));
	CHECK_INT(0, asked);
	CHECK_STR("5-7", gaps_of("7- -2 2-5"));
	CHECK_STR("-2 5-10 11-90", gaps_of("90- 10-11 2-3 3-5"));
	CHECK_INT(1, asked);
}

static void test_equal_places(void)
{
	CHECK_STR("", gaps_of("-5 5.0-"));
	CHECK_STR("", gaps_of("-5 5-5.0 5.0-"));
	CHECK_STR("2-4", gaps_of("-2 4-5 5.0-"));
}

static void test_contradictions(void)
{
	CHECK_STR("?", gaps_of("- -"));
	CHECK_STR("?", gaps_of("-5 -7"));
	CHECK_STR("?", gaps_of("-5 4-"));
	CHECK_STR("?", gaps_of("1-5 3-7"));
	CHECK_STR("?", gaps_of("1-5 1-5"));
	CHECK_STR("?", gaps_of("1-9 3-5"));
	CHECK_STR("?", gaps_of("5-1"));
	CHECK_STR("?", gaps_of("-5 5- 7-8"));
	CHECK_STR("?", gaps_of("- 7-8"));
}

/* Of a partition any subset: gaps and subset make the whole again. */
static void test_random_subsets(void)
{
	enum { CUTS = 12 };

	srand(7);
	for (int round = 0; round < 2000; round++) {
		char text[1024] = "", want[1024] = "", number[2][16];
		bool open = false;
		unsigned taken = (unsigned)rand();
		for (unsigned i = 0; i <= CUTS; i++) {
			number[0][0] = number[1][0] = '\0';
			if (i > 0)
				snprintf(number[0], 16, "%u", i * 3);
			if (i < CUTS)
				snprintf(number[1], 16, "%u", (i + 1) * 3);
			if (taken >> i & 1)
				snprintf(text + strlen(text), sizeof text - strlen(text), " %s-%s", number[0], number[1]);
			else if (!open)
				snprintf(want + strlen(want), sizeof want - strlen(want), "%s%s-", *want ? " " : "", number[0]);
			bool next_taken = i == CUTS || taken >> (i + 1) & 1;
			open = !(taken >> i & 1) && !next_taken;
			if (!(taken >> i & 1) && next_taken)
				strcat(want, number[1]);
		}
		CHECK_STR(want, gaps_of(text));
	}
}

static void test_rank_fails(void)
{
	struct dts_ranges read = {0}, gaps = {0};
	struct dts_error err = DTS_ERROR_INIT;
	int any;

	set(&dts_ranges_add(&read)->upto, "1");
	set(&dts_ranges_add(&read)->after, "2");
	CHECK_INT(-1, dts_gaps(&read, rank_numbers, &any, &gaps, &err));
	dts_ranges_release(&read);
	dts_ranges_release(&gaps);
}

int main(void)
{
	RUN(test_gaps);
	RUN(test_equal_places);
	RUN(test_contradictions);
	RUN(test_random_subsets);
	RUN(test_rank_fails);
	return unit_done();
}
