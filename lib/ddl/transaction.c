/* Transaction control: BEGIN to XA ROLLBACK. */
#include "ddl/parser.h"

static bool at_end(struct dts_ddl_parser *p)
{
	while (dts_ddl_take_char(p, ';'))
		;
	return p->scan.type == DTS_SQL_END;
}

static bool is_string(const struct dts_sql_scan *s)
{
	return s->type == DTS_SQL_STRING;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends pairs of hexadecimal digits in lower case, an odd one with 0 before
 * it; false when they are none. */
static bool add_hex(struct dts_slice digits, struct dts_buf *out)
{
	if (digits.len % 2)
		dts_buf_addc(out, '0');
	for (size_t i = 0; i < digits.len; i++) {
		if (hex_digit(digits.p[i]) < 0)
			return false;
		dts_buf_addc(out, "0123456789abcdef"[hex_digit(digits.p[i])]);
	}
	return true;
}

/* One part of an xid, 'text', X'6131' or 0x6131, as X'6131'. */
static bool take_xid_part(struct dts_ddl_parser *p, struct dts_buf *out)
{
	struct dts_sql_scan *s = &p->scan;
	struct dts_slice text = dts_sql_text(s);
	struct dts_sql_scan next = dts_ddl_peek(p);
	bool ok = false;

	dts_buf_adds(out, "X'");
	if (is_string(s) || (s->type == DTS_SQL_QUOTED && text.p[0] == '"')) {
		struct dts_buf decoded = {0};

		dts_sql_decode(text, s->flags, &decoded);
		for (size_t i = 0; i < decoded.len; i++)
			dts_buf_addf(out, "%02x", (unsigned char)decoded.data[i]);
		dts_buf_release(&decoded);
		ok = true;
	} else if (dts_sql_is(s, "X") && is_string(&next) && next.len >= 2) {
		dts_sql_next(s);
		text = dts_sql_text(s);
		ok = add_hex(dts_slice(text.p + 1, text.len - 2), out);
	} else if (s->type == DTS_SQL_WORD && text.len >= 2 && text.p[0] == '0' && text.p[1] == 'x') {
		ok = add_hex(dts_slice(text.p + 2, text.len - 2), out);
	}
	dts_buf_addc(out, '\'');
	dts_sql_next(s);
	return ok;
}

/* gtrid [, bqual [, formatID]] */
static void take_xid(struct dts_ddl_parser *p)
{
	struct dts_buf *out = &p->d->text;
	bool ok = take_xid_part(p, out);
	struct dts_slice format = DTS_LIT("1");

	dts_buf_addc(out, ',');
	if (dts_ddl_take_char(p, ',')) {
		ok = ok && take_xid_part(p, out);
		if (dts_ddl_take_char(p, ',')) {
			format = dts_sql_text(&p->scan);
			ok = ok && p->scan.type == DTS_SQL_NUMBER;
			dts_sql_next(&p->scan);
		}
	} else {
		dts_buf_adds(out, "X''");
	}
	dts_buf_addc(out, ',');
	dts_buf_add_slice(out, format);
	if (ok)
		p->d->label = dts_buf_slice(out);
	else
		p->failed = true;
}

static void parse_xa(struct dts_ddl_parser *p)
{
	static const struct {
		const char *keyword;
		enum dts_ddl_kind kind;
	} verbs[] = {
		{"START", DTS_DDL_XA_START},   {"BEGIN", DTS_DDL_XA_START},
		{"END", DTS_DDL_XA_END},       {"PREPARE", DTS_DDL_XA_PREPARE},
		{"COMMIT", DTS_DDL_XA_COMMIT}, {"ROLLBACK", DTS_DDL_XA_ROLLBACK},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!dts_ddl_take(p, verbs[i].keyword))
			continue;
		p->d->kind = verbs[i].kind;
		take_xid(p);
		if (dts_ddl_take(p, "ONE") && dts_sql_is(&p->scan, "PHASE"))
			p->d->one_phase = true;
		return;
	}
}

static void parse_rollback(struct dts_ddl_parser *p)
{
	p->d->kind = DTS_DDL_ROLLBACK;
	dts_ddl_take(p, "WORK");
	if (dts_ddl_take(p, "TO")) {
		struct dts_sql_scan next = dts_ddl_peek(p);

		/* SAVEPOINT is a word like others: ROLLBACK TO savepoint */
		if (dts_sql_is(&p->scan, "SAVEPOINT") && next.type != DTS_SQL_END &&
		    next.type != DTS_SQL_PUNCT)
			dts_sql_next(&p->scan);
		p->d->kind = DTS_DDL_ROLLBACK_TO;
		dts_ddl_take_label(p);
	}
}

bool dts_ddl_transaction(struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = dts_ddl_peek(p);

	if (dts_ddl_take(p, "BEGIN")) {
		dts_ddl_take(p, "WORK");
		if (at_end(p)) /* else MariaDB's BEGIN NOT ATOMIC, a program */
			p->d->kind = DTS_DDL_BEGIN;
	} else if (dts_sql_is(&p->scan, "START") && dts_sql_is(&next, "TRANSACTION")) {
		p->d->kind = DTS_DDL_BEGIN;
	} else if (dts_sql_is(&p->scan, "COMMIT")) {
		p->d->kind = DTS_DDL_COMMIT;
	} else if (dts_ddl_take(p, "ROLLBACK")) {
		parse_rollback(p);
	} else if (dts_ddl_take(p, "SAVEPOINT")) {
		p->d->kind = DTS_DDL_SAVEPOINT;
		dts_ddl_take_label(p);
	} else if (dts_sql_is(&p->scan, "RELEASE") && dts_sql_is(&next, "SAVEPOINT")) {
		dts_ddl_take(p, "RELEASE");
		dts_ddl_take(p, "SAVEPOINT");
		p->d->kind = DTS_DDL_RELEASE_SAVEPOINT;
		dts_ddl_take_label(p);
	} else if (dts_ddl_take(p, "XA")) {
		parse_xa(p);
	} else {
		return false;
	}
	return true;
}
