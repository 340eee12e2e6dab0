#ifndef DTS_SCHEMA_GENERATED_H
#define DTS_SCHEMA_GENERATED_H

#include "base/options.h"
#include "mysql/session.h"

/*
 * Adds lines to `notes` about the generated columns of a CREATE TABLE as SHOW
 * CREATE TABLE writes it, for people who take it to the other family: that computes the
 * values anew and by its own rules, which no record can mend. A line for each
 * column, and one for each key, check or foreign key that one is part of.
 */
void dts_schema_note_generated(struct dts_slice sql, enum dts_family target, struct dts_list *notes);

#endif
