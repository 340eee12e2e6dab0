#include "apply/exception.h"

#include <stdlib.h>

#include "apply/state.h"
#include "base/input.h"

void dts_exceptions_release(struct dts_exceptions *e)
{
	for (size_t i = 0; i < e->count; i++) {
		dts_buf_release(&e->items[i].tx);
		dts_buf_release(&e->items[i].records);
	}
	free(e->items);
	*e = (struct dts_exceptions){0};
}

struct dts_exception *dts_exceptions_find(const struct dts_exceptions *e, struct dts_slice tx)
{
	for (size_t i = 0; i < e->count; i++)
		if (dts_slice_eq(dts_buf_slice(&e->items[i].tx), tx))
			return &e->items[i];
	return NULL;
}

/* --- the files */

/* What may come next in a file. */
struct reading {
	struct dts_exception *e;
	struct dts_record record;
	bool begun, ended, has_ddl;
};

static int check_place(const struct reading *f, struct dts_error *err)
{
	const struct dts_record *r = &f->record;
	const struct dts_slice tx = dts_buf_slice(&f->e->tx);
	bool frames = r->op == DTS_OP_BEGIN || r->op == DTS_OP_COMMIT;

	if (r->tx.p && !dts_slice_eq(r->tx, tx))
		return dts_fail(err, DTS_BAD_INPUT, "a record of transaction '%.*s', where '%.*s' is replaced", (int)r->tx.len, r->tx.p,
				(int)tx.len, tx.p);
	if (f->ended || (r->op == DTS_OP_BEGIN && (f->begun || f->e->records.len > 0)) || (r->op == DTS_OP_COMMIT && r->xid.p))
		return dts_fail(err, DTS_BAD_INPUT, "op '%s' cannot stand here: the file holds one transaction", dts_op_name(r->op));
	if (r->op == DTS_OP_DDL && f->e->records.len > 0)
		return dts_fail(err, DTS_BAD_INPUT, "a ddl record must be the first of its transaction, and the only one");
	if (!frames && r->op != DTS_OP_SCHEMA && r->op != DTS_OP_DDL && r->op != DTS_OP_SETVAL && !dts_op_is_change(r->op))
		return dts_fail(err, DTS_BAD_INPUT, "op '%s' cannot replace a transaction: changes do", dts_op_name(r->op));
	return 0;
}

static int take_line(struct reading *f, struct dts_slice line, struct dts_error *err)
{
	if (dts_record_parse(&f->record, line, err) < 0 || check_place(f, err) < 0)
		return -1;
	switch (f->record.op) {
	case DTS_OP_BEGIN:
		f->begun = true;
		return 0;
	case DTS_OP_COMMIT:
		f->ended = true;
		return 0;
	case DTS_OP_SCHEMA:
		return 0;
	default:
		dts_buf_add_slice(&f->e->records, line);
		dts_buf_addc(&f->e->records, '\n');
		return 0;
	}
}

static int read_file(struct dts_exception *e, const char *path, struct dts_error *err)
{
	struct reading f = {.e = e};
	struct dts_slice line;
	uint64_t number = 0;
	int rc;

	if (strcmp(path, "-") == 0)
		return dts_fail(err, DTS_USAGE, "--replace-tx: the records are read from a file");
	struct dts_input *in = dts_input_open(path, DTS_RECORD_MAX, err);
	if (!in)
		return -1;
	dts_record_init(&f.record);
	while ((rc = dts_input_line(in, &line, err)) > 0) {
		number++;
		if (take_line(&f, line, err) < 0) {
			rc = dts_where(err, "%s:%llu", path, (unsigned long long)number);
			break;
		}
	}
	if (rc == 0 && f.begun && !f.ended)
		rc = dts_fail(err, DTS_BAD_INPUT, "%s: the commit of transaction '%s' is missing", path, dts_buf_text(&e->tx));
	if (rc == 0 && e->records.len == 0) {
		rc = dts_fail(err, DTS_BAD_INPUT, "%s: no change in it", path);
		dts_hint(err, "--skip-tx=%s leaves the transaction out", dts_buf_text(&e->tx));
	}
	dts_record_release(&f.record);
	dts_input_close(in);
	return rc;
}

static struct dts_exception *add(struct dts_exceptions *e, const char *option, struct dts_slice tx, struct dts_error *err)
{
	if (tx.len == 0) {
		dts_fail(err, DTS_USAGE, "%s: no transaction is named", option);
		return NULL;
	}
	if (dts_exceptions_find(e, tx)) {
		dts_fail(err, DTS_USAGE, "%s: transaction '%.*s' is named twice", option, (int)tx.len, tx.p);
		return NULL;
	}
	struct dts_exception *x = &e->items[e->count++];
	dts_buf_add_slice(&x->tx, tx);
	return x;
}

int dts_exceptions_read(struct dts_exceptions *e, const struct dts_list *skip, const struct dts_list *replace,
			struct dts_error *err)
{
	size_t skips = skip ? skip->count : 0, replaces = replace ? replace->count : 0;

	e->items = dts_zalloc(skips + replaces + 1, sizeof *e->items);
	for (size_t i = 0; i < skips; i++)
		if (!add(e, "--skip-tx", dts_slice_of(skip->items[i]), err))
			return -1;
	for (size_t i = 0; i < replaces; i++) {
		const char *text = replace->items[i], *equals = strchr(text, '=');
		if (!equals || !equals[1])
			return dts_fail(err, DTS_USAGE, "--replace-tx=%s is not ID=FILE", text);
		struct dts_exception *x = add(e, "--replace-tx", dts_slice(text, (size_t)(equals - text)), err);
		if (!x || read_file(x, equals + 1, err) < 0)
			return -1;
		x->replaces = true;
	}
	return 0;
}

/* --- in the stream */

int dts_exception_fill(struct dts_applier *a, uint64_t line, struct dts_error *err)
{
	const struct dts_buf *records = &a->tx_exception->records;
	const char *p = records->data, *end = p + records->len;

	for (uint64_t n = 1; p < end; n++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		/* What is wrong with it is told by the place of the transaction that it replaces. */
		struct dts_spill_entry e = {.line = line, .n = n, .text = dts_slice(p, (size_t)(eol - p))};
		if (dts_record_parse(&a->again, e.text, err) < 0)
			return -1;
		if (a->again.op == DTS_OP_DDL)
			a->tx_has_ddl = true;
		else if (dts_known_change(a, &a->again, err) < 0)
			return -1;
		if (dts_spill_add(&a->log, &e, err) < 0)
			return -1;
		p = eol + 1;
	}
	a->tx_exception->met = true;
	return 0;
}

int dts_exception_plan(struct dts_applier *a, const struct dts_exception *e, struct dts_slice tx, struct dts_error *err)
{
	size_t at = a->plan.sql.len;

	dts_checkpoint_add_exception(&a->checkpoint, dts_buf_slice(&a->src), tx, e->replaces ? "replaced" : "skipped",
				     a->options.reason, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = 1});
	return a->passed_ddl.len > 0 ? dts_ddl_plan_passed(a, dts_buf_slice(&a->passed_ddl), err) : 0;
}

int dts_exceptions_tell(struct dts_applier *a, struct dts_error *err)
{
	for (size_t i = 0; i < a->exceptions.count; i++) {
		struct dts_exception *e = &a->exceptions.items[i];
		int rc = e->met ? 1 : a->options.print ? 0 : dts_checkpoint_has_exception(&a->checkpoint, dts_buf_slice(&e->tx), err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			dts_applier_notice(a, "warning: transaction '%s', which was to be %s, did not come", dts_buf_text(&e->tx),
					   e->replaces ? "replaced" : "skipped");
	}
	return 0;
}
