/* Taking keywords and names off the text. */
#include "ddl/parser.h"

bool dts_ddl_take(struct dts_ddl_parser *p, const char *keyword)
{
	if (!dts_sql_is(&p->scan, keyword))
		return false;
	dts_sql_next(&p->scan);
	return true;
}

bool dts_ddl_take_char(struct dts_ddl_parser *p, char c)
{
	if (!dts_sql_is_char(&p->scan, c))
		return false;
	dts_sql_next(&p->scan);
	return true;
}

struct dts_sql_scan dts_ddl_peek(const struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = p->scan;

	dts_sql_next(&next);
	return next;
}

bool dts_ddl_take_guard(struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = dts_ddl_peek(p);

	if (!dts_sql_is(&p->scan, "IF") || (!dts_sql_is(&next, "NOT") && !dts_sql_is(&next, "EXISTS")))
		return false;
	dts_sql_next(&p->scan);
	dts_ddl_take(p, "NOT");
	dts_ddl_take(p, "EXISTS");
	return true;
}

void dts_ddl_take_wait(struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = dts_ddl_peek(p);

	if (dts_sql_is(&p->scan, "WAIT") && next.type == DTS_SQL_NUMBER) {
		dts_sql_next(&p->scan);
		dts_sql_next(&p->scan);
	} else {
		dts_ddl_take(p, "NOWAIT");
	}
}

void dts_ddl_skip_to(struct dts_ddl_parser *p, const char *keyword)
{
	while (p->scan.type != DTS_SQL_END && !dts_sql_is(&p->scan, keyword))
		dts_sql_next(&p->scan);
}

static bool is_name(const struct dts_sql_scan *s)
{
	return s->type == DTS_SQL_WORD || s->type == DTS_SQL_QUOTED;
}

/* What the token means as a name. d->text does not move under the slices into
 * it: the first to need it makes room for all that may follow in the text. */
static struct dts_slice decoded(struct dts_ddl_parser *p)
{
	struct dts_slice text = dts_sql_text(&p->scan);
	struct dts_buf *b = &p->d->text;
	size_t start = b->len;

	if (p->scan.type != DTS_SQL_QUOTED)
		return text;
	/* The common case is the text itself, without its quotes. */
	if (text.len >= 2 && text.p[text.len - 1] == text.p[0] &&
	    !memchr(text.p + 1, text.p[0], text.len - 2))
		return dts_slice(text.p + 1, text.len - 2);
	if (start == 0)
		dts_buf_reserve(b, p->scan.sql.len - p->scan.at);
	dts_sql_decode(text, p->scan.flags, b);
	return dts_slice(b->data + start, b->len - start);
}

struct dts_ddl_object *dts_ddl_add_object(struct dts_ddl *d)
{
	if (d->count == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 8;
		d->objects = dts_realloc(d->objects, d->cap * sizeof(*d->objects));
	}
	d->objects[d->count] = (struct dts_ddl_object){0};
	return &d->objects[d->count++];
}

/* No grammar has two names side by side with nothing between them, and a name
 * that is written anew there would run into the other. */
static bool beside_backtick(struct dts_slice sql, struct dts_ddl_range r)
{
	return (r.at > 0 && sql.p[r.at - 1] == '`') ||
	       (r.at + r.len < sql.len && sql.p[r.at + r.len] == '`');
}

struct dts_ddl_object *dts_ddl_take_name(struct dts_ddl_parser *p, enum dts_ddl_type type,
					 enum dts_ddl_role role)
{
	struct dts_sql_scan *s = &p->scan;
	struct dts_ddl_object o = {.type = type, .role = role, .db = DTS_LIT("")};
	struct dts_ddl_object *added;
	size_t start = s->at;

	o.first_edge = s->edges;
	if (type != DTS_DDL_TYPE_DATABASE && dts_ddl_take_char(p, '.')) {
		/* ODBC's ".name" */
	} else if (is_name(s)) {
		struct dts_sql_scan next = dts_ddl_peek(p);

		if (type != DTS_DDL_TYPE_DATABASE && dts_sql_is_char(&next, '.')) {
			o.db = decoded(p);
			o.db_part = (struct dts_ddl_range){s->at, s->len};
			dts_sql_next(s);
			dts_sql_next(s);
		}
	}
	if (!is_name(s)) {
		p->failed = true;
		return NULL;
	}
	o.name = decoded(p);
	o.name_part = (struct dts_ddl_range){s->at, s->len};
	o.whole = (struct dts_ddl_range){start, s->at + s->len - start};
	o.last_edge = s->edges;
	if (beside_backtick(s->sql, o.whole)) {
		p->failed = true;
		return NULL;
	}
	dts_sql_next(s);
	if (dts_sql_is_char(s, '.')) { /* a name of three parts, which nothing has */
		p->failed = true;
		return NULL;
	}
	if (type == DTS_DDL_TYPE_DATABASE) {
		o.db = o.name;
		o.db_part = o.name_part;
		o.name = DTS_LIT("");
		o.name_part = (struct dts_ddl_range){0, 0};
	}
	added = dts_ddl_add_object(p->d);
	*added = o;
	return added;
}

void dts_ddl_take_label(struct dts_ddl_parser *p)
{
	if (!is_name(&p->scan)) {
		p->failed = true;
		return;
	}
	p->d->label = decoded(p);
	dts_sql_next(&p->scan);
}
