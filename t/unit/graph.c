#include "apply/graph.h"

#include "unit.h"

#define ONE(s, h) ((struct dts_claim){.space = (s), .hash = (h)})
#define SHARED(s, h) ((struct dts_claim){.space = (s), .hash = (h), .shared = true})
#define ALL(s) ((struct dts_claim){.space = (s), .all = true})

static int add(struct dts_graph *g, struct dts_claim c, bool want_wait)
{
	bool waits = !want_wait;
	int node = dts_graph_add(g, &c, 1, &waits);

	CHECK(node >= 0 && waits == want_wait);
	return node;
}

static uint64_t bit(int node)
{
	return (uint64_t)1 << node;
}

static void test_order(void)
{
	struct dts_graph *g = dts_graph_new();
	int a = add(g, ONE(0, 7), false);
	int b = add(g, ONE(0, 7), true);
	int c = add(g, ONE(1, 7), false); /* another table */
	int d = add(g, ONE(0, 8), false);
	int e = add(g, ONE(0, 7), true);

	CHECK(dts_graph_finish(g, c) == 0);
	CHECK(dts_graph_finish(g, a) == bit(b));
	CHECK(dts_graph_finish(g, d) == 0);
	CHECK(dts_graph_finish(g, b) == bit(e));
	CHECK(dts_graph_finish(g, e) == 0);
	CHECK_INT(0, add(g, ONE(0, 7), false));
	dts_graph_free(g);
}

static void test_shared(void)
{
	struct dts_graph *g = dts_graph_new();
	int a = add(g, SHARED(0, 7), false);
	int b = add(g, SHARED(0, 7), false);
	int parent = add(g, ONE(0, 7), true);
	int c = add(g, SHARED(0, 7), true);

	CHECK(dts_graph_finish(g, b) == 0);
	CHECK(dts_graph_finish(g, a) == bit(parent));
	CHECK(dts_graph_finish(g, parent) == bit(c));
	dts_graph_free(g);
}

static void test_all(void)
{
	struct dts_graph *g = dts_graph_new();
	int a = add(g, SHARED(3, 7), false);
	int all = add(g, ALL(3), true);
	int b = add(g, SHARED(3, 9), true);
	int c = add(g, ONE(3, 9), true);
	int d = add(g, ONE(4, 9), false);

	CHECK(dts_graph_finish(g, d) == 0);
	CHECK(dts_graph_finish(g, a) == bit(all));
	CHECK(dts_graph_finish(g, all) == bit(b));
	CHECK(dts_graph_finish(g, b) == bit(c));
	dts_graph_free(g);
}

static void test_full(void)
{
	struct dts_graph *g = dts_graph_new();
	struct dts_claim same = ONE(0, 1);
	bool waits;

	for (int i = 0; i < DTS_GRAPH_NODES; i++)
		CHECK_INT(i, add(g, same, i > 0));
	CHECK_INT(-1, dts_graph_add(g, &same, 1, &waits));
	for (int i = 0; i < DTS_GRAPH_NODES; i++)
		CHECK(dts_graph_finish(g, i) == (i + 1 < DTS_GRAPH_NODES ? bit(i + 1) : 0));
	CHECK_INT(0, dts_graph_add(g, NULL, 0, &waits));
	CHECK(!waits);
	dts_graph_free(g);
}

/* The same by comparing each claim with each. */
enum { CLAIMS = 12, STEPS = 60000, MANY = 3000 };

struct model {
	bool used, waits[DTS_GRAPH_NODES]; /* for whom */
	struct dts_claim claims[MANY];
	size_t count;
};

static struct model models[DTS_GRAPH_NODES];

static bool meet(const struct dts_claim *a, const struct dts_claim *b)
{
	return a->space == b->space && (a->all || b->all || a->hash == b->hash) && !(a->shared && b->shared);
}

static bool models_meet(const struct model *a, const struct model *b)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			if (meet(&a->claims[i], &b->claims[j]))
				return true;
	return false;
}

static bool model_waits(const struct model *m)
{
	for (int i = 0; i < DTS_GRAPH_NODES; i++)
		if (m->waits[i])
			return true;
	return false;
}

static void random_claims(struct model *m, size_t count, unsigned values, unsigned spaces)
{
	m->count = count;
	for (size_t i = 0; i < count; i++)
		m->claims[i] = (struct dts_claim){
			.hash = (uint64_t)random() % values * (random() % 2 ? 1 : 0x9e3779b97f4a7c15u),
			.space = (uint32_t)(random() % spaces),
			.all = random() % 100 == 0,
			.shared = random() % 3 == 0,
		};
}

static void add_random(struct dts_graph *g, unsigned values, unsigned spaces)
{
	static struct model m;
	bool waits;

	random_claims(&m, random() % 200 ? (size_t)random() % CLAIMS : MANY, values, spaces);
	int node = dts_graph_add(g, m.claims, m.count, &waits);
	if (node < 0) {
		for (int i = 0; i < DTS_GRAPH_NODES; i++)
			CHECK(models[i].used);
		return;
	}
	REQUIRE(!models[node].used);
	for (int i = 0; i < DTS_GRAPH_NODES; i++)
		m.waits[i] = models[i].used && models_meet(&m, &models[i]);
	m.used = true;
	models[node] = m;
	CHECK(waits == model_waits(&m));
}

static void finish_random(struct dts_graph *g)
{
	uint64_t want = 0;
	int first = (int)(random() % DTS_GRAPH_NODES), node = -1;

	for (int i = 0; i < DTS_GRAPH_NODES && node < 0; i++) {
		int at = (first + i) % DTS_GRAPH_NODES;
		if (models[at].used && !model_waits(&models[at]))
			node = at;
	}
	if (node < 0)
		return;
	models[node].used = false;
	for (int i = 0; i < DTS_GRAPH_NODES; i++)
		if (models[i].used && models[i].waits[node]) {
			models[i].waits[node] = false;
			if (!model_waits(&models[i]))
				want |= bit(i);
		}
	CHECK(dts_graph_finish(g, node) == want);
}

static void test_random(void)
{
	struct dts_graph *g = dts_graph_new();

	srandom((unsigned)unit_seed());
	for (int i = 0; i < STEPS && !unit_failures; i++) {
		/* Times of much waiting, of many values, of more coming than going. */
		unsigned values = i / 1000 % 2 ? 20 : 2000, spaces = i / 5000 % 2 ? 3 : 300;
		if (random() % 100 < (i / 3000 % 2 ? 65 : 45))
			add_random(g, values, spaces);
		else
			finish_random(g);
	}
	dts_graph_free(g);
}

int main(void)
{
	RUN(test_order);
	RUN(test_shared);
	RUN(test_all);
	RUN(test_full);
	RUN(test_random);
	return unit_done();
}
