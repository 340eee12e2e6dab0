#include "mysql/quote.h"

void dts_sql_ident(struct dts_buf *b, struct dts_slice name)
{
	dts_buf_addc(b, '`');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '`')
			dts_buf_addc(b, '`');
		dts_buf_addc(b, name.p[i]);
	}
	dts_buf_addc(b, '`');
}

void dts_sql_table(struct dts_buf *b, struct dts_slice db, struct dts_slice table)
{
	dts_sql_ident(b, db);
	dts_buf_addc(b, '.');
	dts_sql_ident(b, table);
}

/* What stands behind the backslash for this byte, or 0 when it stands for itself. */
static char escape_of(char c)
{
	switch (c) {
	case '\0':
		return '0';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\x1a': /* ends a file for some readers of statements */
		return 'Z';
	case '\\':
	case '\'':
		return c;
	default:
		return 0;
	}
}

void dts_sql_literal(struct dts_buf *b, struct dts_slice text)
{
	dts_buf_reserve(b, 2 * text.len + 2);
	char *to = b->data + b->len;

	*to++ = '\'';
	for (size_t i = 0; i < text.len; i++) {
		char escaped = escape_of(text.p[i]);
		if (escaped)
			*to++ = '\\';
		*to++ = escaped ? escaped : text.p[i];
	}
	*to++ = '\'';
	b->len = (size_t)(to - b->data);
}

void dts_sql_hex(struct dts_buf *b, struct dts_slice bytes)
{
	static const char digits[] = "0123456789ABCDEF";

	dts_buf_reserve(b, 2 * bytes.len + 3);
	char *to = b->data + b->len;

	*to++ = 'X';
	*to++ = '\'';
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	*to++ = '\'';
	b->len = (size_t)(to - b->data);
}

void dts_sql_introducer(struct dts_buf *b, struct dts_slice charset)
{
	for (size_t i = 0; i < charset.len; i++)
		if (!(charset.p[i] >= 'a' && charset.p[i] <= 'z') && !(charset.p[i] >= '0' && charset.p[i] <= '9'))
			return; /* not the name of a charset */
	if (charset.len > 0) {
		dts_buf_addc(b, '_');
		dts_buf_add_slice(b, charset);
		dts_buf_addc(b, ' ');
	}
}

bool dts_sql_is_number(struct dts_slice text, bool dot_allowed)
{
	size_t i = text.len > 0 && text.p[0] == '-', digits = 0;

	for (; i < text.len; i++) {
		if (text.p[i] >= '0' && text.p[i] <= '9')
			digits++;
		else if (text.p[i] == '.' && dot_allowed && digits > 0)
			dot_allowed = false;
		else
			return false;
	}
	return digits > 0;
}
