#include "binlog/history.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "binlog/query.h"
#include "mysql/quote.h"

void dts_history_init(struct dts_history *h, const struct dts_history_server *server)
{
	*h = (struct dts_history){
		.fd = -1, .mariadb = server->mariadb, .version = server->version,
		.lower_case_names = server->lower_case_names, .utf8_is_utf8mb4 = server->utf8_is_utf8mb4,
	};
	h->tables = dts_definitions_new(h->mariadb, h->version, h->lower_case_names);
	dts_record_init(&h->record);
}

void dts_history_elsewhere(struct dts_history *h, const struct dts_history_server *server)
{
	dts_position_set(&h->at, DTS_LIT(""), 0);
	h->version = server->version;
	h->utf8_is_utf8mb4 = server->utf8_is_utf8mb4;
	dts_definitions_version(h->tables, server->version);
}

/* A table that is known from a later place on. */
struct dts_later {
	struct dts_schema schema;
	struct dts_position from;
};

static void forget_later(struct dts_later *l)
{
	dts_schema_release(&l->schema);
	dts_position_release(&l->from);
}

void dts_history_clear(struct dts_history *h)
{
	dts_buf_clear(&h->views);
	h->complete = false;
	dts_definitions_free(h->tables);
	h->tables = dts_definitions_new(h->mariadb, h->version, h->lower_case_names);
}

void dts_history_release(struct dts_history *h)
{
	if (!h->tables)
		return;
	while (h->later_count > 0)
		forget_later(&h->later[--h->later_count]);
	free(h->later);
	dts_definitions_free(h->tables);
	dts_position_release(&h->at);
	dts_position_release(&h->known);
	if (h->fd >= 0)
		close(h->fd);
	free(h->path);
	dts_record_release(&h->record);
	dts_buf_release(&h->line);
	dts_buf_release(&h->pending);
	dts_buf_release(&h->views);
	*h = (struct dts_history){.fd = -1};
}

void dts_history_add_database(struct dts_history *h, struct dts_slice name, struct dts_slice collation)
{
	dts_definitions_set_database(h->tables, name, collation);
}

void dts_history_add_table(struct dts_history *h, const struct dts_schema *schema)
{
	dts_definitions_put(h->tables, schema, NULL, 0);
}

static void add_with_database(struct dts_history *h, const struct dts_schema *schema)
{
	dts_history_add_table(h, schema);
	if (schema->source_db_collation.len > 0)
		dts_history_add_database(h, schema->source_db, schema->source_db_collation);
}

int dts_history_add_record(struct dts_history *h, struct dts_slice record, const struct dts_position *from, struct dts_error *err)
{
	struct dts_schema schema = {0};

	if (dts_record_parse(&h->record, record, err) < 0 || dts_schema_parse(&schema, &h->record, err) < 0)
		return -1;
	if (!from) {
		add_with_database(h, &schema);
		dts_schema_release(&schema);
		return 0;
	}
	h->later = dts_realloc(h->later, (h->later_count + 1) * sizeof *h->later);
	struct dts_later *l = &h->later[h->later_count++];
	*l = (struct dts_later){.schema = schema};
	dts_position_copy(&l->from, from);
	return 0;
}

const struct dts_schema *dts_history_later(const struct dts_history *h, struct dts_slice db, struct dts_slice table)
{
	for (size_t i = 0; i < h->later_count; i++)
		if (dts_slice_eq(h->later[i].schema.db, db) && dts_slice_eq(h->later[i].schema.table, table))
			return &h->later[i].schema;
	return NULL;
}

void dts_history_each_later(const struct dts_history *h, void (*each)(void *context, const struct dts_schema *schema), void *context)
{
	for (size_t i = 0; i < h->later_count; i++)
		each(context, &h->later[i].schema);
}

/* The tables that begin where the log has been read to. */
static void take_later(struct dts_history *h, const struct dts_position *at)
{
	for (size_t i = 0; i < h->later_count;) {
		struct dts_later *l = &h->later[i];

		if (dts_position_compare(at, &l->from) < 0) {
			i++;
			continue;
		}
		add_with_database(h, &l->schema);
		forget_later(l);
		*l = h->later[--h->later_count];
	}
}

void dts_history_add_view(struct dts_history *h, struct dts_slice db, struct dts_slice name)
{
	struct dts_buf sql = {0};

	dts_definitions_add_view(h->tables, db, name);
	dts_buf_adds(&sql, "CREATE view ");
	dts_sql_table(&sql, db, name);
	dts_buf_adds(&sql, " AS SELECT 1");
	dts_buf_adds(&h->views, "{\"op\":\"ddl\",\"kind\":\"create-view\",\"sql\":");
	dts_json_add_string(&h->views, dts_buf_slice(&sql));
	dts_buf_adds(&h->views, "}\n");
	dts_buf_release(&sql);
}

static bool is_behind(const struct dts_position *a, const struct dts_position *b)
{
	return b->file[0] == '\0' || dts_position_compare(a, b) > 0;
}

/* A text of the context; p NULL where it is absent. */
static struct dts_slice context_text(const struct dts_record *r, const char *key, struct dts_buf *scratch)
{
	struct dts_json value = {0};

	if (r->raw[DTS_F_CONTEXT].p)
		value = dts_json_get(r->raw[DTS_F_CONTEXT], key);
	return value.raw.p && value.type == DTS_JSON_STRING ? dts_json_string(value.raw, scratch) : (struct dts_slice){0};
}

/* What a "ddl" record says, applied; 0. */
static int apply(struct dts_history *h, const struct dts_record *r, dts_definition_changed *changed, void *context)
{
	struct dts_buf mode = {0}, server = {0}, utf8mb4 = {0}, charsets = {0};
	struct dts_definition_context c = {
		.db = r->db,
		.sql_mode = dts_sql_mode_bits(context_text(r, "sql_mode", &mode)),
		.collation_server = context_text(r, "collation_server", &server),
		.default_collation_utf8mb4 = context_text(r, "default_collation_for_utf8mb4", &utf8mb4),
		.character_set_collations = context_text(r, "character_set_collations", &charsets),
		.utf8_is_utf8mb4 = h->utf8_is_utf8mb4,
		.of_catalog = !r->raw[DTS_F_CONTEXT].p,
	};

	if (r->raw[DTS_F_CONTEXT].p) {
		c.implicit_timestamps =
			dts_json_get(r->raw[DTS_F_CONTEXT], "explicit_defaults_for_timestamp").type == DTS_JSON_FALSE;
		c.doubtful = dts_json_get(r->raw[DTS_F_CONTEXT], "doubtful").raw.p != NULL;
		c.failed = dts_json_get(r->raw[DTS_F_CONTEXT], "error").raw.p != NULL;
	}
	dts_definitions_apply(h->tables, r->sql, &c, changed, context);
	dts_buf_release(&mode);
	dts_buf_release(&server);
	dts_buf_release(&utf8mb4);
	dts_buf_release(&charsets);
	return 0;
}

/* Reading a file */

struct reading {
	struct dts_history *h;
	const struct dts_history_server *server;
	const struct dts_position *start;
	struct dts_position pos; /* of the record */
	uint64_t created;        /* when the file of the start was begun, as far as it is told */
	bool begun;
	bool far;                /* behind the start already */
};

static bool says(struct dts_slice object, const char *key, struct dts_slice want)
{
	struct dts_json value = dts_json_get(object, key);
	struct dts_buf scratch = {0};
	bool same = value.raw.p && value.type == DTS_JSON_STRING && dts_slice_eq(dts_json_string(value.raw, &scratch), want);

	dts_buf_release(&scratch);
	return same;
}

static int read_head(struct reading *rd, const struct dts_record *r, struct dts_error *err)
{
	struct dts_history *h = rd->h;

	if (r->op != DTS_OP_STREAM || !dts_slice_is(r->kind, "history"))
		return dts_fail(err, DTS_BAD_INPUT, "is not a schema history");
	if (!r->raw[DTS_F_SOURCE].p || (rd->server->identity.len > 0 && !says(r->raw[DTS_F_SOURCE], "id", rd->server->identity))) {
		dts_fail(err, DTS_REFUSED, "the schema history is of another server");
		return dts_hint(err, "each server has its own history: name another file");
	}
	if (dts_position_parse(&h->at, r->raw[DTS_F_POS], err) < 0)
		return -1;
	if (rd->start->file[0] && dts_position_compare(rd->start, &h->at) < 0) {
		dts_fail(err, DTS_REFUSED, "the schema history begins at %s:%llu, behind the start at %s:%llu", h->at.file,
			 (unsigned long long)h->at.offset, rd->start->file, (unsigned long long)rd->start->offset);
		return dts_hint(err, "what the tables looked like before is not known: start at or behind that position");
	}
	rd->begun = true;
	h->complete = dts_json_get(r->line, "complete").type == DTS_JSON_TRUE;
	dts_position_copy(&h->known, &h->at);
	return 0;
}

static int read_table(struct reading *rd, const struct dts_record *r, struct dts_error *err)
{
	struct dts_schema schema = {0};

	if (dts_schema_parse(&schema, r, err) < 0)
		return -1;
	dts_history_add_table(rd->h, &schema);
	dts_schema_release(&schema);
	return 0;
}

static int read_record(struct reading *rd, const struct dts_record *r, struct dts_error *err)
{
	struct dts_history *h = rd->h;

	if (!rd->begun)
		return read_head(rd, r, err);
	if (r->op == DTS_OP_SCHEMA)
		return read_table(rd, r, err);
	if (r->op != DTS_OP_DDL && r->op != DTS_OP_HEARTBEAT)
		return dts_fail(err, DTS_BAD_INPUT, "a '%s' record has no place in a schema history", dts_op_name(r->op));
	if (h->complete && r->raw[DTS_F_POS].p) /* behind what the catalog held */
		dts_definitions_set_complete(h->tables, true);
	if (!r->raw[DTS_F_POS].p) /* a database or view of the catalog as it was read */
		return r->op == DTS_OP_DDL ? apply(h, r, NULL, NULL) : dts_fail(err, DTS_BAD_INPUT, "field 'pos' is missing");
	if (dts_position_parse(&rd->pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	/* Statements of one transaction share a place; a heartbeat there tells when its file was begun. */
	if (dts_position_compare(&rd->pos, &h->known) < 0)
		return dts_fail(err, DTS_BAD_INPUT, "the positions of the schema history are out of order");
	dts_position_copy(&h->known, &rd->pos);
	if (rd->pos.created != 0 && strcmp(rd->pos.file, rd->start->file) == 0)
		rd->created = rd->pos.created;
	rd->far = rd->far || (rd->start->file[0] && dts_position_compare(&rd->pos, rd->start) > 0);
	if (rd->far)
		return 0;
	dts_position_copy(&h->at, &rd->pos);
	return r->op == DTS_OP_DDL ? apply(h, r, NULL, NULL) : 0;
}

/* A last line without an end was being written when its writer died. */
static int cut_torn_line(int fd, const char *path, struct dts_error *err)
{
	struct stat st;
	off_t end;
	char c = 0;

	if (fstat(fd, &st) < 0)
		return dts_fail_errno(err, "cannot read '%s'", path);
	for (end = st.st_size; end > 0; end--) {
		if (pread(fd, &c, 1, end - 1) != 1)
			return dts_fail_errno(err, "cannot read '%s'", path);
		if (c == '\n')
			break;
	}
	if (end < st.st_size && ftruncate(fd, end) < 0)
		return dts_fail_errno(err, "cannot mend '%s'", path);
	return 0;
}

static int lock(int fd, const char *path, struct dts_error *err)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return dts_fail_errno(err, "cannot lock '%s'", path);
	return dts_fail(err, DTS_AGAIN, "'%s' is in use by another run", path);
}

static int read_file(struct reading *rd, const char *path, struct dts_error *err)
{
	struct dts_input *in = dts_input_open(path, DTS_RECORD_MAX, err);
	struct dts_slice line;
	int rc;

	if (!in)
		return -1;
	while ((rc = dts_input_line(in, &line, err)) > 0)
		if (dts_record_parse(&rd->h->record, line, err) < 0 || read_record(rd, &rd->h->record, err) < 0) {
			rc = dts_where(err, "%s:%llu", path, (unsigned long long)dts_input_line_number(in));
			break;
		}
	dts_input_close(in);
	if (rc == 0 && !rd->begun)
		rc = dts_fail(err, DTS_BAD_INPUT, "'%s' is empty, not a schema history", path);
	return rc;
}

int dts_history_open(struct dts_history *h, const char *path, const struct dts_history_server *server,
		     struct dts_position *start, struct dts_error *err)
{
	struct reading rd = {.h = h, .server = server, .start = start};
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	int status;

	if (fd < 0)
		return errno == ENOENT ? 0 : dts_fail_errno(err, "cannot open '%s'", path);
	h->fd = fd;
	h->path = dts_strdup(path);
	if (lock(fd, path, err) < 0 || cut_torn_line(fd, path, err) < 0)
		return -1;
	status = read_file(&rd, path, err);
	if (status == 0 && h->complete)
		dts_definitions_set_complete(h->tables, true);
	if (start->created == 0)
		start->created = rd.created;
	/* Every statement up to the start has been applied, and nothing lies between. */
	if (status == 0 && start->file[0] && dts_position_compare(start, &h->known) <= 0)
		dts_position_copy(&h->at, start);
	dts_position_release(&rd.pos);
	return status < 0 ? -1 : 1;
}

/* Writing one */

static int write_all(struct dts_history *h, struct dts_slice text, struct dts_error *err)
{
	for (size_t done = 0; done < text.len;) {
		ssize_t n = write(h->fd, text.p + done, text.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dts_fail_errno(err, "cannot write '%s'", h->path);
		done += (size_t)n;
	}
	return fdatasync(h->fd) < 0 ? dts_fail_errno(err, "cannot write '%s'", h->path) : 0;
}

static void add_database(void *context, struct dts_slice name, struct dts_slice collation)
{
	struct dts_buf *b = context, sql = {0};

	dts_buf_adds(&sql, "CREATE DATABASE ");
	dts_sql_ident(&sql, name);
	dts_buf_adds(&sql, " COLLATE ");
	dts_buf_add_slice(&sql, collation); /* of a catalog, so it is known */
	dts_buf_adds(b, "{\"op\":\"ddl\",\"kind\":\"create-database\",\"sql\":");
	dts_json_add_string(b, dts_buf_slice(&sql));
	dts_buf_adds(b, "}\n");
	dts_buf_release(&sql);
}

static void add_table(void *context, const struct dts_defined_table *table)
{
	if (!table->unknown)
		dts_schema_add(context, &table->schema);
}

/* So that the name, too, outlives a crash of the machine. */
static int sync_directory(const char *path)
{
	char *copy = dts_strdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	free(copy);
	return status;
}

int dts_history_create(struct dts_history *h, const char *path, const struct dts_history_server *server,
		       struct dts_slice source, struct dts_error *err)
{
	struct dts_buf *b = &h->line, temporary = {0};
	const mode_t mask = umask(0);
	int status = -1;

	umask(mask);
	h->path = dts_strdup(path);
	dts_position_copy(&h->known, &h->at);
	dts_buf_clear(b);
	dts_buf_adds(b, "{\"op\":\"stream\",\"v\":1,\"kind\":\"history\",\"src\":");
	dts_json_add_string(b, server->src);
	dts_buf_adds(b, ",\"source\":");
	dts_buf_add_slice(b, source);
	dts_buf_adds(b, ",\"pos\":");
	dts_position_add(b, &h->at, true);
	dts_buf_adds(b, h->complete ? ",\"complete\":true}\n" : "}\n");
	dts_definitions_each_database(h->tables, add_database, b);
	dts_definitions_each_table(h->tables, add_table, b);
	dts_buf_add_slice(b, dts_buf_slice(&h->views));
	dts_buf_addf(&temporary, "%s.XXXXXX", path);
	dts_buf_text(&temporary);
	h->fd = mkostemp(temporary.data, O_APPEND | O_CLOEXEC);
	if (h->fd < 0)
		dts_fail_errno(err, "cannot create a file beside '%s'", path);
	else if (lock(h->fd, path, err) == 0 && write_all(h, dts_buf_slice(b), err) == 0)
		/* Another run may have made one meanwhile: link() does not replace it. */
		status = fchmod(h->fd, 0666 & ~mask) == 0 && link(temporary.data, path) == 0 && sync_directory(path) == 0
			 ? 0 : dts_fail_errno(err, "cannot create '%s'", path);
	if (h->fd >= 0)
		unlink(temporary.data);
	dts_buf_release(&temporary);
	return status;
}

int dts_history_statement(struct dts_history *h, struct dts_slice record, const struct dts_position *end,
			  dts_definition_changed *changed, void *context, struct dts_error *err)
{
	if (!is_behind(end, &h->at))
		return 0; /* told before: the log is being read again */
	if (h->fd >= 0 && is_behind(end, &h->known))
		dts_buf_add_slice(&h->pending, record);
	dts_position_copy(&h->at, end);
	if (dts_record_parse(&h->record, dts_slice(record.p, record.len - 1), err) < 0)
		return -1;
	return apply(h, &h->record, changed, context);
}

int dts_history_settle(struct dts_history *h, const struct dts_position *at, struct dts_error *err)
{
	struct dts_slice left = dts_buf_slice(&h->pending);

	take_later(h, at);
	if (left.len == 0)
		return 0;
	/* A statement inside of a transaction is noted where that ended: there reading can go on. */
	dts_buf_clear(&h->line);
	while (left.len > 0) {
		size_t len = (size_t)((const char *)memchr(left.p, '\n', left.len) - left.p);

		dts_buf_add(&h->line, left.p, len - 1); /* without "}" */
		dts_buf_adds(&h->line, ",\"pos\":");
		dts_position_add(&h->line, at, false);
		dts_buf_adds(&h->line, "}\n");
		left = dts_slice(left.p + len + 1, left.len - len - 1);
	}
	if (write_all(h, dts_buf_slice(&h->line), err) < 0)
		return -1;
	dts_buf_clear(&h->pending);
	dts_position_copy(&h->known, at);
	dts_position_copy(&h->at, at);
	return 0;
}

int dts_history_reached(struct dts_history *h, const struct dts_position *at, struct dts_error *err)
{
	bool first = h->known.created == 0 && at->created != 0;

	if (h->fd < 0 || at->file[0] == '\0' || dts_position_compare(at, &h->known) < 0 ||
	    (!first && !is_behind(at, &h->known)))
		return 0;
	dts_buf_clear(&h->line);
	dts_buf_adds(&h->line, "{\"op\":\"heartbeat\",\"src\":\"\",\"pos\":");
	dts_position_add(&h->line, at, false);
	dts_buf_adds(&h->line, "}\n");
	if (write_all(h, dts_buf_slice(&h->line), err) < 0)
		return -1;
	dts_position_copy(&h->known, at);
	dts_position_copy(&h->at, at);
	return 0;
}
