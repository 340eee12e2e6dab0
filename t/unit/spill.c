#include "base/spill.h"

#include <unistd.h>

#include "unit.h"

enum { LIMIT = 200 };

static void add(struct dts_spill *s, uint64_t n, struct dts_slice text)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_spill_entry e = {.line = n * 10, .n = n, .text = text};

	CHECK_INT(0, dts_spill_add(s, &e, &err));
	CHECK_STR("", err.message);
}

static void test_memory_and_file(void)
{
	struct dts_spill s = {.limit = LIMIT};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_spill_entry e;
	char *big = dts_alloc(3 * 1024 * 1024);
	uint64_t at = 0;

	CHECK_INT(0, dts_spill_end(&s));
	memset(big, 'b', 3 * 1024 * 1024);
	add(&s, 1, DTS_LIT("small"));
	add(&s, 2, DTS_LIT(""));
	CHECK(!s.file_open);
	add(&s, 3, dts_slice(big, 3 * 1024 * 1024));
	CHECK(s.file_open && s.head.len > 0 && s.tail.len == 0);
	add(&s, 4, DTS_LIT("behind")); /* small, but order is order */
	CHECK(s.tail.len > 0);
	static const size_t lengths[] = {5, 0, 3 * 1024 * 1024, 6};
	for (size_t i = 0; i < 4; i++) {
		CHECK_INT(0, dts_spill_read(&s, &at, &e, &err));
		CHECK_INT(lengths[i], e.text.len);
		CHECK_INT(i + 1, e.n);
		CHECK_INT((i + 1) * 10, e.line);
	}
	CHECK_MEM("behind", 6, e.text.p, e.text.len);
	CHECK_INT(dts_spill_end(&s), at);
	dts_spill_clear(&s);
	CHECK(!s.file_open && dts_spill_end(&s) == 0);
	add(&s, 1, DTS_LIT("again"));
	at = 0;
	CHECK_INT(0, dts_spill_read(&s, &at, &e, &err));
	CHECK_MEM("again", 5, e.text.p, e.text.len);
	dts_spill_release(&s);
	CHECK_INT(LIMIT, s.limit);
	free(big);
}

static void test_no_directory(void)
{
	struct dts_spill s = {.limit = 10};
	struct dts_error err = DTS_ERROR_INIT;
	char *old = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
	char *big = dts_zalloc(2 * 1024 * 1024, 1);
	struct dts_spill_entry e = {.text = dts_slice(big, 2 * 1024 * 1024)};

	setenv("TMPDIR", "/nowhere", 1);
	CHECK_INT(-1, dts_spill_add(&s, &e, &err));
	CHECK_INT(DTS_IO, err.status);
	CHECK(strncmp(err.message, "cannot create the temporary file '/nowhere/dts-", 47) == 0);
	if (old)
		setenv("TMPDIR", old, 1);
	else
		unsetenv("TMPDIR");
	dts_spill_release(&s);
	free(old);
	free(big);
}

enum { MAX = 500, STEPS = 3000 };

struct entry {
	uint64_t at, n;
	size_t len;
	char fill;
};

static void check_all(struct dts_spill *s, const struct entry *model, size_t count)
{
	struct dts_error err = DTS_ERROR_INIT;
	uint64_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct dts_spill_entry e;
		CHECK_INT(model[i].at, at);
		CHECK_INT(0, dts_spill_read(s, &at, &e, &err));
		CHECK(e.n == model[i].n && e.line == model[i].n * 10 && e.text.len == model[i].len);
		for (size_t j = 0; j < e.text.len; j += 1 + e.text.len / 7)
			CHECK(e.text.p[j] == model[i].fill);
	}
	CHECK_INT(dts_spill_end(s), at);
}

/* Adding, cutting anywhere, clearing, reading, with the limit at different places. */
static void random_steps(size_t limit, size_t longest)
{
	static struct entry model[MAX];
	struct dts_spill s = {.limit = limit};
	struct dts_error err = DTS_ERROR_INIT;
	char *text = dts_alloc(longest);
	size_t count = 0;

	for (int i = 0; i < STEPS; i++) {
		long what = random() % 100;
		if (what < 80 && count < MAX) {
			struct entry *m = &model[count++];
			*m = (struct entry){dts_spill_end(&s), (uint64_t)random(), (size_t)random() % longest, (char)random()};
			memset(text, m->fill, m->len);
			add(&s, m->n, dts_slice(text, m->len));
		} else if (what < 96 && count > 0) {
			size_t keep = random() % 4 ? count - 1 - (size_t)random() % (count < 5 ? count : 5) : (size_t)random() % count;
			CHECK_INT(0, dts_spill_truncate(&s, model[keep].at, &err));
			count = keep;
		} else if (what < 97) {
			CHECK_INT(0, dts_spill_truncate(&s, dts_spill_end(&s), &err)); /* nothing */
		} else if (what < 98 && random() % 10 == 0) {
			dts_spill_clear(&s);
			count = 0;
		} else if (i % 20 == 0) {
			check_all(&s, model, count);
		}
	}
	check_all(&s, model, count);
	CHECK_STR("", err.message);
	dts_spill_release(&s);
	free(text);
}

static void test_random(void)
{
	srandom((unsigned)unit_seed());
	random_steps(1 << 30, 300);
	random_steps(0, 300);
	random_steps(5000, 300);
	random_steps(1 << 20, 100000); /* the file is written */
	random_steps(100, 60000);
}

int main(void)
{
	RUN(test_memory_and_file);
	RUN(test_no_directory);
	RUN(test_random);
	return unit_done();
}
