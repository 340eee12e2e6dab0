#include "dump/resume_parts.h"

/* A list for people, that does not grow without end. */
enum { NAMES_LENGTH = 200 };

static int check_where(const struct dts_resume *r, const struct dts_resume_table *t, struct dts_slice was, const char *now,
		       struct dts_error *err)
{
	if (dts_slice_eq(was, dts_slice_of(now ? now : "")))
		return 0;
	dts_fail(err, DTS_REFUSED, "table '%s.%s' of checkpoint %s was read %s%.*s and is now to be read %s%s: its rows at the target are"
		 " others than those that are wanted", t->db, t->table, r->spec, was.len > 0 ? "with --where " : "without --where",
		 (int)was.len, was.len > 0 ? was.p : "", now ? "with --where " : "without --where", now ? now : "");
	return dts_hint(err, "give the same --where as before; for other rows start the full phase anew: remove the checkpoint with"
			     " dts-checkpoint, and empty the tables");
}

int dts_resume_check_where(const struct dts_resume *r, const struct dts_resume_table *t, const char *now, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_schema was = {0};
	struct dts_record record;
	int rc = 0;

	dts_record_init(&record);
	/* One that cannot be read is said elsewhere. */
	if (t->definition.len > 0 && dts_record_parse(&record, dts_buf_slice(&t->definition), &ignored) == 0 &&
	    dts_schema_parse(&was, &record, &ignored) == 0)
		rc = check_where(r, t, was.where, now, err);
	dts_schema_release(&was);
	dts_record_release(&record);
	return rc;
}

static void add_name(struct dts_buf *names, const struct dts_table *t)
{
	if (names->len < NAMES_LENGTH)
		dts_buf_addf(names, "%s%.*s.%.*s", names->len > 0 ? ", " : "", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
	else if (names->data[names->len - 1] != '.')
		dts_buf_adds(names, ", ...");
}

static int look_at_tables(struct dts_resume *r, const struct dts_tables *tables, const struct dts_dump_rules *rules,
			  struct dts_buf *names, struct dts_error *err)
{
	for (size_t i = 0; i < tables->count; i++) {
		const struct dts_table *table = &tables->items[i];
		const struct dts_resume_table *t = dts_resume_find(r, table->db, table->name);
		if (table->is_sequence)
			continue;
		if (!t)
			add_name(names, table);
		else if (dts_resume_check_where(r, t, dts_dump_rules_where(rules, table->db, table->name), err) < 0)
			return -1;
	}
	return 0;
}

int dts_resume_look_behind(struct dts_resume *r, struct dts_session *s, const struct dts_dump_options *o, struct dts_error *err)
{
	struct dts_buf names = {0}, line = {0};
	struct dts_tables tables = {0};

	/* Of an earlier version, or set by hand: it does not know all its tables. */
	if (!dts_resume_find(r, dts_slice("", 0), dts_slice("", 0)))
		return 0;
	int rc = dts_catalog_tables(s, o->selection, &tables, err);
	if (rc == 0)
		rc = look_at_tables(r, &tables, o->rules, &names, err);
	if (rc == 0 && names.len > 0) {
		dts_buf_addf(&line, "warning: checkpoint %s does not know all selected tables: what was created since then comes with the"
			     " changes, what is older has to be loaded under a checkpoint of its own: %s", r->spec,
			     dts_buf_text(&names));
		dts_list_add(&r->notes, dts_buf_text(&line));
	}
	dts_tables_release(&tables);
	dts_buf_release(&names);
	dts_buf_release(&line);
	return rc;
}
