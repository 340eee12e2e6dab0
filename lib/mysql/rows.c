#include "mysql/rows.h"

#include <errmsg.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "mysql/client.h"

/* MySQL gives a statement up whose tables leave its cache several times before it runs (FLUSH TABLES). */
enum { TO_BE_PREPARED = 1615, TRIES = 10 };

static int fail(struct dts_session *s, struct dts_error *err)
{
	return dts_session_fail(s, err, "reading rows failed on");
}

/* Bytes that the protocol does not have there: nothing that comes behind them can be trusted. */
static int malformed(struct dts_rows *r, struct dts_error *err)
{
	dts_session_abort(r->session);
	r->over = true;
	return dts_fail(err, DTS_AGAIN, "reading rows failed on %s: malformed packet", r->session->label);
}

static int next_packet(struct dts_rows *r, struct dts_slice *packet, struct dts_error *err)
{
	if (dts_client_packet(r->session->mysql, &r->packets, packet) == 0)
		return 0;
	r->over = true;
	return fail(r->session, err);
}

static bool is_eof(struct dts_slice packet)
{
	return packet.len > 0 && packet.len < 9 && (unsigned char)packet.p[0] == 0xfe;
}

/* As many column definitions, and the packet behind them. */
static int read_columns(struct dts_rows *r, size_t count, struct dts_error *err)
{
	struct dts_slice packet;

	for (size_t i = 0; i < count; i++) {
		if (next_packet(r, &packet, err) < 0)
			return -1;
		if (!dts_packet_column(packet, &r->columns[i]))
			return malformed(r, err);
	}
	if (next_packet(r, &packet, err) < 0)
		return -1;
	return is_eof(packet) ? 0 : malformed(r, err);
}

static void make_room(struct dts_rows *r, size_t count)
{
	if (count <= r->room)
		return;
	r->room = count;
	r->columns = dts_realloc(r->columns, count * sizeof *r->columns);
	r->values = dts_realloc(r->values, count * sizeof *r->values);
	r->sizes = dts_realloc(r->sizes, count * sizeof *r->sizes);
}

/* COM_STMT_PREPARE, answered by zero, the statement's number, how many columns and parameters. */
static int prepare(struct dts_rows *r, struct dts_slice sql, struct dts_error *err)
{
	struct dts_slice packet;

	if (dts_client_command(r->session->mysql, COM_STMT_PREPARE, sql, &r->packets) < 0)
		return dts_session_fail(r->session, err, "query failed on");
	if (dts_client_packet(r->session->mysql, &r->packets, &packet) < 0) {
		r->over = true;
		return dts_session_fail(r->session, err, "query failed on");
	}
	struct dts_bytes b = dts_bytes(packet);
	unsigned zero = dts_bytes_u8(&b);
	uint32_t statement = dts_bytes_u32(&b);
	size_t columns = dts_bytes_u16(&b), parameters = dts_bytes_u16(&b);
	if (b.bad || zero != 0 || columns == 0 || parameters != 0)
		return malformed(r, err);
	r->statement = statement;
	r->open = true;
	r->count = columns;
	make_room(r, columns);
	return read_columns(r, columns, err);
}

static void add_number(struct dts_buf *b, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		dts_buf_addc(b, (char)(n >> 8 * i & 0xff));
}

/*
 * COM_STMT_EXECUTE, answered by the number of columns. MariaDB does not send their
 * definitions once more where they are the same: a byte behind the number says so
 * ("COM_STMT_EXECUTE response", MARIADB_CLIENT_CACHE_METADATA).
 */
static int execute(struct dts_rows *r, struct dts_error *err)
{
	struct dts_slice packet;

	dts_buf_clear(&r->command);
	add_number(&r->command, r->statement);
	dts_buf_addc(&r->command, 0); /* no cursor */
	add_number(&r->command, 1);
	if (dts_client_command(r->session->mysql, COM_STMT_EXECUTE, dts_buf_slice(&r->command), &r->packets) < 0 ||
	    dts_client_packet(r->session->mysql, &r->packets, &packet) < 0) {
		r->over = true;
		return dts_session_fail(r->session, err, "query failed on");
	}
	struct dts_bytes b = dts_bytes(packet);
	uint64_t count = dts_bytes_packed(&b);
	if (b.bad || count != r->count || dts_bytes_left(&b) > 1)
		return malformed(r, err);
	return read_columns(r, dts_bytes_left(&b) == 1 && *b.p == 0 ? 0 : r->count, err);
}

/*
 * A server sends rows in pieces of its connection's buffer: of net_buffer_length (16 KiB) first,
 * and of the size of the largest packet that came in from then on (net_realloc(); seen on MariaDB 10.11 and 11.8
 * and on MySQL 9.7). Each piece wakes us, so a few larger ones take a fifth of the time away.
 */
static int widen(struct dts_rows *r, struct dts_error *err)
{
	enum { PIECE = 64000 };
	struct dts_buf text = {0};
	struct dts_slice packet;
	uint64_t largest = 0;

	int rc = dts_session_value(r->session, DTS_LIT("SELECT @@max_allowed_packet"), &text, err);
	if (rc > 0 && dts_parse_u64(dts_buf_slice(&text), &largest) == 0 && largest > PIECE) {
		dts_buf_clear(&r->command);
		dts_buf_reserve(&r->command, PIECE);
		memset(r->command.data, 0, PIECE); /* nobody reads it */
		rc = dts_client_command(r->session->mysql, COM_PING, dts_slice(r->command.data, PIECE), &r->packets);
		if (rc == 0)
			rc = dts_client_packet(r->session->mysql, &r->packets, &packet);
	}
	dts_buf_release(&text);
	return rc;
}

bool dts_rows_begin(struct dts_session *s)
{
	struct dts_rows r = {.session = s};
	struct dts_error why = DTS_ERROR_INIT; /* the server has no room for prepared statements */

	if (!dts_client_has_packets())
		return false;
	bool binary = widen(&r, &why) >= 0 && prepare(&r, DTS_LIT("SELECT 1"), &why) == 0;
	r.over = true;
	dts_rows_release(&r);
	return binary;
}

int dts_rows_query(struct dts_rows *r, struct dts_session *s, bool binary, struct dts_slice sql, struct dts_error *err)
{
	r->session = s;
	r->over = false;
	if (!binary) {
		r->result = dts_session_stream(s, sql, err);
		r->count = r->result ? mysql_num_fields(r->result) : 0;
		r->wires = NULL;
		return r->result ? 0 : -1;
	}
	for (int left = TRIES; prepare(r, sql, err) < 0 || execute(r, err) < 0;) {
		const bool again = r->over && mysql_errno(s->mysql) == TO_BE_PREPARED && --left > 0;
		dts_rows_end(r);
		if (!again)
			return -1;
		*err = (struct dts_error)DTS_ERROR_INIT;
		r->over = false;
	}
	r->wires = r->columns;
	r->row = r->values;
	r->lengths = r->sizes;
	return 0;
}

static int next_text(struct dts_rows *r, struct dts_error *err)
{
	r->row = mysql_fetch_row(r->result);
	if (r->row) {
		r->lengths = mysql_fetch_lengths(r->result);
		return 1;
	}
	r->over = true;
	/* A result that looks complete may not be. */
	return mysql_errno(r->session->mysql) == 0 ? 0 : fail(r->session, err);
}

int dts_rows_next(struct dts_rows *r, struct dts_error *err)
{
	struct dts_slice packet;

	if (!r->wires)
		return next_text(r, err);
	if (next_packet(r, &packet, err) < 0)
		return -1;
	if (dts_packet_row(packet, r->wires, r->count, r->row, r->lengths))
		return 1;
	r->over = is_eof(packet);
	return r->over ? 0 : malformed(r, err);
}

void dts_rows_end(struct dts_rows *r)
{
	if (r->session && (r->open || r->result) && !r->over)
		dts_session_abort(r->session);
	mysql_free_result(r->result);
	r->result = NULL;
	if (r->open && r->over) { /* there is no answer to that */
		dts_buf_clear(&r->command);
		add_number(&r->command, r->statement);
		dts_client_command(r->session->mysql, COM_STMT_CLOSE, dts_buf_slice(&r->command), &r->packets);
	}
	r->open = false;
}

void dts_rows_release(struct dts_rows *r)
{
	dts_rows_end(r);
	free(r->columns);
	free(r->values);
	free(r->sizes);
	dts_packets_release(&r->packets);
	dts_buf_release(&r->command);
	*r = (struct dts_rows){0};
}
