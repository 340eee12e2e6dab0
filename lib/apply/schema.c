#include "apply/schema.h"

#include "apply/state.h"
#include "mysql/ddl_run.h"

/* Those whose object is looked for before they run; all others may be run again as they stand. */
static bool makes_one(const struct dts_apply_statement *s)
{
	switch (s->ddl.kind) {
	case DTS_DDL_CREATE_TABLE:
	case DTS_DDL_CREATE_VIEW:
	case DTS_DDL_CREATE_TRIGGER:
	case DTS_DDL_CREATE_PROCEDURE:
	case DTS_DDL_CREATE_FUNCTION:
	case DTS_DDL_CREATE_PACKAGE:
	case DTS_DDL_CREATE_EVENT:
	case DTS_DDL_CREATE_SEQUENCE:
		return s->ddl.count > 0 && !s->ddl.or_replace;
	default:
		return false;
	}
}

/* 1: the target shows it already, or its keys were taken; 0: it is to be run; -1. */
static int look(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	if (makes_one(s))
		return dts_apply_schema_there(a, s, err);
	if (s->ddl.kind != DTS_DDL_ALTER_TABLE || s->ddl.count == 0)
		return 0;
	int rc = dts_apply_schema_counter(a, s, err);
	return rc != 0 ? rc : dts_apply_schema_keys(a, s, err);
}

static int run(struct dts_applier *a, struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;

	if (dts_apply_statement_run(a, s, err) == 0)
		return 0;
	/* Another run has made it meanwhile, or the server what a killed one had sent. */
	if (err->status == DTS_REFUSED && !a->options.print && look(a, s, &why) > 0) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		return 0;
	}
	if (s->ddl.definer.len > 0 && strstr(err->message, "(error 1227)"))
		dts_hint(err, "to make objects of another account needs SET USER (MariaDB) or SET_ANY_DEFINER (MySQL); dts-schema --definer=strip makes "
			      "them this account's own, --definer=ACCOUNT another's");
	if (err->status == DTS_REFUSED && !err->hint[0])
		dts_hint(err, "make what it needs at the target, or leave it out with dts-filter, and repeat the command, which passes over "
			      "what is there");
	return -1;
}

/* A foreign key to a table of the same database as servers show it: without the database, with which dts-filter --route
 * writes it. Else it would seem to be another one when it comes again. */
static void localize(struct dts_apply_statement *s)
{
	struct dts_buf text = {0};
	size_t from = 0;

	if (s->ddl.count == 0 || (s->ddl.kind != DTS_DDL_CREATE_TABLE && s->ddl.kind != DTS_DDL_ALTER_TABLE))
		return;
	struct dts_slice db = s->ddl.objects[0].db.len > 0 ? s->ddl.objects[0].db : s->db;
	for (size_t i = 1; i < s->ddl.count && dts_slice_eq(db, s->db); i++) {
		const struct dts_ddl_object *o = &s->ddl.objects[i];
		if (o->role != DTS_DDL_REFERENCED || o->db_part.len == 0 || !dts_slice_eq(o->db, db))
			continue;
		dts_buf_add(&text, s->sql.p + from, o->whole.at - from);
		from = o->name_part.at;
	}
	if (from > 0) {
		dts_buf_add(&text, s->sql.p + from, s->sql.len - from);
		dts_buf_clear(&s->text);
		dts_buf_add_slice(&s->text, dts_buf_slice(&text));
		s->sql = dts_buf_slice(&s->text);
		dts_ddl_parse(&s->ddl, s->sql, s->flags);
	}
	dts_buf_release(&text);
}

int dts_apply_schema_ddl(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	struct dts_apply_statement s = {0};

	if (!a->swept && !a->options.print)
		dts_ddl_sweep(a->session);
	a->swept = true;
	int rc = dts_apply_statement_read(&s, &a->origin, r->line, line, err);
	if (rc == 0)
		localize(&s);

	/* What is left out need not be looked for. */
	enum dts_apply_decision decision = rc == 0 ? dts_apply_statement_decide(a, &s, err) : DTS_DECIDE_STOP;
	if (decision == DTS_DECIDE_STOP)
		rc = -1;
	if (decision == DTS_DECIDE_RUN && s.ddl.kind != DTS_DDL_ALTER_TABLE)
		rc = dts_apply_schema_build(a, err);
	if (rc == 0 && decision == DTS_DECIDE_RUN)
		rc = look(a, &s, err);
	if (rc == 0 && decision == DTS_DECIDE_RUN)
		rc = run(a, &s, err);
	dts_apply_statement_release(&s);
	return rc < 0 && !a->runner.located ? dts_runner_where(&a->runner, line, err) : rc < 0 ? -1 : 0;
}

int dts_apply_schema_setval(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	if (dts_apply_schema_build(a, err) < 0)
		return -1;
	if (a->session->family == DTS_MYSQL) {
		dts_fail(err, DTS_REFUSED, "the target has no sequences such as '%.*s.%.*s'", (int)r->db.len, r->db.p,
			 (int)r->table.len, r->table.p);
		return dts_hint(err, "dts-schema --for=mysql leaves them out, and says what may take their place");
	}
	/* It leaves a sequence as it is that is further on. */
	if (dts_plan_setval(&a->plan, r, line, err) < 0)
		return -1;
	int rc = dts_runner_run(&a->runner, &a->plan, err);
	dts_plan_clear(&a->plan);
	return rc;
}
