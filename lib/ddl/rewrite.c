/*
 * Choosing and renaming. First every object is asked about, then the answers
 * are weighed for the kind of statement, then the text is copied with names
 * exchanged and list items left out.
 */
#include "ddl/body.h"
#include "mysql/quote.h"

struct rewrite {
	struct dts_ddl *d;
	struct dts_slice sql, default_db;
	struct dts_buf *out;
	struct dts_error *err;
	bool changed; /* some name is written anew, so all are written in full */
	bool bodies;  /* queries and programs are read */
	unsigned flags;
};

static struct dts_slice db_of(const struct rewrite *r, const struct dts_ddl_object *o)
{
	return o->db.len > 0 ? o->db : r->default_db;
}

static struct dts_slice routed(const struct dts_ddl *d, struct dts_ddl_range part)
{
	return dts_slice(dts_buf_slice(&d->routed).p + part.at, part.len);
}

static struct dts_ddl_range copy_routed(struct dts_ddl *d, struct dts_slice name)
{
	struct dts_ddl_range part = {d->routed.len, name.len};

	dts_buf_add_slice(&d->routed, name);
	return part;
}

static void plan(struct rewrite *r, struct dts_ddl_object *o, bool keep, struct dts_slice db, struct dts_slice name)
{
	o->keep = keep;
	o->changed = !dts_slice_eq(db, db_of(r, o)) || !dts_slice_eq(name, o->name);
	o->new_db = copy_routed(r->d, db);
	o->new_name = copy_routed(r->d, name);
}

static int ambiguous(struct rewrite *r, const char *why)
{
	return dts_fail(r->err, DTS_BAD_INPUT, "cannot choose in '%.*s%s': %s",
			(int)(r->sql.len < 200 ? r->sql.len : 200), r->sql.p,
			r->sql.len < 200 ? "" : "...", why);
}

/* "`db`.`name`" of an object, for messages. */
static const char *shown(const struct rewrite *r, const struct dts_ddl_object *o, struct dts_buf *b)
{
	dts_buf_clear(b);
	dts_buf_add_slice(b, db_of(r, o));
	if (o->name.len > 0)
		dts_buf_addc(b, '.');
	dts_buf_add_slice(b, o->name);
	return dts_buf_text(b);
}

static int moves(struct rewrite *r, const struct dts_ddl_object *from, const struct dts_ddl_object *to, const char *how)
{
	struct dts_buf a = {0}, b = {0};

	dts_fail(r->err, DTS_BAD_INPUT, "%s: %s %s (%sselected) %s %s (%sselected)",
		 dts_ddl_kind_name(r->d->kind), dts_ddl_type_name(from->type),
		 shown(r, from, &a), from->keep ? "" : "not ",
		 how, shown(r, to, &b), to->keep ? "" : "not ");
	dts_hint(r->err, "select both or neither, or bring the target to the same state by hand");
	dts_buf_release(&a);
	dts_buf_release(&b);
	return -1;
}

/* A created trigger goes where its table goes. */
static int ask_trigger(struct rewrite *r, dts_ddl_choose *choose, void *ctx)
{
	struct dts_ddl *d = r->d;
	struct dts_ddl_object *o = &d->objects[0];
	const struct dts_ddl_object *table = &d->objects[1];
	struct dts_ddl_choice c = {.keep = true, .db = db_of(r, o), .name = o->name};
	struct dts_buf db = {0};

	if (r->bodies && choose(ctx, o->type, db_of(r, o), o->name, &c, r->err) != 0)
		return -1;
	dts_buf_add_slice(&db, routed(d, table->new_db));
	plan(r, o, table->keep && c.keep, dts_buf_slice(&db), o->name);
	dts_buf_release(&db);
	return 0;
}

/* Asks about all objects. */
static int ask(struct rewrite *r, dts_ddl_choose *choose, void *ctx, enum dts_ddl_verdict *verdict)
{
	struct dts_ddl *d = r->d;

	dts_buf_clear(&d->routed);
	for (size_t i = 0; i < d->count; i++) {
		struct dts_ddl_object *o = &d->objects[i];
		struct dts_ddl_choice c = {.keep = true, .db = db_of(r, o), .name = o->name};

		if (c.db.len == 0)
			return ambiguous(r, "there is no default database");
		if (d->kind == DTS_DDL_CREATE_TRIGGER && o->role == DTS_DDL_TARGET)
			continue;
		if (choose(ctx, o->type, db_of(r, o), o->name, &c, r->err) != 0) {
			*verdict = DTS_DDL_FAILED;
			return -1;
		}
		plan(r, o, c.keep, c.db, c.name);
	}
	if (d->kind == DTS_DDL_CREATE_TRIGGER && ask_trigger(r, choose, ctx) != 0) {
		*verdict = DTS_DDL_FAILED;
		return -1;
	}
	return 0;
}

/* Does the statement stay, go, or can that not be said? */
static int weigh(struct rewrite *r, enum dts_ddl_verdict *verdict)
{
	const struct dts_ddl *d = r->d;
	const struct dts_ddl_object *o = d->objects;
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (o[i].role == DTS_DDL_TARGET)
			kept += o[i].keep;
		else if (o[i].role == DTS_DDL_NEW) {
			/* Behind its target, though not always directly: ADD ...
			 * REFERENCES may stand between in ALTER TABLE. */
			const struct dts_ddl_object *old = d->list ? &o[i - 1] : &o[0];

			if (old->keep != o[i].keep)
				return moves(r, old, &o[i], "becomes");
		} else if (o[i].role == DTS_DDL_EXCHANGED && o[0].keep != o[i].keep) {
			return moves(r, &o[0], &o[i], "exchanges rows with");
		}
	}
	if (kept == 0) {
		*verdict = DTS_DDL_DROPPED;
		return 0;
	}
	for (size_t i = 0; i < d->count; i++)
		if (o[i].role == DTS_DDL_LIKE && !o[i].keep)
			return moves(r, &o[0], &o[i], "takes its columns from");
	return 0;
}

static bool leaves(const struct dts_ddl *d, const struct dts_ddl_object *o)
{
	return d->list && o->role == DTS_DDL_TARGET && !o->keep;
}

/* Is there anything to write anew, and can it be? */
static int examine(struct rewrite *r, bool *shorten)
{
	const struct dts_ddl *d = r->d;
	unsigned edge = 0;

	*shorten = false;
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];

		r->changed |= o->changed && !leaves(d, o);
		*shorten |= leaves(d, o);
		if (o->role == DTS_DDL_TARGET && i == 0)
			edge = o->first_edge;
	}
	if (!r->changed && !*shorten)
		return 0;
	if (r->changed && d->body && !r->bodies)
		return ambiguous(r, "it would be renamed, but its text may name other objects that are renamed too");
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];

		if (o->first_edge != o->last_edge || (*shorten && o->last_edge != edge))
			return ambiguous(r, "an executable comment begins or ends between the names");
	}
	return 0;
}

static void add_name(struct rewrite *r, const struct dts_ddl_object *o)
{
	struct dts_slice db = routed(r->d, o->new_db);

	if (o->type == DTS_DDL_TYPE_DATABASE) {
		/* An omitted name stands directly behind a keyword. */
		if (o->whole.len == 0)
			dts_buf_addc(r->out, ' ');
		dts_sql_ident(r->out, db);
		return;
	}
	dts_sql_table(r->out, db, routed(r->d, o->new_name));
}

/* Copies the text from `at` to `end` with the names that lie in it. */
static void copy(struct rewrite *r, size_t at, size_t end)
{
	for (size_t i = 0; i < r->d->count; i++) {
		const struct dts_ddl_object *o = &r->d->objects[i];
		bool unsafe = o->changed || (r->changed && o->db_part.len == 0);

		if (!unsafe || o->whole.at < at || o->whole.at + o->whole.len > end)
			continue;
		dts_buf_add(r->out, r->sql.p + at, o->whole.at - at);
		add_name(r, o);
		at = o->whole.at + o->whole.len;
	}
	dts_buf_add(r->out, r->sql.p + at, end - at);
}

/* Copies a list without the items that are not selected. */
static void copy_list(struct rewrite *r)
{
	const struct dts_ddl *d = r->d;
	const struct dts_ddl_object *o = d->objects, *last = &o[d->count - 1];
	const char *comma = "";

	copy(r, 0, o[0].whole.at);
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *end = &o[i];

		if (o[i].role != DTS_DDL_TARGET || !o[i].keep)
			continue;
		if (i + 1 < d->count && o[i + 1].role == DTS_DDL_NEW)
			end = &o[i + 1];
		dts_buf_adds(r->out, comma);
		copy(r, o[i].whole.at, end->whole.at + end->whole.len);
		comma = ", ";
	}
	copy(r, last->whole.at + last->whole.len, r->sql.len);
}

/* Is it a view or a program, whose text behind its name can be read? */
static bool has_body(const struct dts_ddl *d)
{
	return d->body && d->kind >= DTS_DDL_CREATE_VIEW && d->kind <= DTS_DDL_DROP_EVENT;
}

/* Behind the name of the object, and of the table of a trigger. */
static size_t body_start(const struct dts_ddl *d)
{
	const struct dts_ddl_range *last = &d->objects[d->count - 1].whole;

	return last->at + last->len;
}

/* The body, under the new names. 1: it is another; 0, -1. */
static int rewrite_body(struct rewrite *r, dts_ddl_choose *choose, void *ctx, bool sequences, struct dts_buf *out)
{
	struct dts_ddl *d = r->d;
	const struct dts_ddl_object *o = &d->objects[0];
	struct dts_buf what = {0}, name = {0}, db = {0};
	struct dts_body_rewrite w = {.sql = r->sql, .flags = r->flags, .sequences = sequences, .choose = choose, .ctx = ctx};
	int rc;

	w.query = sequences || d->kind == DTS_DDL_CREATE_VIEW || d->kind == DTS_DDL_ALTER_VIEW;
	w.from = sequences ? o->whole.at + o->whole.len : body_start(d);
	w.db = db_of(r, o);
	if (sequences)
		dts_buf_add_slice(&db, w.db);
	else
		dts_buf_add_slice(&db, routed(d, o->new_db));
	w.new_db = dts_buf_slice(&db);
	dts_buf_addf(&what, "%s '%s'", dts_ddl_kind_name(d->kind), shown(r, o, &name));
	w.what = dts_buf_slice(&what);
	rc = dts_body_rewrite(&w, out, r->err);
	dts_buf_release(&what);
	dts_buf_release(&name);
	dts_buf_release(&db);
	return rc;
}

static int rewrite(struct rewrite *r, dts_ddl_choose *choose, void *ctx, enum dts_ddl_verdict *verdict)
{
	struct dts_ddl *d = r->d;
	struct dts_buf body = {0};
	bool shorten;
	int rc = 0;

	*verdict = DTS_DDL_AMBIGUOUS;
	if (d->kind == DTS_DDL_UNKNOWN)
		return ambiguous(r, "the statement is not understood");
	if (d->kind == DTS_DDL_DML)
		return ambiguous(r, "rows are changed by a statement");
	if (d->count > 0 && ask(r, choose, ctx, verdict) != 0)
		return -1;
	if (d->count == 0) {
		*verdict = DTS_DDL_AS_IS;
		return 0;
	}
	if (weigh(r, verdict) != 0)
		return -1;
	if (*verdict == DTS_DDL_DROPPED)
		return 0;
	if (examine(r, &shorten) != 0)
		return -1;
	if (r->bodies && has_body(d))
		rc = rewrite_body(r, choose, ctx, false, &body);
	if (rc < 0) {
		dts_buf_release(&body);
		return -1;
	}
	*verdict = DTS_DDL_REWRITTEN;
	if (rc > 0) {
		copy(r, 0, body_start(d));
		dts_buf_add_slice(r->out, dts_buf_slice(&body));
	} else if (shorten) {
		copy_list(r);
	} else if (r->changed) {
		copy(r, 0, r->sql.len);
	} else {
		*verdict = DTS_DDL_AS_IS;
	}
	dts_buf_release(&body);
	return 0;
}

int dts_ddl_rewrite(struct dts_ddl *d, struct dts_slice sql, struct dts_slice default_db,
		    dts_ddl_choose *choose, void *ctx, struct dts_buf *out,
		    enum dts_ddl_verdict *verdict, struct dts_error *err)
{
	struct rewrite r = {.d = d, .sql = sql, .default_db = default_db, .out = out, .err = err};

	return rewrite(&r, choose, ctx, verdict);
}

/* The sequences of a table's defaults stand where no name is looked for: the text with their new names comes first. */
static int rewrite_table(struct rewrite *r, dts_ddl_choose *choose, void *ctx, enum dts_ddl_verdict *verdict)
{
	struct dts_buf text = {0};
	size_t start = r->out->len, head;
	int rc;

	*verdict = DTS_DDL_AMBIGUOUS;
	head = r->d->objects[0].whole.at + r->d->objects[0].whole.len;
	dts_buf_add(&text, r->sql.p, head);
	rc = rewrite_body(r, choose, ctx, true, &text);
	if (rc > 0) {
		r->sql = dts_buf_slice(&text);
		dts_ddl_parse(r->d, r->sql, r->flags);
	}
	if (rc >= 0 && rewrite(r, choose, ctx, verdict) < 0)
		rc = -1;
	if (rc > 0 && *verdict == DTS_DDL_AS_IS) {
		dts_buf_add_slice(r->out, r->sql);
		*verdict = DTS_DDL_REWRITTEN;
	}
	if (rc < 0)
		r->out->len = start;
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

int dts_ddl_rewrite_bodies(struct dts_ddl *d, struct dts_slice sql, unsigned flags, struct dts_slice default_db,
			   dts_ddl_choose *choose, void *ctx, struct dts_buf *out,
			   enum dts_ddl_verdict *verdict, struct dts_error *err)
{
	struct rewrite r = {.d = d, .sql = sql, .default_db = default_db, .out = out, .err = err, .bodies = true, .flags = flags};

	if (d->kind == DTS_DDL_CREATE_TABLE || d->kind == DTS_DDL_ALTER_TABLE)
		return rewrite_table(&r, choose, ctx, verdict);
	return rewrite(&r, choose, ctx, verdict);
}
