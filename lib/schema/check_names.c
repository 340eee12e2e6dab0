#include "schema/check_names.h"

#include "ddl/definitions.h"
#include "ddl/scan.h"

/* Was a check of this name before it? It is from now on. */
static bool is_taken(struct dts_map *seen, struct dts_slice db, struct dts_slice quoted, struct dts_buf *name)
{
	static char yes;
	struct dts_buf folded = {0}, key = {0};

	dts_buf_clear(name);
	dts_sql_decode(quoted, 0, name);
	dts_definitions_fold(&folded, dts_buf_slice(name)); /* names that differ in letter case only are one */
	bool taken = dts_map_set(seen, dts_map_pair(&key, db, dts_buf_slice(&folded)), &yes) != NULL;
	dts_buf_release(&folded);
	dts_buf_release(&key);
	return taken;
}

static void tell(struct dts_slice name, struct dts_ported *told)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "check `%.*s`: another table's check has the name, which MySQL takes once in a database: it gives another one",
		     (int)name.len, name.p);
	dts_list_add(&told->why, dts_buf_text(&line));
	dts_buf_release(&line);
}

void dts_check_names(struct dts_buf *sql, struct dts_slice db, struct dts_map *seen, struct dts_ported *told)
{
	struct dts_slice text = dts_buf_slice(sql), quoted = {0};
	struct dts_buf out = {0}, name = {0};
	struct dts_sql_scan s;
	size_t done = 0, constraint = 0;
	bool named = false; /* CONSTRAINT is the token before */
	int depth = 0;

	for (dts_sql_start(&s, text, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (quoted.p && dts_sql_is(&s, "CHECK") && is_taken(seen, db, quoted, &name)) {
			dts_buf_add(&out, text.p + done, constraint - done);
			done = s.at;
			tell(dts_buf_slice(&name), told);
		}
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		quoted = named && s.type == DTS_SQL_QUOTED ? dts_sql_text(&s) : (struct dts_slice){0};
		named = depth == 1 && dts_sql_is(&s, "CONSTRAINT");
		if (named)
			constraint = s.at;
	}
	if (done > 0) {
		dts_buf_add(&out, text.p + done, text.len - done);
		dts_buf_clear(sql);
		dts_buf_add_slice(sql, dts_buf_slice(&out));
	}
	dts_buf_release(&out);
	dts_buf_release(&name);
}
