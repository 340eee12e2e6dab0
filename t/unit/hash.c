#include "base/hash.h"

#include "unit.h"

static void test_map(void)
{
	struct dts_map m = {0};
	int one, two;
	size_t at = 0;

	CHECK(!dts_map_get(&m, DTS_LIT("a")) && !dts_map_remove(&m, DTS_LIT("a")) && !dts_map_next(&m, &at));
	CHECK(!dts_map_set(&m, DTS_LIT("a"), &one));
	CHECK(dts_map_set(&m, DTS_LIT("a"), &two) == &one);
	CHECK(!dts_map_set(&m, DTS_LIT(""), &one));
	CHECK(!dts_map_set(&m, DTS_LIT("a\0"), &one));
	CHECK_INT(3, m.count);
	CHECK(dts_map_get(&m, DTS_LIT("a")) == &two && dts_map_get(&m, DTS_LIT("a\0")) == &one);
	CHECK(dts_map_remove(&m, DTS_LIT("")) == &one && !dts_map_get(&m, DTS_LIT("")));
	CHECK(!dts_map_remove(&m, DTS_LIT("b")));
	CHECK_INT(2, m.count);
	dts_map_release(&m, NULL);
	CHECK(!dts_map_get(&m, DTS_LIT("a")));
}

static void test_pairs(void)
{
	struct dts_buf a = {0}, b = {0};

	CHECK(!dts_slice_eq(dts_map_pair(&a, DTS_LIT("ab"), DTS_LIT("c")), dts_map_pair(&b, DTS_LIT("a"), DTS_LIT("bc"))));
	CHECK(!dts_slice_eq(dts_map_pair(&a, DTS_LIT("a.b"), DTS_LIT("c")), dts_map_pair(&b, DTS_LIT("a"), DTS_LIT("b.c"))));
	CHECK(!dts_slice_eq(dts_map_pair(&a, DTS_LIT(""), DTS_LIT("a")), dts_map_pair(&b, DTS_LIT("a"), DTS_LIT(""))));
	CHECK(dts_slice_eq(dts_map_pair(&a, DTS_LIT("a"), DTS_LIT("b")), dts_map_pair(&b, DTS_LIT("a"), DTS_LIT("b"))));
	dts_buf_release(&a);
	dts_buf_release(&b);
}

static void test_hash(void)
{
	const char text[] = "the same in every run, whatever it stands beside";

	CHECK(dts_hash(text, 20) == dts_hash("the same in every ru", 20));
	for (size_t i = 0; i < sizeof text; i++)
		for (size_t j = 0; j < i; j++)
			CHECK(dts_hash(text, i) != dts_hash(text, j));
	CHECK(dts_hash("\0\0", 2) != dts_hash("\0", 1));
	/* The identity of objects in checkpoints rests on it: it must not change. */
	CHECK(dts_hash("abc", 3) == 0xa26bccee95d9d91fu);
}

enum { KEYS = 400, STEPS = 40000 };

/* Random operations, beside an array. */
static void test_random(void)
{
	static char values[KEYS];
	struct dts_map m = {0};
	void *model[KEYS] = {0};
	size_t count = 0;

	srandom((unsigned)unit_seed());
	for (int i = 0; i < STEPS; i++) {
		size_t k = (size_t)random() % KEYS;
		char key[32];
		int len = snprintf(key, sizeof key, "%zu.%.*s", k, (int)(k % 20), "aaaaaaaaaaaaaaaaaaaa");
		struct dts_slice name = dts_slice(key, (size_t)len);
		void *value = &values[random() % KEYS];
		switch (random() % 3) {
		case 0:
			CHECK(dts_map_set(&m, name, value) == model[k]);
			count += model[k] == NULL;
			model[k] = value;
			break;
		case 1:
			CHECK(dts_map_remove(&m, name) == model[k]);
			count -= model[k] != NULL;
			model[k] = NULL;
			break;
		default:
			CHECK(dts_map_get(&m, name) == model[k]);
		}
		CHECK(m.count == count);
	}
	size_t at = 0, seen = 0;
	for (struct dts_map_entry *e; (e = dts_map_next(&m, &at)); seen++)
		CHECK(model[strtoul(e->key, NULL, 10)] == e->value);
	CHECK_INT(count, seen);
	dts_map_release(&m, NULL);
}

static int freed;

static void count_free(void *value)
{
	freed++;
	free(value);
}

static void test_release(void)
{
	struct dts_map m = {0};

	for (char c = 'a'; c <= 'z'; c++)
		dts_map_set(&m, dts_slice(&c, 1), dts_strdup("x"));
	dts_map_set(&m, DTS_LIT("none"), NULL);
	dts_map_release(&m, count_free);
	CHECK_INT(26, freed);
	dts_map_release(&m, count_free);
	CHECK_INT(26, freed);
}

int main(void)
{
	RUN(test_map);
	RUN(test_pairs);
	RUN(test_hash);
	RUN(test_random);
	RUN(test_release);
	return unit_done();
}
