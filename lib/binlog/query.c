#include "binlog/query.h"

#include <stdlib.h>

#include "charset/charset.h"
#include "record/json.h"

/* Codes of status variables; from 128 on they are MariaDB's own. */
enum {
	Q_FLAGS2 = 0,
	Q_SQL_MODE = 1,
	Q_CATALOG = 2, /* with a NUL, as MySQL 5.0.0 to 5.0.3 wrote it */
	Q_AUTO_INCREMENT = 3,
	Q_CHARSET = 4,
	Q_TIME_ZONE = 5,
	Q_CATALOG_NZ = 6,
	Q_LC_TIME_NAMES = 7,
	Q_CHARSET_DATABASE = 8,
	Q_TABLE_MAP_FOR_UPDATE = 9,
	Q_MASTER_DATA_WRITTEN = 10,
	Q_INVOKER = 11,
	Q_UPDATED_DB_NAMES = 12,
	Q_MICROSECONDS = 13,
	Q_COMMIT_TS = 14,
	Q_COMMIT_TS2 = 15,
	Q_EXPLICIT_DEFAULTS = 16,
	Q_DDL_XID = 17,
	Q_DEFAULT_COLLATION_UTF8MB4 = 18,
	Q_REQUIRE_PRIMARY_KEY = 19,
	Q_TABLE_ENCRYPTION = 20,
	Q_HRNOW = 128,
	Q_XID = 129,
	Q_GTID_FLAGS3 = 130,
	Q_CHARSET_COLLATIONS = 131, /* @@character_set_collations, since 11.2 */
};

static struct dts_slice counted(struct dts_bytes *b)
{
	return dts_bytes_take(b, dts_bytes_u8(b));
}

static void skip_db_names(struct dts_bytes *b)
{
	uint8_t count = dts_bytes_u8(b);

	if (count == 254) /* too many: none is named */
		return;
	for (unsigned i = 0; i < count && !b->bad; i++)
		while (!b->bad && dts_bytes_u8(b) != 0)
			;
}

/* One variable; false: not known. */
static bool read_variable(struct dts_event_query *q, struct dts_bytes *b)
{
	switch (dts_bytes_u8(b)) {
	case Q_FLAGS2:
		q->flags2 = dts_bytes_u32(b);
		q->has_flags2 = true;
		return true;
	case Q_SQL_MODE:
		q->sql_mode = dts_bytes_u64(b);
		q->has_sql_mode = true;
		return true;
	case Q_CATALOG:
		counted(b);
		dts_bytes_u8(b);
		return true;
	case Q_AUTO_INCREMENT:
		q->auto_increment_increment = dts_bytes_u16(b);
		q->auto_increment_offset = dts_bytes_u16(b);
		return true;
	case Q_CHARSET:
		q->client = dts_bytes_u16(b);
		q->collation_connection = dts_bytes_u16(b);
		q->collation_server = dts_bytes_u16(b);
		q->has_charset = true;
		return true;
	case Q_TIME_ZONE:
		q->time_zone = counted(b);
		return true;
	case Q_CATALOG_NZ:
		counted(b);
		return true;
	case Q_CHARSET_DATABASE:
		q->collation_database = dts_bytes_u16(b);
		return true;
	case Q_INVOKER:
		q->user = counted(b);
		q->host = counted(b);
		return true;
	case Q_UPDATED_DB_NAMES:
		skip_db_names(b);
		return true;
	case Q_MICROSECONDS:
	case Q_HRNOW:
		q->micro = (uint32_t)dts_bytes_uint(b, 3);
		q->has_micro = true;
		return true;
	case Q_EXPLICIT_DEFAULTS:
		q->explicit_defaults = dts_bytes_u8(b) != 0;
		q->has_explicit_defaults = true;
		return true;
	case Q_DEFAULT_COLLATION_UTF8MB4:
		q->default_collation_utf8mb4 = dts_bytes_u16(b);
		return true;
	case Q_REQUIRE_PRIMARY_KEY:
	case Q_TABLE_ENCRYPTION:
		dts_bytes_u8(b);
		return true;
	case Q_GTID_FLAGS3: /* of a two-phase ALTER; its end names the GTID of its start (seen on 10.11) */
		if (dts_bytes_u8(b) & (DTS_GTID_COMMIT_ALTER | DTS_GTID_ROLLBACK_ALTER))
			dts_bytes_u64(b);
		return true;
	case Q_CHARSET_COLLATIONS:
		q->charset_collations = dts_bytes_take(b, 4 * (size_t)dts_bytes_u8(b));
		return true;
	case Q_LC_TIME_NAMES:
		dts_bytes_u16(b);
		return true;
	case Q_MASTER_DATA_WRITTEN:
		dts_bytes_u32(b);
		return true;
	case Q_COMMIT_TS:
		dts_bytes_uint(b, 7);
		return true;
	case Q_TABLE_MAP_FOR_UPDATE:
	case Q_COMMIT_TS2:
	case Q_DDL_XID:
	case Q_XID:
		dts_bytes_u64(b);
		return true;
	default:
		return false;
	}
}

/* Before 10.8.2 MariaDB's variable was not of the session, and is not in the log. */
static bool has_explicit_bit(const struct dts_event_format *f)
{
	char *end;
	unsigned long major = strtoul(f->server, &end, 10), minor = 0, patch = 0;

	if (*end == '.')
		minor = strtoul(end + 1, &end, 10);
	if (*end == '.')
		patch = strtoul(end + 1, &end, 10);
	return major * 10000 + minor * 100 + patch >= 100802;
}

int dts_event_query(struct dts_event_query *q, const struct dts_event *e, const struct dts_event_format *f,
		    struct dts_error *err)
{
	struct dts_bytes b = dts_bytes(e->body), vars;
	unsigned fixed = f->post_header[DTS_EV_QUERY];
	uint16_t vars_len;
	uint8_t db_len;

	*q = (struct dts_event_query){
		.mysql = !strstr(f->server, "MariaDB"), .server_id = e->server_id, .time = e->time,
		.thread_specific = e->flags & DTS_EVENT_THREAD_SPECIFIC,
	};
	q->thread = dts_bytes_u32(&b);
	dts_bytes_u32(&b); /* seconds it took */
	db_len = dts_bytes_u8(&b);
	q->error = dts_bytes_u16(&b);
	vars_len = dts_bytes_u16(&b);
	if (fixed != 0xff && fixed > 13)
		dts_bytes_take(&b, fixed - 13);
	vars = dts_bytes(dts_bytes_take(&b, vars_len));
	q->db = dts_bytes_take(&b, db_len);
	dts_bytes_u8(&b); /* NUL */
	q->sql = dts_bytes_take(&b, dts_bytes_left(&b));
	while (!vars.bad && dts_bytes_left(&vars) > 0)
		if (!read_variable(q, &vars))
			break;
	if (!q->mysql && q->has_flags2 && has_explicit_bit(f)) {
		q->has_explicit_defaults = true;
		q->explicit_defaults = q->flags2 & DTS_QUERY_EXPLICIT_DEFAULTS;
	}
	if (b.bad || vars.bad || !dts_utf8_valid(q->db.p, q->db.len))
		return dts_fail(err, DTS_BAD_INPUT, "a Query event is cut short or malformed");
	return 0;
}

struct dts_slice dts_collation_key(const uint16_t *id)
{
	return dts_slice((const char *)id, sizeof *id);
}

/* The server's own name of it comes first. */
static bool add_collation_name(struct dts_buf *b, const struct dts_event_query *q, uint16_t id, const struct dts_map *collations)
{
	const char *name = collations ? dts_map_get(collations, dts_collation_key(&id)) : NULL;

	if (!name)
		return dts_collation_name(id, !q->mysql, b);
	dts_buf_adds(b, name);
	return true;
}

/* The collation's name; its number where the name is not known, which SET takes too. */
static void add_collation(struct dts_buf *b, const char *key, const struct dts_event_query *q, uint16_t id,
			  const struct dts_map *collations)
{
	dts_buf_addf(b, ",\"%s\":\"", key);
	if (!add_collation_name(b, q, id, collations))
		dts_buf_addf(b, "%u", id);
	dts_buf_addc(b, '"');
}

/* MariaDB's bits (Knowledge Base, "SQL_MODE"; each tried on 10.11). MySQL has the
 * same where it has one, but for the last. */
static const char *const sql_modes[] = {
	"REAL_AS_FLOAT", "PIPES_AS_CONCAT", "ANSI_QUOTES", "IGNORE_SPACE", "IGNORE_BAD_TABLE_OPTIONS",
	"ONLY_FULL_GROUP_BY", "NO_UNSIGNED_SUBTRACTION", "NO_DIR_IN_CREATE", "POSTGRESQL", "ORACLE",
	"MSSQL", "DB2", "MAXDB", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "NO_FIELD_OPTIONS", "MYSQL323",
	"MYSQL40", "ANSI", "NO_AUTO_VALUE_ON_ZERO", "NO_BACKSLASH_ESCAPES", "STRICT_TRANS_TABLES",
	"STRICT_ALL_TABLES", "NO_ZERO_IN_DATE", "NO_ZERO_DATE", "ALLOW_INVALID_DATES",
	"ERROR_FOR_DIVISION_BY_ZERO", "TRADITIONAL", "NO_AUTO_CREATE_USER", "HIGH_NOT_PRECEDENCE",
	"NO_ENGINE_SUBSTITUTION", "PAD_CHAR_TO_FULL_LENGTH", "EMPTY_STRING_IS_NULL",
	"SIMULTANEOUS_ASSIGNMENT", "TIME_ROUND_FRACTIONAL",
};

enum { SQL_MODES = sizeof sql_modes / sizeof *sql_modes, MYSQL_LAST_BIT = 32 };

static const char *sql_mode_name(unsigned bit, bool mysql)
{
	return mysql && bit == MYSQL_LAST_BIT ? "TIME_TRUNCATE_FRACTIONAL" : sql_modes[bit];
}

static void add_sql_mode(struct dts_buf *b, uint64_t mode, bool mysql)
{
	const char *comma = "";

	dts_buf_adds(b, ",\"sql_mode\":\"");
	for (unsigned i = 0; i < SQL_MODES; i++) {
		if (!(mode >> i & 1))
			continue;
		dts_buf_adds(b, comma);
		dts_buf_adds(b, sql_mode_name(i, mysql));
		comma = ",";
	}
	dts_buf_addc(b, '"');
}

uint64_t dts_sql_mode_bits(struct dts_slice names)
{
	uint64_t bits = 0;

	for (const char *p = names.p, *end = p + names.len; p < end;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct dts_slice name = dts_slice(p, (size_t)((comma ? comma : end) - p));

		for (unsigned i = 0; i < SQL_MODES; i++)
			if (dts_slice_is(name, sql_modes[i]) || dts_slice_is(name, sql_mode_name(i, true)))
				bits |= UINT64_C(1) << i;
		p = name.p + name.len + 1;
	}
	return bits;
}

static void add_text(struct dts_buf *b, const char *key, struct dts_slice text)
{
	dts_buf_addf(b, ",\"%s\":", key);
	if (dts_utf8_valid(text.p, text.len))
		dts_json_add_string(b, text);
	else
		dts_json_add_bytes(b, text);
}

static void add_charsets(struct dts_buf *b, const struct dts_event_query *q, const struct dts_map *collations)
{
	const struct dts_charset *client = dts_charset_of_collation_id(q->client);

	if (client)
		dts_buf_addf(b, ",\"charset\":\"%s\"", dts_charset_name(client));
	add_collation(b, "collation_connection", q, q->collation_connection, collations);
	add_collation(b, "collation_server", q, q->collation_server, collations);
}

/* "utf8mb4=utf8mb4_bin,...", as SET takes it; one whose name is not known is left out. */
static void add_charset_collations(struct dts_buf *b, const struct dts_event_query *q, const struct dts_map *collations)
{
	struct dts_bytes p = dts_bytes(q->charset_collations);
	const char *comma = "";

	dts_buf_adds(b, ",\"character_set_collations\":\"");
	while (dts_bytes_left(&p) >= 4) {
		const struct dts_charset *charset = dts_charset_of_collation_id(dts_bytes_u16(&p));
		uint16_t id = dts_bytes_u16(&p);
		const size_t before = b->len;

		if (charset)
			dts_buf_addf(b, "%s%s=", comma, dts_charset_name(charset));
		if (charset && add_collation_name(b, q, id, collations))
			comma = ",";
		else
			b->len = before;
	}
	dts_buf_addc(b, '"');
}

void dts_query_add_context(struct dts_buf *b, const struct dts_event_query *q, const struct dts_map *collations)
{
	size_t start = b->len;

	if (q->has_sql_mode)
		add_sql_mode(b, q->sql_mode, q->mysql);
	if (q->time_zone.p)
		add_text(b, "time_zone", q->time_zone);
	dts_buf_addf(b, ",\"timestamp\":%u", (unsigned)q->time);
	if (q->has_micro)
		dts_buf_addf(b, ".%06u", (unsigned)q->micro);
	if (q->has_charset)
		add_charsets(b, q, collations);
	if (q->charset_collations.p)
		add_charset_collations(b, q, collations);
	if (q->collation_database)
		add_collation(b, "collation_database", q, q->collation_database, collations);
	if (q->default_collation_utf8mb4)
		add_collation(b, "default_collation_for_utf8mb4", q, q->default_collation_utf8mb4, collations);
	if (q->insert_id)
		dts_buf_addf(b, ",\"insert_id\":%llu", (unsigned long long)q->insert_id);
	if (q->auto_increment_increment)
		dts_buf_addf(b, ",\"auto_increment_increment\":%u,\"auto_increment_offset\":%u",
			     q->auto_increment_increment, q->auto_increment_offset);
	if (q->error)
		dts_buf_addf(b, ",\"error\":%u", q->error);
	if (q->has_explicit_defaults)
		dts_buf_addf(b, ",\"explicit_defaults_for_timestamp\":%s", q->explicit_defaults ? "true" : "false");
	if (q->doubtful)
		dts_buf_adds(b, ",\"doubtful\":true");
	if (q->flags2 & DTS_QUERY_NO_FOREIGN_KEYS)
		dts_buf_adds(b, ",\"foreign_key_checks\":false");
	if (q->flags2 & DTS_QUERY_NO_UNIQUE)
		dts_buf_adds(b, ",\"unique_checks\":false");
	if (q->user.p) {
		struct dts_buf who = {0};

		dts_buf_add_slice(&who, q->user);
		dts_buf_addc(&who, '@');
		dts_buf_add_slice(&who, q->host);
		add_text(b, "invoker", dts_buf_slice(&who));
		dts_buf_release(&who);
	}
	b->data[start] = '{'; /* in place of the first comma; there is always a time */
	dts_buf_addc(b, '}');
}

int dts_query_text(const struct dts_event_query *q, struct dts_buf *scratch, struct dts_slice *text,
		   struct dts_error *err)
{
	const struct dts_charset *client = q->has_charset ? dts_charset_of_collation_id(q->client) : NULL;

	*text = q->sql;
	if (!client || dts_charset_is_binary(client) || dts_charset_is_utf8(client)) {
		if (dts_utf8_valid(q->sql.p, q->sql.len))
			return 0;
	} else {
		dts_buf_clear(scratch);
		if (dts_charset_text_to_utf8(client, q->sql, scratch)) {
			*text = dts_buf_slice(scratch);
			return 0;
		}
		/* What a server writes itself, as for a CREATE TABLE ... SELECT or with the name of a view,
		 * is in UTF-8, though it names the client's charset (tried on both). */
		if (dts_utf8_valid(q->sql.p, q->sql.len))
			return 0;
	}
	return dts_fail(err, DTS_BAD_INPUT, "a statement in character set %s cannot be written as UTF-8",
			client ? dts_charset_name(client) : "unknown");
}
