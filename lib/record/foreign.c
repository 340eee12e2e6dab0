#include "record/foreign.h"

bool dts_foreign_acts(struct dts_slice rule)
{
	return rule.len > 0 && !dts_slice_is(rule, "RESTRICT") && !dts_slice_is(rule, "NO ACTION");
}

static size_t root(size_t *group, size_t i)
{
	while (group[i] != i)
		i = group[i] = group[group[i]];
	return i;
}

void dts_foreign_groups(const struct dts_foreign_link *links, size_t count, size_t *group, size_t tables)
{
	for (size_t i = 0; i < tables; i++)
		group[i] = i;
	for (size_t i = 0; i < count; i++)
		group[root(group, links[i].child)] = root(group, links[i].parent);
	for (size_t i = 0; i < tables; i++)
		group[i] = root(group, i);
}

const struct dts_foreign_link *dts_foreign_obstacle(const struct dts_foreign_link *links, size_t count,
						    const size_t *group, size_t of)
{
	for (size_t i = 0; i < count; i++) {
		const struct dts_foreign_link *l = &links[i];
		if (group[l->child] != of)
			continue;
		if (dts_foreign_acts(l->foreign->on_update))
			return l;
		for (size_t j = 0; dts_slice_is(l->foreign->on_delete, "CASCADE") && j < count; j++)
			if (links[j].parent == l->child)
				return l;
	}
	return NULL;
}
