#include "checkpoint/above.h"

#include <stdlib.h>

#include "base/options.h"

/* "0-1-" and 6 of "0-1-6"; false: it does not end in a number. */
static bool split(struct dts_slice tx, struct dts_slice *prefix, uint64_t *number)
{
	size_t at = tx.len;

	while (at > 0 && tx.p[at - 1] >= '0' && tx.p[at - 1] <= '9')
		at--;
	*prefix = dts_slice(tx.p, at);
	return at < tx.len && dts_parse_u64(dts_slice(tx.p + at, tx.len - at), number) == 0;
}

/* --- writing */

void dts_run_ids_release(struct dts_run_ids *i)
{
	dts_buf_release(&i->text);
	dts_buf_release(&i->prefix);
}

void dts_run_ids_clear(struct dts_run_ids *i)
{
	dts_buf_clear(&i->text);
	i->open = false;
}

static void add_row(struct dts_buf *text, const struct dts_run_ids *i)
{
	dts_buf_adds(text, text->len > 0 && text->data[text->len - 1] != '[' ? ",\"" : "\"");
	dts_buf_add_slice(text, dts_buf_slice(&i->prefix));
	dts_buf_addu(text, i->first);
	if (i->last > i->first) {
		dts_buf_adds(text, "..");
		dts_buf_addu(text, i->last);
	}
	dts_buf_addc(text, '"');
}

void dts_run_ids_add(struct dts_run_ids *i, struct dts_slice tx)
{
	struct dts_slice prefix;
	uint64_t number;

	if (!split(tx, &prefix, &number))
		return;
	if (i->open && number == i->last + 1 && dts_slice_eq(prefix, dts_buf_slice(&i->prefix))) {
		i->last = number;
		return;
	}
	if (i->open)
		add_row(&i->text, i);
	i->open = true;
	i->first = i->last = number;
	dts_buf_clear(&i->prefix);
	dts_buf_add_slice(&i->prefix, prefix);
}

void dts_run_add(struct dts_buf *out, const struct dts_position *from, const struct dts_position *to, const struct dts_run_ids *ids)
{
	dts_buf_addc(out, '{');
	if (from->file[0]) {
		dts_buf_adds(out, "\"from\":");
		dts_position_add(out, from, false);
		dts_buf_adds(out, ",\"to\":");
		dts_position_add(out, to, false);
		dts_buf_addc(out, ',');
	}
	dts_buf_adds(out, "\"txs\":[");
	dts_buf_add_slice(out, dts_buf_slice(&ids->text));
	if (ids->open)
		add_row(out, ids);
	dts_buf_adds(out, "]}");
}

/* --- reading */

static void release_run(struct dts_above_run *r)
{
	dts_position_release(&r->from);
	dts_position_release(&r->to);
	dts_buf_release(&r->ids);
}

void dts_above_release(struct dts_above *a)
{
	for (size_t i = 0; i < a->count; i++)
		release_run(&a->runs[i]);
	free(a->runs);
	*a = (struct dts_above){0};
}

static int bad(struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "what a worker's mark says of transactions above the checkpoint cannot be read");
}

/* "0-1-6..9" */
static int read_ids(struct dts_buf *ids, struct dts_slice text, struct dts_error *err)
{
	struct dts_slice prefix;
	uint64_t first, last;
	size_t dots = text.len;

	while (dots > 1 && text.p[dots - 1] >= '0' && text.p[dots - 1] <= '9')
		dots--;
	bool row = dots > 1 && dots < text.len && text.p[dots - 1] == '.' && text.p[dots - 2] == '.';
	if (!split(row ? dts_slice(text.p, dots - 2) : text, &prefix, &first))
		return bad(err);
	last = first;
	if (row && dts_parse_u64(dts_slice(text.p + dots, text.len - dots), &last) < 0)
		return bad(err);
	dts_buf_add_slice(ids, prefix);
	dts_buf_addf(ids, " %llu %llu\n", (unsigned long long)first, (unsigned long long)last);
	return 0;
}

static int read_run(struct dts_above_run *r, struct dts_slice raw, struct dts_error *err)
{
	struct dts_json from = dts_json_get(raw, "from"), to = dts_json_get(raw, "to"), txs = dts_json_get(raw, "txs"), tx;
	struct dts_buf scratch = {0};
	int rc = 0;

	if (!from.raw.p != !to.raw.p || !txs.raw.p || txs.type != DTS_JSON_ARRAY)
		return bad(err);
	if (from.raw.p && (dts_position_parse(&r->from, from.raw, err) < 0 || dts_position_parse(&r->to, to.raw, err) < 0))
		return -1;
	struct dts_json_walk walk = dts_json_walk(txs.raw);
	while (rc == 0 && dts_json_element(&walk, &tx))
		rc = tx.type == DTS_JSON_STRING ? read_ids(&r->ids, dts_json_string(tx.raw, &scratch), err) : bad(err);
	dts_buf_release(&scratch);
	return rc;
}

/* The next line of a run's GTIDs; false: there is none. */
static bool next_ids(const struct dts_buf *ids, size_t *at, struct dts_slice *prefix, uint64_t *first, uint64_t *last)
{
	char *end;

	if (*at >= ids->len)
		return false;
	const char *line = ids->data + *at, *eol = memchr(line, '\n', ids->len - *at), *space = memchr(line, ' ', (size_t)(eol - line));
	*prefix = dts_slice(line, (size_t)(space - line));
	*first = strtoull(space + 1, &end, 10);
	*last = strtoull(end + 1, NULL, 10);
	*at = (size_t)(eol + 1 - ids->data);
	return true;
}

/* Are all of its transactions in the GTID position? */
static bool are_in(const struct dts_above_run *r, const struct dts_gtids *gtids)
{
	struct dts_slice prefix;
	struct dts_buf text = {0};
	struct dts_gtid gtid;
	uint64_t first, last;
	bool in = dts_gtids_known(gtids);

	for (size_t at = 0; in && next_ids(&r->ids, &at, &prefix, &first, &last);)
		for (uint64_t n = first; in && n <= last; n++) {
			dts_buf_clear(&text);
			dts_buf_add_slice(&text, prefix);
			dts_buf_addu(&text, n);
			in = dts_gtid_parse(&gtid, dts_buf_slice(&text)) && dts_gtids_contain(gtids, &gtid);
		}
	dts_buf_release(&text);
	return in;
}

static bool has_passed(const struct dts_above_run *r, const struct dts_position *low)
{
	if (!r->to.file[0])
		return are_in(r, &low->gtid);
	return low->file[0] && dts_position_compare(&r->to, low) <= 0;
}

int dts_above_read(struct dts_above *a, struct dts_slice text, const struct dts_position *low, struct dts_error *err)
{
	struct dts_json run;
	int rc = 0;

	if (text.len == 0)
		return 0;
	if (dts_json_check(text, err) < 0 || text.p[0] != '[')
		return bad(err);
	struct dts_json_walk walk = dts_json_walk(text);
	while (rc == 0 && dts_json_element(&walk, &run)) {
		struct dts_above_run r = {0};
		rc = run.type == DTS_JSON_OBJECT ? read_run(&r, run.raw, err) : bad(err);
		if (rc < 0 || has_passed(&r, low)) {
			release_run(&r);
			continue;
		}
		if (a->count == a->cap) {
			a->cap = a->cap ? a->cap * 2 : 8;
			a->runs = dts_realloc(a->runs, a->cap * sizeof *a->runs);
		}
		a->runs[a->count++] = r;
	}
	return rc;
}

static bool has_id(const struct dts_above_run *r, struct dts_slice tx)
{
	struct dts_slice prefix, its;
	uint64_t number, first, last;
	bool found = false;

	if (!split(tx, &its, &number))
		return false;
	for (size_t at = 0; !found && next_ids(&r->ids, &at, &prefix, &first, &last);)
		found = dts_slice_eq(prefix, its) && number >= first && number <= last;
	return found;
}

bool dts_above_has(const struct dts_above *a, const struct dts_position *begin, struct dts_slice tx)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct dts_above_run *r = &a->runs[i];
		if (!r->from.file[0] ? has_id(r, tx)
				     : dts_position_compare(begin, &r->from) >= 0 && dts_position_compare(begin, &r->to) < 0)
			return true;
	}
	return false;
}

void dts_above_pass(struct dts_above *a, const struct dts_position *low)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (!has_passed(&a->runs[i], low))
			a->runs[kept++] = a->runs[i];
		else
			release_run(&a->runs[i]);
	}
	a->count = kept;
}

int dts_above_forget_files(struct dts_above *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->runs[i].ids.len == 0)
			return -1;
	for (size_t i = 0; i < a->count; i++) {
		dts_position_release(&a->runs[i].from);
		dts_position_release(&a->runs[i].to);
	}
	return 0;
}

static void add_ids(struct dts_run_ids *ids, const struct dts_buf *lines)
{
	struct dts_slice prefix;
	uint64_t first, last;

	for (size_t at = 0; next_ids(lines, &at, &prefix, &first, &last); ids->open = true) {
		if (ids->open)
			add_row(&ids->text, ids);
		dts_buf_clear(&ids->prefix);
		dts_buf_add_slice(&ids->prefix, prefix);
		ids->first = first;
		ids->last = last;
	}
}

void dts_above_add(struct dts_buf *out, const struct dts_above *a)
{
	struct dts_run_ids ids = {0};

	dts_buf_addc(out, '[');
	for (size_t i = 0; i < a->count; i++) {
		dts_run_ids_clear(&ids);
		add_ids(&ids, &a->runs[i].ids);
		dts_buf_adds(out, i ? "," : "");
		dts_run_add(out, &a->runs[i].from, &a->runs[i].to, &ids);
	}
	dts_buf_addc(out, ']');
	dts_run_ids_release(&ids);
}
