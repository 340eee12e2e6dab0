#ifndef DTS_SCHEMA_SIGHT_H
#define DTS_SCHEMA_SIGHT_H

#include "schema/objects.h"
#include "schema/stage.h"

/*
 * What a server does not even name to an account that lacks a privilege: triggers, events and routines. Appends a line
 * for people to `unseen` for each database of `o` that may have some which are needed in `stages`. The privileges are
 * those of SHOW GRANTS, roles that are active included; where the server does not tell them, one line says that, but for one
 * that asks for none (--skip-grant-tables).
 */
void dts_schema_unseen(struct dts_session *s, const struct dts_schema_objects *o, unsigned stages, struct dts_list *unseen);

#endif
