#ifndef DTS_SCHEMA_VIEWS_H
#define DTS_SCHEMA_VIEWS_H

#include "schema/objects.h"

/*
 * The order in which views can be made: each behind those that it selects from. `texts[i]` is what SHOW CREATE VIEW
 * says of views[i] when there is no default database, so that all names have theirs; empty: not known. order[0..count)
 * gets their indexes; where views wait for one another in a circle, or none, it is that of their names.
 */
void dts_views_order(const struct dts_schema_object *views, const struct dts_slice *texts, size_t count, size_t *order);

#endif
