#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/file.h"
#include "record/stream.h"

static struct dts_connect_options server;
static const char *checkpoint_db = DTS_CHECKPOINT_DB;
static double timeout = 60;
static bool want_gtid, force;
static struct dts_stream_options stream_options;

static const struct dts_option checkpoint_options[] = {
	{"checkpoint-db", 0, DTS_OPTION_NAME, &checkpoint_db, "DB", "database of the checkpoint (default dts)"},
	{"gtid", 0, DTS_OPTION_FLAG, &want_gtid, NULL, "get, set, wait: the GTID position instead of FILE:OFFSET"},
	{"force", 0, DTS_OPTION_FLAG, &force, NULL, "remove, set: also what is to be kept is forgotten"},
	{"timeout", 0, DTS_OPTION_SECONDS, &timeout, "SECONDS", "wait: give up after this long (default 60)"},
	{"max-record", 0, DTS_OPTION_SIZE, &stream_options.max_record, "SIZE", "save: longest record taken (default 1G)"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

/* One subcommand: its words are args[0..count). */
struct command {
	const char *name;
	size_t min, max; /* words behind the name */
	bool connects;
	int (*run)(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err);
};

static void add_position_text(struct dts_buf *b, const struct dts_position *p)
{
	if (p->file[0])
		dts_buf_addf(b, "%s:%llu", p->file, (unsigned long long)p->offset);
}

static int no_checkpoint(const struct dts_checkpoint *c, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "there is no checkpoint '%s'", c->name);
	return dts_hint(err, "dts-checkpoint list prints those that there are");
}

/* The state of the source named, or of the only one. */
static int read_one(struct dts_checkpoint *c, const char *src, struct dts_source_state *s, struct dts_error *err)
{
	struct dts_list names = {0};
	int rc = dts_checkpoint_exists(c, err);

	if (rc == 0)
		rc = no_checkpoint(c, err);
	if (rc > 0)
		rc = dts_checkpoint_sources(c, &names, err);
	if (rc == 0 && !src && names.count > 1)
		rc = dts_fail(err, DTS_USAGE, "checkpoint '%s' has several sources: name one", c->name);
	if (rc == 0) {
		const char *name = src ? src : names.items[0];
		rc = dts_checkpoint_read(c, dts_slice_of(name), s, err);
		if (rc == 0)
			rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' has no source '%s'", c->name, name);
	}
	dts_list_release(&names);
	return rc < 0 ? -1 : 0;
}

/* Keys that were dropped at the target to be built after the rows, one a line. */
static int show_keys(struct dts_checkpoint *c, struct dts_output *out, struct dts_error *err)
{
	struct dts_list keys = {0};
	int rc = dts_checkpoint_pending_keys(c, &keys, err);

	for (size_t i = 0; i < keys.count; i++) {
		dts_buf_adds(&out->buf, i == 0 ? "\nto be built: " : "to be built: ");
		dts_escape(&out->buf, dts_slice_of(keys.items[i]));
		dts_buf_addc(&out->buf, '\n');
	}
	dts_list_release(&keys);
	return rc;
}

/* How many statements wait for the cut-over. */
static int show_held(struct dts_checkpoint *c, struct dts_output *out, struct dts_error *err)
{
	struct dts_list records = {0};
	int rc = dts_checkpoint_held(c, &records, err);

	if (records.count > 0)
		dts_buf_addf(&out->buf, "\nheld: %zu statements\n", records.count);
	dts_list_release(&records);
	return rc;
}

/* What somebody has left out or made otherwise, one a line. */
static int show_exceptions(struct dts_checkpoint *c, struct dts_output *out, struct dts_error *err)
{
	struct dts_list lines = {0};
	int rc = dts_checkpoint_exceptions(c, &lines, err);

	for (size_t i = 0; i < lines.count; i++) {
		dts_buf_adds(&out->buf, i == 0 ? "\nexception: " : "exception: ");
		dts_escape(&out->buf, dts_slice_of(lines.items[i]));
		dts_buf_addc(&out->buf, '\n');
	}
	dts_list_release(&lines);
	return rc;
}

static int show(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_list names = {0};
	int rc = dts_checkpoint_exists(c, err);

	(void)args, (void)count;
	if (rc == 0)
		rc = no_checkpoint(c, err);
	if (rc > 0)
		rc = dts_checkpoint_sources(c, &names, err);
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		struct dts_source_state s = {0};
		if (dts_checkpoint_read(c, dts_slice_of(names.items[i]), &s, err) < 0)
			rc = -1;
		else {
			dts_buf_addf(&out->buf, "checkpoint: %s\nsource: %s\nserver: %s\nphase: %s\nposition: ", c->name,
				     names.items[i], dts_buf_text(&s.server_id), s.phase == DTS_PHASE_FULL ? "full" : "changes");
			add_position_text(&out->buf, &s.applied);
			dts_buf_adds(&out->buf, "\ngtid: ");
			dts_gtids_add(&out->buf, &s.applied.gtid);
			dts_buf_addf(&out->buf, "\nupdated: %s UTC\n", dts_buf_text(&s.updated));
			if (s.above.count > 0)
				dts_buf_addf(&out->buf, "above: %zu runs of transactions are there, too\n", s.above.count);
			if (i + 1 < names.count)
				dts_buf_addc(&out->buf, '\n');
		}
		dts_source_state_release(&s);
	}
	dts_list_release(&names);
	return rc < 0 || show_keys(c, out, err) < 0 || show_held(c, out, err) < 0 ? -1 : show_exceptions(c, out, err);
}

static int list(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_list names = {0};
	int rc = dts_checkpoint_names(c, &names, err);

	(void)args, (void)count;
	for (size_t i = 0; i < names.count; i++)
		dts_buf_addf(&out->buf, "%s\n", names.items[i]);
	dts_list_release(&names);
	return rc;
}

/* The records of the statements that wait for the cut-over, in order. */
static int held(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_list records = {0};
	int rc = dts_checkpoint_exists(c, err);

	(void)args, (void)count;
	if (rc == 0)
		rc = no_checkpoint(c, err);
	if (rc > 0)
		rc = dts_checkpoint_held(c, &records, err);
	for (size_t i = 0; rc == 0 && i < records.count; i++)
		dts_buf_addf(&out->buf, "%s\n", records.items[i]);
	dts_list_release(&records);
	return rc;
}

static int get(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_source_state s = {0};
	int rc = read_one(c, count > 1 ? args[1] : NULL, &s, err);

	if (rc == 0 && want_gtid)
		dts_gtids_add(&out->buf, &s.applied.gtid);
	else if (rc == 0)
		add_position_text(&out->buf, &s.applied);
	if (rc == 0)
		dts_buf_addc(&out->buf, '\n');
	dts_source_state_release(&s);
	return rc;
}

/* Replaces what is known of the source by the position given, marks and windows included;
 * the definitions of its tables may be others there. */
static int write_position(struct dts_checkpoint *c, struct dts_slice src, const struct dts_position *pos, struct dts_error *err)
{
	static const char *const tables[] = {"mark", "chunk", "tablewindow", "ddl", "prepared", "source_table"};
	struct dts_source_state old = {0};
	struct dts_buf sql = {0};
	int rc = dts_checkpoint_read(c, src, &old, err);

	if (rc >= 0)
		rc = dts_session_run(c->session, DTS_LIT("START TRANSACTION"), err);
	for (size_t i = 0; rc >= 0 && i < sizeof tables / sizeof *tables; i++) {
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "DELETE FROM ");
		dts_checkpoint_table(c, tables[i], &sql);
		dts_buf_adds(&sql, " WHERE ");
		dts_checkpoint_where(c, src, &sql);
		rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
	}
	if (rc >= 0) {
		dts_buf_clear(&sql);
		/* GTIDs are the same on every server of a topology, files are not. */
		dts_checkpoint_add_source(c, src, want_gtid ? DTS_LIT("") : dts_buf_slice(&old.server_id), DTS_PHASE_CHANGES, pos,
					  dts_buf_slice(&old.snapshot), &sql);
		rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
	}
	if (rc >= 0)
		rc = dts_session_run(c->session, DTS_LIT("COMMIT"), err);
	dts_buf_release(&sql);
	dts_source_state_release(&old);
	return rc < 0 ? -1 : 0;
}

static int parse_operand(struct dts_position *pos, const char *text, struct dts_error *err)
{
	/* An empty variable of a script is not meant as the beginning of all. */
	if (want_gtid && !text[0])
		return dts_fail(err, DTS_USAGE, "the GTID position is empty");
	int rc = want_gtid ? dts_gtids_parse(&pos->gtid, dts_slice_of(text), DTS_GTID_MYSQL, err)
			   : dts_position_parse_text(pos, dts_slice_of(text), err);

	if (rc < 0)
		err->status = DTS_USAGE;
	return rc;
}

/* Who goes on there would make transactions twice that workers have made above the position: nobody else knows of them. */
static int none_above(struct dts_checkpoint *c, const char *src, const struct dts_position *pos, struct dts_error *err)
{
	struct dts_source_state s = {0};
	int rc = force ? 0 : dts_checkpoint_read(c, dts_slice_of(src), &s, err);
	bool back = rc > 0 && pos->file[0] && s.applied.file[0] && dts_position_compare(pos, &s.applied) < 0;

	if (rc > 0)
		dts_above_pass(&s.above, pos);
	if (rc > 0 && !back && s.above.count > 0) {
		rc = dts_fail(err, DTS_REFUSED, "transactions of source '%s' behind this position are at the target already, and would be "
			      "made twice", src);
		dts_hint(err, "let dts-apply go on, which leaves them out; its --skip-tx=ID leaves out one that cannot be made; --force forgets them");
	}
	dts_source_state_release(&s);
	return rc < 0 ? -1 : 0;
}

static int set(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_position pos = {0};
	int rc = parse_operand(&pos, args[2], err);

	(void)count, (void)out;
	if (rc == 0)
		rc = dts_checkpoint_create(c, err);
	if (rc == 0)
		rc = dts_checkpoint_lock(c, 0, err);
	if (rc == 0)
		rc = dts_checkpoint_raise(c, err);
	if (rc == 0)
		rc = none_above(c, args[1], &pos, err);
	if (rc == 0)
		rc = write_position(c, dts_slice_of(args[1]), &pos, err);
	dts_position_release(&pos);
	return rc;
}

/* The only place that still has their definitions. */
static int no_pending_keys(struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_list keys = {0};
	int rc = force ? 0 : dts_checkpoint_pending_keys(c, &keys, err);

	if (rc == 0 && keys.count > 0) {
		rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' keeps %zu keys of the target that are still to be built", c->name,
			      keys.count);
		dts_hint(err, "dts-apply builds them when all rows are there; dts-checkpoint show prints them, --force forgets them");
	}
	dts_list_release(&keys);
	return rc;
}

/* Nobody else knows these, either. */
static int no_held(struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_list records = {0};
	int rc = force ? 0 : dts_checkpoint_held(c, &records, err);

	if (rc == 0 && records.count > 0) {
		rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' holds %zu statements for the cut-over", c->name, records.count);
		dts_hint(err, "dts-apply --cut-over runs them; dts-checkpoint held prints them, --force forgets them");
	}
	dts_list_release(&records);
	return rc;
}

static int remove_checkpoint(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	int rc = dts_checkpoint_exists(c, err);

	(void)args, (void)count, (void)out;
	if (rc == 0)
		rc = no_checkpoint(c, err);
	if (rc < 0 || dts_checkpoint_lock(c, 0, err) < 0 || no_pending_keys(c, err) < 0 || no_held(c, err) < 0)
		return -1;
	return dts_checkpoint_remove(c, err);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int too_late(const struct dts_checkpoint *c, const struct dts_source_state *s, const char *wanted, struct dts_error *err)
{
	if (!s->applied.file[0] && !dts_gtids_known(&s->applied.gtid))
		return dts_fail(err, DTS_AGAIN, "checkpoint '%s' is not there after %g seconds", c->name, timeout);
	if (s->phase == DTS_PHASE_FULL)
		return dts_fail(err, DTS_AGAIN, "checkpoint '%s' is in the full phase after %g seconds", c->name, timeout);
	struct dts_buf at = {0};
	if (want_gtid)
		dts_gtids_add(&at, &s->applied.gtid);
	else
		add_position_text(&at, &s->applied);
	dts_fail(err, DTS_AGAIN, "checkpoint '%s' is at %.1000s after %g seconds, not yet at %.1000s", c->name,
		 at.len > 0 ? dts_buf_text(&at) : want_gtid ? "no GTID" : "no FILE:OFFSET", timeout, wanted);
	dts_buf_release(&at);
	return -1;
}

/* Has the applier come there? */
static bool has_come(const struct dts_source_state *s, const struct dts_position *to)
{
	if (s->phase != DTS_PHASE_CHANGES)
		return false;
	return want_gtid ? dts_gtids_cover(&s->applied.gtid, &to->gtid)
			 : s->applied.file[0] && dts_position_compare(&s->applied, to) >= 0;
}

/* The name of a log file without its number. */
static struct dts_slice base_name(const char *file)
{
	const char *dot = strrchr(file, '.');

	return dts_slice(file, dot ? (size_t)(dot - file) : strlen(file));
}

/* Positions of logs with other names cannot be compared: a number says nothing there. */
static int check_log(const struct dts_checkpoint *c, const struct dts_source_state *s, const struct dts_position *to,
		     struct dts_error *err)
{
	if (want_gtid || !s->applied.file[0] || dts_slice_eq(base_name(s->applied.file), base_name(to->file)))
		return 0;
	dts_fail(err, DTS_REFUSED, "checkpoint '%s' is at %s:%llu, and %s is not a file of the same log", c->name, s->applied.file,
		 (unsigned long long)s->applied.offset, to->file);
	return dts_hint(err, "the position wanted is the one that the source says now, of the log that is read");
}

/* Until the applier has come to the position; a checkpoint that is still to be made counts as not there yet. */
static int wait_for(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_position pos = {0};
	double end = now() + timeout;
	int rc = parse_operand(&pos, args[1], err);

	(void)count, (void)out;
	while (rc == 0) {
		struct dts_source_state s = {0};
		rc = dts_checkpoint_exists(c, err);
		if (rc > 0)
			rc = read_one(c, NULL, &s, err);
		if (rc == 0)
			rc = check_log(c, &s, &pos, err);
		bool there = rc == 0 && has_come(&s, &pos);
		if (rc == 0 && !there && now() >= end) {
			rc = too_late(c, &s, args[1], err);
			dts_hint(err, "is dts-apply running? --timeout=SECONDS waits longer");
		}
		dts_source_state_release(&s);
		if (there)
			break;
		if (dts_signals_stop())
			dts_signals_die(dts_signals_stop());
		struct timespec tick = {0, 50 * 1000 * 1000};
		nanosleep(&tick, NULL);
	}
	dts_position_release(&pos);
	return rc;
}

static void gather_acks(const struct dts_map *acks, struct dts_buf *text)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(acks, &at));) {
		dts_buf_adds(text, e->value);
		dts_buf_addc(text, '\n');
	}
}

/* What an earlier run has saved, of sources that this one may not hear of. */
static int load_acks(const char *path, struct dts_map *acks, struct dts_error *err)
{
	const struct dts_stream_options options = {.may_be_empty = true};
	char *const paths[] = {(char *)path};
	const struct dts_record *r;
	int rc;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	struct dts_stream *stream = dts_stream_open(paths, 1, &options, err);
	if (!stream)
		return -1;
	while ((rc = dts_stream_next(stream, &r, err)) > 0 && r->op == DTS_OP_ACK)
		free(dts_map_set(acks, r->src, dts_slice_dup(r->line)));
	if (rc > 0)
		rc = dts_fail(err, DTS_BAD_INPUT, "%s: not a file of acks", dts_stream_where(stream));
	dts_stream_close(stream);
	return rc;
}

/* Keeps the last ack of each source; the file is replaced whenever the input rests. */
static int save(struct dts_checkpoint *c, char **args, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_map acks = {0};
	struct dts_buf text = {0};
	const struct dts_record *r;
	bool unsaved = false;
	int rc;

	(void)c, (void)count, (void)out;
	stream_options.may_be_empty = true;
	struct dts_stream *stream = dts_stream_open(NULL, 0, &stream_options, err);
	if (!stream)
		return -1;
	if (load_acks(args[0], &acks, err) < 0) {
		dts_stream_close(stream);
		dts_map_release(&acks, free);
		return -1;
	}
	for (;;) {
		if (unsaved && !dts_stream_ready(stream)) {
			dts_buf_clear(&text);
			gather_acks(&acks, &text);
			if ((rc = dts_checkpoint_file_write(args[0], dts_buf_slice(&text), err)) < 0)
				break;
			unsaved = false;
		}
		rc = dts_stream_next(stream, &r, err);
		if (rc <= 0)
			break;
		if (r->op != DTS_OP_ACK) {
			rc = dts_fail(err, DTS_BAD_INPUT, "%s: only ack records can be saved, not '%s'", dts_stream_where(stream),
				      dts_op_name(r->op));
			break;
		}
		free(dts_map_set(&acks, r->src, dts_slice_dup(r->line)));
		unsaved = true;
	}
	struct dts_error late = DTS_ERROR_INIT;
	dts_buf_clear(&text);
	gather_acks(&acks, &text);
	if (unsaved && dts_checkpoint_file_write(args[0], dts_buf_slice(&text), &late) < 0 && rc == 0) {
		*err = late;
		rc = -1;
	}
	/* Asked to stop: what came before is saved, and that is a good end. */
	if (rc < 0 && err->status == DTS_OK && dts_signals_stop())
		rc = 0;
	dts_stream_close(stream);
	dts_map_release(&acks, free);
	dts_buf_release(&text);
	return rc;
}

static const struct command commands[] = {
	{"show", 1, 1, true, show}, {"held", 1, 1, true, held}, {"list", 0, 0, true, list}, {"get", 1, 2, true, get},
	{"set", 3, 3, true, set},   {"remove", 1, 1, true, remove_checkpoint}, {"wait", 2, 2, true, wait_for},
	{"save", 1, 1, false, save},
};

static const struct command *find_command(const struct dts_list *words, struct dts_error *err)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(words->items[0], commands[i].name) == 0) {
			if (words->count - 1 >= commands[i].min && words->count - 1 <= commands[i].max)
				return &commands[i];
			dts_fail(err, DTS_USAGE, "%s: wrong number of operands", commands[i].name);
			dts_hint(err, "see man dts-checkpoint");
			return NULL;
		}
	dts_fail(err, DTS_USAGE, "unknown command '%s'", words->items[0]);
	dts_hint(err, "one of show, list, held, get, set, remove, wait, save");
	return NULL;
}

static int run(struct dts_list *words, struct dts_error *err)
{
	const struct command *command = find_command(words, err);
	struct dts_session session = {0};
	struct dts_checkpoint c = {.session = &session, .db = checkpoint_db, .name = words->count > 1 ? words->items[1] : ""};
	struct dts_output out;

	if (!command || dts_output_open(&out, NULL, false, err) < 0)
		return -1;
	int rc = command->connects ? dts_session_open(&session, &server, err) : 0;
	if (rc == 0)
		rc = command->run(&c, words->items + 1, words->count - 1, &out, err);
	dts_session_close(&session);
	if (rc < 0) {
		dts_output_discard(&out);
		return -1;
	}
	return dts_output_close(&out, err);
}

int main(int argc, char **argv)
{
	const struct dts_option_group groups[] = {
		{"Checkpoints", checkpoint_options},
		{"Target", dts_connect_option_table(&server)},
		{NULL, NULL},
	};
	const struct dts_tool tool = {"dts-checkpoint", "COMMAND [ARG]...",
				      "Show and move the checkpoints of a target.\n"
				      "Commands: show NAME, list, held NAME, get NAME [SOURCE], set NAME SOURCE POSITION,\n"
				      "remove NAME, wait NAME POSITION, save FILE", groups, 1, 4};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_list words = {0};

	dts_options_parse(&tool, argc, argv, &words);
	dts_signals_catch();
	int rc = run(&words, &err);
	dts_list_release(&words);
	return rc < 0 ? dts_report(&err) : DTS_OK;
}
