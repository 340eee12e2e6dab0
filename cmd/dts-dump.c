#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "dump/dump.h"

struct options {
	struct dts_connect_options connect;
	struct dts_dump_options dump;
	struct dts_list ignored, operands;
	const char *src;
	bool zstd;
};

static void parse(struct options *o, int argc, char **argv)
{
	const struct dts_option own[] = {
		{"ignore-table", 0, DTS_OPTION_LIST, &o->ignored, "PATTERN", "leave these tables out"},
		{"chunk-size", 0, DTS_OPTION_SIZE, &o->dump.chunk_size, "SIZE", "bytes after which a chunk ends [4M]"},
		{"allow-nontransactional", 0, DTS_OPTION_FLAG, &o->dump.allow_nontransactional, NULL,
		 "also read tables that no snapshot covers"},
		{"allow-versioned", 0, DTS_OPTION_FLAG, &o->dump.allow_versioned, NULL,
		 "of system-versioned tables read the current rows"},
		{"allow-missing-parents", 0, DTS_OPTION_FLAG, &o->dump.allow_missing_parents, NULL,
		 "also read tables whose foreign keys need others"},
		{"src", 0, DTS_OPTION_STRING, &o->src, "NAME", "the source's name in the records"},
		{"zstd", 0, DTS_OPTION_FLAG, &o->zstd, NULL, "compress the output"},
		{NULL, 0, 0, NULL, NULL, NULL},
	};
	const struct dts_option_group groups[] = {
		{"Options", own},
		{"Connection", dts_connect_option_table(&o->connect)},
		{NULL, NULL},
	};
	const struct dts_tool tool = {
		"dts-dump", "PATTERN...", "Print all rows of tables as one consistent snapshot with its position.",
		groups, 1, SIZE_MAX,
	};

	o->dump.chunk_size = 4 << 20;
	dts_options_parse(&tool, argc, argv, &o->operands);
}

static void show_progress(const struct dts_dump *d)
{
	const struct dts_table *t = d->done < d->tables.count ? &d->tables.items[d->done] : NULL;

	if (t)
		dts_progress("%llu rows; table %zu of %zu: %.*s.%.*s", (unsigned long long)d->rows, d->done + 1,
			     d->tables.count, (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
}

static int print_records(struct dts_dump *d, struct dts_output *out, struct dts_error *err)
{
	int rc;

	dts_source_add_stream(&out->buf, d->source, "snapshot");
	while ((rc = dts_dump_next(d, &out->buf, err)) > 0) {
		if (dts_output_record_done(out, err) < 0)
			return -1;
		if (dts_signals_stop())
			dts_signals_die(dts_signals_stop());
		show_progress(d);
	}
	dts_progress_end();
	if (rc == 0)
		dts_source_add_end(&out->buf, d->source, "done", d->records);
	return rc;
}

static void warn(const struct dts_dump *d, const struct dts_session *s, const struct dts_list *warnings)
{
	for (size_t i = 0; i < d->left_out.count; i++)
		dts_message("%s", d->left_out.items[i]);
	for (size_t i = 0; i < d->notes.count; i++)
		dts_message("%s", d->notes.items[i]);
	for (size_t i = 0; i < warnings->count; i++)
		dts_message("%s", warnings->items[i]);
	if (d->prepared > 0)
		dts_message("warning: server %s has %llu prepared XA transactions (XA RECOVER), whose changes are neither in"
			    " the snapshot nor behind its position: end them and start again", s->label,
			    (unsigned long long)d->prepared);
}

static int run(struct options *o, struct dts_session *session, struct dts_output *out, struct dts_error *err)
{
	struct dts_source source = {0};
	struct dts_list warnings = {0};
	struct dts_dump dump = {0};
	int rc = -1;

	if (dts_source_init(&source, session, &o->connect, o->src, err) == 0 &&
	    dts_source_check_log(session, &warnings, err) == 0 &&
	    dts_dump_open(&dump, session, &source, &o->dump, err) == 0) {
		warn(&dump, session, &warnings);
		rc = print_records(&dump, out, err);
	}
	dts_dump_close(&dump);
	dts_source_release(&source);
	dts_list_release(&warnings);
	return rc;
}

int main(int argc, char **argv)
{
	static struct options o; /* static, as the texts that it points to */
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_selection selection;
	struct dts_session session = {0};
	struct dts_output out;
	int rc;

	parse(&o, argc, argv);
	dts_signals_catch();
	if (dts_selection_init(&selection, &o.operands, &o.ignored, &err) < 0)
		return dts_report(&err);
	o.dump.connect = &o.connect;
	o.dump.selection = &selection;
	o.dump.texts = &o.operands;
	if (dts_output_open(&out, NULL, o.zstd, &err) < 0)
		return dts_report(&err);
	rc = dts_session_open(&session, &o.connect, &err);
	if (rc == 0)
		rc = run(&o, &session, &out, &err);
	if (rc == 0)
		rc = dts_output_close(&out, &err);
	else
		dts_output_discard(&out);
	dts_session_close(&session);
	dts_selection_release(&selection);
	dts_list_release(&o.operands);
	dts_list_release(&o.ignored);
	return rc == 0 ? DTS_OK : dts_report(&err);
}
