#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "schema/reader.h"

struct options {
	struct dts_connect_options connect;
	struct dts_list ignored, operands;
	const char *src, *target;
	bool zstd;
};

static void parse(struct options *o, int argc, char **argv)
{
	const struct dts_option own[] = {
		{"ignore-table", 0, DTS_OPTION_LIST, &o->ignored, "PATTERN", "leave these tables out"},
		{"for", 0, DTS_OPTION_STRING, &o->target, "FAMILY", "mariadb or mysql: what the target is [as the source]"},
		{"src", 0, DTS_OPTION_NAME, &o->src, "NAME", "the source's name in the records"},
		{"zstd", 0, DTS_OPTION_FLAG, &o->zstd, NULL, "compress the output"},
		{NULL, 0, 0, NULL, NULL, NULL},
	};
	const struct dts_option_group groups[] = {
		{"Options", own},
		{"Connection", dts_connect_option_table(&o->connect)},
		{NULL, NULL},
	};
	const struct dts_tool tool = {
		"dts-schema", "PATTERN...", "Print the structure of databases as records that make it again.",
		groups, 1, SIZE_MAX,
	};

	dts_options_parse(&tool, argc, argv, &o->operands);
}

static int print_records(struct dts_schema_reader *reader, struct dts_output *out, struct dts_error *err)
{
	uint64_t records = 0;
	size_t noted = 0;
	int rc;

	dts_source_add_stream(&out->buf, reader->source, "schema");
	while ((rc = dts_schema_reader_next(reader, &out->buf, err)) > 0) {
		records++;
		if (dts_output_record_done(out, err) < 0)
			return -1;
		if (dts_signals_stop())
			dts_signals_die(dts_signals_stop());
		while (noted < reader->notes.count)
			dts_message("%s", reader->notes.items[noted++]);
	}
	if (rc == 0)
		dts_source_add_end(&out->buf, reader->source, "done", records);
	return rc;
}

static int run(const struct options *o, const struct dts_selection *selection, struct dts_session *session,
	       struct dts_output *out, struct dts_error *err)
{
	struct dts_schema_reader reader = {0};
	struct dts_source source = {0};
	struct dts_list warnings = {0};
	enum dts_family target = session->family;
	int rc = -1;

	if (o->target)
		target = strcmp(o->target, "mysql") == 0 ? DTS_MYSQL : DTS_MARIADB;
	if (dts_source_init(&source, session, &o->connect, o->src, err) == 0 &&
	    dts_source_position(&source, session, err) == 0 &&
	    dts_source_check_log(session, &warnings, err) == 0 &&
	    dts_schema_reader_open(&reader, session, &source, target, selection, &o->operands, err) == 0) {
		for (size_t i = 0; i < warnings.count; i++)
			dts_message("%s", warnings.items[i]);
		rc = print_records(&reader, out, err);
	}
	dts_schema_reader_close(&reader);
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
	if (o.target && strcmp(o.target, "mysql") != 0 && strcmp(o.target, "mariadb") != 0) {
		dts_fail(&err, DTS_USAGE, "--for=%s: a family is mariadb or mysql", o.target);
		return dts_report(&err);
	}
	dts_signals_catch();
	if (dts_selection_init(&selection, &o.operands, &o.ignored, &err) < 0)
		return dts_report(&err);
	if (dts_output_open(&out, NULL, o.zstd, &err) < 0)
		return dts_report(&err);
	rc = dts_session_open(&session, &o.connect, &err);
	if (rc == 0)
		rc = run(&o, &selection, &session, &out, &err);
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
