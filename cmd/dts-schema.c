#include <stdlib.h>

#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "schema/diff.h"

struct options {
	struct dts_connect_options connect;
	struct dts_list ignored, operands, routes;
	const char *src, *target, *stage, *definer, *report, *other;
	bool zstd, strict, enable_events, with_users, diff, allow_drop;
};

static void parse(struct options *o, int argc, char **argv)
{
	const struct dts_option own[] = {
		{"stage", 0, DTS_OPTION_STRING, &o->stage, "pre|post|final|all", "what is made when [all]"},
		{"ignore-table", 0, DTS_OPTION_LIST, &o->ignored, "PATTERN", "leave objects of these names out"},
		{"for", 0, DTS_OPTION_STRING, &o->target, "mariadb|mysql", "what the target is [as the source]"},
		{"strict", 0, DTS_OPTION_FLAG, &o->strict, NULL, "print nothing where the target has no like of an object"},
		{"report", 0, DTS_OPTION_NAME, &o->report, "FILE", "write what becomes of each object, a JSON line each"},
		{"definer", 0, DTS_OPTION_STRING, &o->definer, "WHO", "keep, strip, or the ACCOUNT that definers become [keep]"},
		{"with-users", 0, DTS_OPTION_FLAG, &o->with_users, NULL, "accounts and roles too, and privileges on what is chosen"},
		{"enable-events", 0, DTS_OPTION_FLAG, &o->enable_events, NULL, "print what enables the source's events, for the cut-over"},
		{"src", 0, DTS_OPTION_NAME, &o->src, "NAME", "the source's name in the records"},
		{"zstd", 0, DTS_OPTION_FLAG, &o->zstd, NULL, "compress the output"},
		{NULL, 0, 0, NULL, NULL, NULL},
	};
	const struct dts_option comparing[] = {
		{"diff", 0, DTS_OPTION_FLAG, &o->diff, NULL, "print what makes the target like the source"},
		{"target", 'G', DTS_OPTION_NAME, &o->other, "NAME", "the target: the option group [dts-NAME]"},
		{"route", 0, DTS_OPTION_LIST, &o->routes, "PATTERN=DB.TABLE", "other names there; * keeps a name: 'a.*=b.*'"},
		{"allow-drop", 0, DTS_OPTION_FLAG, &o->allow_drop, NULL, "print what drops or narrows something, too"},
		{NULL, 0, 0, NULL, NULL, NULL},
	};
	const struct dts_option_group groups[] = {
		{"Options", own},
		{"Comparing", comparing},
		{"Connection", dts_connect_option_table(&o->connect)},
		{NULL, NULL},
	};
	const struct dts_tool tool = {
		"dts-schema", "PATTERN...", "Print the structure of databases as records that make it again.",
		groups, 1, SIZE_MAX,
	};

	dts_options_parse(&tool, argc, argv, &o->operands);
}

/* --diff compares all stages at once, with the server that is there. */
static int check_diff(const struct options *o, struct dts_error *err)
{
	const char *other = o->stage ? "--stage" : o->target ? "--for" : o->strict ? "--strict" : o->report ? "--report"
			  : o->enable_events ? "--enable-events" : o->with_users ? "--with-users" : NULL;
	const char *needs = o->other ? "-G" : o->routes.count > 0 ? "--route" : o->allow_drop ? "--allow-drop" : NULL;

	if (!o->diff && needs)
		return dts_fail(err, DTS_USAGE, "%s is for --diff", needs);
	if (o->diff && other)
		return dts_fail(err, DTS_USAGE, "%s is not for --diff", other);
	if (o->diff && !o->other) {
		dts_fail(err, DTS_USAGE, "option '-G' is missing: which server to compare with");
		return dts_hint(err, "-G NAME reads the group [dts-NAME] of the option files");
	}
	return 0;
}

/* What the options say to the reader; the target's family is filled in when there is a session. */
static int read_options(const struct options *o, struct dts_schema_options *schema, struct dts_error *err)
{
	const char *stage = o->stage ? o->stage : "all";

	*schema = (struct dts_schema_options){.stages = DTS_STAGE_ALL, .accounts = o->with_users, .enable_events = o->enable_events};
	if (o->target && strcmp(o->target, "mysql") != 0 && strcmp(o->target, "mariadb") != 0)
		return dts_fail(err, DTS_USAGE, "--for=%s: a family is mariadb or mysql", o->target);
	if (strcmp(stage, "pre") == 0)
		schema->stages = DTS_STAGE_PRE;
	else if (strcmp(stage, "post") == 0)
		schema->stages = DTS_STAGE_POST;
	else if (strcmp(stage, "final") == 0)
		schema->stages = DTS_STAGE_FINAL;
	else if (strcmp(stage, "all") != 0)
		return dts_fail(err, DTS_USAGE, "--stage=%s: a stage is pre, post, final or all", stage);
	if (check_diff(o, err) < 0)
		return -1;
	if (o->stage && o->enable_events)
		return dts_fail(err, DTS_USAGE, "--enable-events prints nothing of a --stage");
	return dts_definer_parse(&schema->definer, o->definer ? o->definer : "keep", err);
}

/* How often something was told that is about many objects, such as a collation: text -> struct repeated. */
struct repeated {
	uint64_t more;
};

/* People are told what is not at the target as it is at the source; the same of many objects once, with the first of them. */
static void tell(const struct dts_schema_statement *st, struct dts_map *told)
{
	struct dts_buf label = {0};

	dts_schema_object_label(st->object, &label);
	for (size_t i = 0; i < st->told.why.count; i++) {
		struct dts_slice why = dts_slice_of(st->told.why.items[i]);
		struct repeated *before = dts_map_get(told, why);
		if (before && st->result != DTS_SCHEMA_REFUSED) {
			before->more++;
			continue;
		}
		dts_message("%s%s: %s", st->result == DTS_SCHEMA_REFUSED ? "left out: " : "", dts_buf_text(&label), why.p);
		if (!before)
			dts_map_set(told, why, dts_zalloc(1, sizeof(struct repeated)));
	}
	if (st->told.by_hand.len > 0)
		dts_message("%s: by hand: %.*s", dts_buf_text(&label), (int)st->told.by_hand.len, st->told.by_hand.data);
	dts_buf_release(&label);
}

static void tell_repeated(struct dts_map *told)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(told, &at));) {
		const struct repeated *repeated = e->value;
		if (repeated->more > 0)
			dts_message("%llu more object%s: %.*s", (unsigned long long)repeated->more, repeated->more > 1 ? "s" : "",
				    (int)e->key_len, e->key);
	}
	dts_map_release(told, free);
}

struct printing {
	const struct options *o;
	struct dts_schema_reader *reader;
	struct dts_output *out, *report;
	struct dts_map told;
	uint64_t records, wanting; /* objects that cannot be at the target, or not without a hand */
};

static int print_record(struct printing *p, const struct dts_schema_statement *st, struct dts_error *err)
{
	bool refused = st->result == DTS_SCHEMA_REFUSED;

	if (!st->more) {
		p->wanting += refused || st->told.by_hand.len > 0;
		tell(st, &p->told);
		if (p->o->report)
			dts_schema_add_report(st, &p->report->buf);
		if (p->o->report && dts_output_record_done(p->report, err) < 0)
			return -1;
	}
	if (refused)
		return 0;
	if (dts_schema_add_record(p->reader, st, &p->out->buf, err) < 0)
		return -1;
	p->records++;
	return p->o->strict ? 0 : dts_output_record_done(p->out, err); /* strict: all or nothing */
}

static int print_records(struct printing *p, struct dts_error *err)
{
	struct dts_schema_statement *st;
	int rc;

	while ((rc = dts_schema_reader_next(p->reader, &st, err)) > 0) {
		if (dts_signals_stop())
			dts_signals_die(dts_signals_stop());
		if (print_record(p, st, err) < 0) {
			rc = -1;
			break;
		}
	}
	tell_repeated(&p->told);
	if (rc == 0 && p->o->strict && p->wanting > 0) {
		rc = dts_fail(err, DTS_REFUSED, "%llu object%s cannot be at the target as at the source, see above",
			      (unsigned long long)p->wanting, p->wanting > 1 ? "s" : "");
		dts_hint(err, "make them by hand, and leave them out here with --ignore-table");
	}
	return rc;
}

static int run(const struct options *o, struct dts_schema_options *schema, const struct dts_selection *selection,
	       struct dts_session *session, struct dts_output *out, struct dts_output *report, struct dts_error *err)
{
	struct dts_schema_reader reader = {0};
	struct dts_source source = {0};
	struct dts_list warnings = {0};
	struct printing printing = {.o = o, .reader = &reader, .out = out, .report = report};
	int rc = -1;

	schema->target = session->family;
	if (o->target)
		schema->target = strcmp(o->target, "mysql") == 0 ? DTS_MYSQL : DTS_MARIADB;
	if (dts_source_init(&source, session, &o->connect, o->src, err) == 0 &&
	    dts_source_position(&source, session, err) == 0 &&
	    dts_source_check_log(session, &warnings, err) == 0 &&
	    dts_schema_reader_open(&reader, session, schema, selection, &o->operands, err) == 0) {
		for (size_t i = 0; i < warnings.count; i++)
			dts_message("%s", warnings.items[i]);
		for (size_t i = 0; i < reader.unseen.count; i++)
			dts_message("warning: %s, and what it does not see is not printed", reader.unseen.items[i]);
		source.stage = o->enable_events ? NULL : o->stage ? o->stage : "all";
		dts_source_add_stream(&out->buf, &source, "schema");
		rc = print_records(&printing, err);
	}
	if (rc == 0)
		dts_source_add_end(&out->buf, &source, "done", printing.records);
	dts_schema_reader_close(&reader);
	dts_source_release(&source);
	dts_list_release(&warnings);
	return rc;
}

/* Opens what is written to, writes it, and closes it. */
static int write_all(const struct options *o, struct dts_schema_options *schema, const struct dts_selection *selection,
		     struct dts_session *session, struct dts_error *err)
{
	struct dts_output out, report = {0};

	if (dts_output_open(&out, NULL, o->zstd, err) < 0)
		return -1;
	if (o->report && dts_output_open(&report, o->report, false, err) < 0) {
		dts_output_discard(&out);
		return -1;
	}
	int rc = dts_session_open(session, &o->connect, err);
	if (rc == 0)
		rc = run(o, schema, selection, session, &out, &report, err);
	/* The report of a run that failed says how far it came. */
	struct dts_error late = DTS_ERROR_INIT;
	if (o->report && dts_output_close(&report, &late) < 0 && rc == 0) {
		*err = late;
		rc = -1;
	}
	if (rc == 0)
		return dts_output_close(&out, err);
	dts_output_discard(&out);
	return -1;
}

/* ---- two servers ---- */

static int print_diff(struct dts_schema_diff *diff, const struct dts_source *source, struct dts_output *out,
		      struct dts_error *err)
{
	const struct dts_list *told = dts_schema_diff_told(diff);
	uint64_t records = 0;
	int rc;

	for (size_t i = 0; i < told->count; i++)
		dts_message("%s", told->items[i]);
	dts_source_add_stream(&out->buf, source, "schema");
	while ((rc = dts_schema_diff_next(diff, &out->buf, err)) > 0) {
		records++;
		if (dts_output_record_done(out, err) < 0)
			return -1;
	}
	if (rc == 0)
		dts_source_add_end(&out->buf, source, "done", records);
	return rc;
}

/* The exit status, or -1. */
static int compare(const struct options *o, const struct dts_schema_options *schema, struct dts_session session[2], struct dts_error *err)
{
	const struct dts_schema_diff_options options = {
		.allow_drop = o->allow_drop, .definer = schema->definer, .patterns = &o->operands, .ignored = &o->ignored, .routes = &o->routes,
	};
	const struct dts_connect_options target = {
		.group = o->other, .defaults_file = o->connect.defaults_file, .ssl_mode = o->connect.ssl_mode, .ssl_ca = o->connect.ssl_ca,
		.ssl_cert = o->connect.ssl_cert, .ssl_key = o->connect.ssl_key, .connect_timeout = o->connect.connect_timeout,
	};
	struct dts_schema_diff *diff = NULL;
	struct dts_source source = {0};
	struct dts_output out;

	if (dts_output_open(&out, NULL, o->zstd, err) < 0)
		return -1;
	int rc = dts_session_open(&session[0], &o->connect, err) < 0 || dts_session_open(&session[1], &target, err) < 0 ||
				 dts_source_init(&source, &session[0], &o->connect, o->src, err) < 0 ||
				 dts_source_position(&source, &session[0], err) < 0
			 ? -1
			 : 0;
	source.stage = "pre"; /* tables that it makes get their foreign keys behind them */
	if (rc == 0 && !(diff = dts_schema_diff_new(&session[0], &session[1], &options, err)))
		rc = -1;
	if (rc == 0)
		rc = print_diff(diff, &source, &out, err);
	if (rc == 0)
		rc = dts_output_close(&out, err);
	else
		dts_output_discard(&out);
	if (rc == 0)
		rc = dts_schema_diff_any(diff) ? DTS_DIFFERENT : DTS_OK;
	dts_schema_diff_free(diff);
	dts_source_release(&source);
	return rc;
}

int main(int argc, char **argv)
{
	static struct options o; /* static, as the texts that it points to */
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_schema_options schema;
	struct dts_selection selection;
	struct dts_session session[2] = {0};

	parse(&o, argc, argv);
	if (read_options(&o, &schema, &err) < 0)
		return dts_report(&err);
	dts_signals_catch();
	if (dts_selection_init(&selection, &o.operands, &o.ignored, &err) < 0)
		return dts_report(&err);
	int rc = o.diff ? compare(&o, &schema, session, &err) : write_all(&o, &schema, &selection, &session[0], &err);
	dts_session_close(&session[0]);
	dts_session_close(&session[1]);
	dts_selection_release(&selection);
	dts_list_release(&o.operands);
	dts_list_release(&o.ignored);
	dts_list_release(&o.routes);
	if (rc < 0 && o.diff && dts_signals_stop()) /* what it made at the target has gone */
		dts_signals_die(dts_signals_stop());
	return rc >= 0 ? rc : dts_report(&err);
}
