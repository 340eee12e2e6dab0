#include "schema/port.h"

#include <stdlib.h>

#include "ddl/port.h"
#include "schema/generated.h"
#include "schema/port_text.h"

enum { BEHIND = 8 }; /* empty tokens behind the last, so that looking ahead needs no care */

static void read_tokens(struct dts_port *p, struct dts_slice sql)
{
	struct dts_sql_scan s = {0};
	size_t room = 0, behind = 0;

	for (dts_sql_start(&s, sql, p->flags); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (p->count == room) {
			room = room ? 2 * room : 256;
			p->tokens = dts_realloc(p->tokens, room * sizeof *p->tokens);
		}
		p->tokens[p->count++] = (struct dts_port_token){s.type, dts_sql_text(&s), dts_slice(sql.p + behind, s.at - behind)};
		behind = s.at + s.len;
	}
	p->tokens = dts_realloc(p->tokens, (p->count + BEHIND) * sizeof *p->tokens);
	for (size_t i = 0; i < BEHIND; i++)
		p->tokens[p->count + i] = (struct dts_port_token){DTS_SQL_END, dts_slice(sql.p + sql.len, 0), dts_slice(sql.p + sql.len, 0)};
}

/* Finds the name, and what is before and behind it. */
static void find_object(struct dts_port *p, struct dts_slice sql)
{
	struct dts_ddl d = {0};
	size_t end = 0;

	dts_ddl_parse(&d, sql, p->flags);
	if (d.count > 0) {
		end = d.objects[0].whole.at + d.objects[0].whole.len;
		p->object = dts_slice(sql.p + d.objects[0].whole.at, d.objects[0].whole.len);
	}
	while (p->body < p->count && p->tokens[p->body].text.p < sql.p + end)
		p->body++;
	/* of a kind that is not known: up to what it is made of */
	while (d.count == 0 && p->body < p->count && !dts_port_is_char(p, p->body, '(') && !dts_port_is_word(p, p->body, "AS"))
		p->body++;
	dts_ddl_release(&d);
}

/* CREATE ... name: the kinds of objects that the target does not have. */
static void port_head(struct dts_port *p)
{
	for (size_t i = 0; i < p->body; i++) {
		size_t n = 0;
		const struct dts_mapping *m = dts_port_find(p, DTS_MAP_OBJECT, i, p->body, &n);
		if (m)
			dts_port_tell(p, m, i, n, NULL);
		dts_port_copy(p, i);
	}
}

static void port_database(struct dts_port *p)
{
	for (size_t i = p->body; i < p->count;) {
		size_t n = 0;
		const struct dts_mapping *m = dts_port_find(p, DTS_MAP_DATABASE, i, p->count, &n);
		n = m ? dts_port_apply(p, m, i, n) : 0;
		if (n == 0) {
			p->defines_charset = true;
			n = dts_port_charset(p, i, p->count);
			p->defines_charset = false;
		}
		if (n == 0) {
			dts_port_copy(p, i);
			n = 1;
		}
		i += n;
	}
}

static void port_routine(struct dts_port *p)
{
	if (dts_port_is_char(p, p->body, '(')) {
		p->params = p->body;
		p->params_end = dts_port_behind_bracket(p, p->body);
	}
	dts_port_words(p, p->body, p->count);
}

static void port_statement(struct dts_port *p, enum dts_ddl_kind kind, struct dts_slice sql)
{
	read_tokens(p, sql);
	find_object(p, sql);
	p->has_mode = kind == DTS_DDL_CREATE_PROCEDURE || kind == DTS_DDL_CREATE_FUNCTION || kind == DTS_DDL_CREATE_TRIGGER ||
		      kind == DTS_DDL_CREATE_EVENT || kind == DTS_DDL_CREATE_PACKAGE;
	port_head(p);
	switch (kind) {
	case DTS_DDL_CREATE_DATABASE:
	case DTS_DDL_ALTER_DATABASE:
		port_database(p);
		break;
	case DTS_DDL_CREATE_TABLE:
		dts_schema_note_generated(sql, p->to, &p->ported->why);
		dts_port_table(p);
		break;
	case DTS_DDL_ALTER_TABLE:
		dts_port_alter_table(p);
		break;
	case DTS_DDL_CREATE_PROCEDURE:
	case DTS_DDL_CREATE_FUNCTION:
		port_routine(p);
		break;
	default:
		dts_port_words(p, p->body, p->count);
		break;
	}
	free(p->tokens);
}

int dts_schema_port(struct dts_buf *sql, enum dts_ddl_kind kind, unsigned flags, enum dts_family from,
		    enum dts_family to, struct dts_ported *ported)
{
	struct dts_buf plain = {0}, out = {0};
	size_t told = ported->why.count;

	flags |= from == DTS_MYSQL ? DTS_DDL_MYSQL : 0;
	dts_ddl_plain(dts_buf_slice(sql), flags, 0, &plain);
	if (from != to) {
		struct dts_port p = {.from = from, .to = to, .flags = flags, .ported = ported, .out = &out};
		port_statement(&p, kind, dts_buf_slice(&plain));
	} else {
		dts_buf_add_slice(&out, dts_buf_slice(&plain));
	}
	dts_buf_clear(sql);
	dts_buf_add_slice(sql, dts_buf_slice(&out));
	dts_buf_release(&out);
	dts_buf_release(&plain);
	return ported->why.count > told;
}

void dts_ported_clear(struct dts_ported *p)
{
	dts_list_release(&p->why);
	dts_list_release(&p->entries);
	dts_buf_clear(&p->by_hand);
	p->refused = false;
}

void dts_ported_release(struct dts_ported *p)
{
	dts_list_release(&p->why);
	dts_list_release(&p->entries);
	dts_buf_release(&p->by_hand);
}
