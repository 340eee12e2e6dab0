#include "binlog/online.h"
#include "ddl/online.h"
#include "ddl/port.h"

#include "unit.h"

/* "part:table" of all that a name may be. */
static const char *names(const char *name)
{
	static const char *const parts[] = {[DTS_ONLINE_LOG] = "log", [DTS_ONLINE_NEW] = "new", [DTS_ONLINE_RETIRED] = "retired"};
	static struct dts_buf out;
	struct dts_online_name may[DTS_ONLINE_NAMES];
	size_t count = dts_online_names(dts_slice_of(name), may);

	dts_buf_clear(&out);
	for (size_t i = 0; i < count; i++)
		dts_buf_addf(&out, "%s%s:%.*s%s", i ? " " : "", parts[may[i].part], (int)may[i].table.len, may[i].table.p,
			     may[i].by_triggers ? "*" : "");
	return dts_buf_text(&out);
}

static void test_names(void)
{
	CHECK_STR("new:t", names("_t_gho"));
	CHECK_STR("log:t", names("_t_ghc"));
	CHECK_STR("retired:t", names("_t_del"));
	CHECK_STR("retired:t_20260131103100 retired:t", names("_t_20260131103100_del"));
	CHECK_STR("retired:t_2026013110310x", names("_t_2026013110310x_del"));
	CHECK_STR("new:a_b_c", names("_a_b_c_gho"));
	CHECK_STR("new:t*", names("_t_new"));
	CHECK_STR("new:__t* new:_t* new:t*", names("___t_new"));
	CHECK_STR("retired:_t* retired:t*", names("__t_old"));
	CHECK_STR("new:_*", names("___new"));
	CHECK_STR("new:_t", names("__t_gho"));
	for (const char *const *none = (const char *const[]){"", "_", "_gho", "__gho", "t_gho", "_t_ghost", "_t", "_t_GHO", "_new", "__new", NULL}; *none; none++)
		CHECK_STR("", names(*none));
	CHECK(dts_online_is(DTS_LIT("_t_del"), DTS_ONLINE_RETIRED, DTS_LIT("t")));
	CHECK(!dts_online_is(DTS_LIT("_t_del"), DTS_ONLINE_NEW, DTS_LIT("t")));
	CHECK(dts_online_is_trigger(DTS_LIT("pt_osc_shop_t_ins")));
	CHECK(!dts_online_is_trigger(DTS_LIT("pt_osc_")));
}

static void test_state(void)
{
	struct dts_online a = {.mode = DTS_ONLINE_HIDE}, b = {.mode = DTS_ONLINE_HIDE};
	const struct dts_slice db = DTS_LIT("d\"b"), t = DTS_LIT("t");
	struct dts_buf out = {0}, again = {0};

	dts_online_add(&a, db, t, &out);
	CHECK_STR("", dts_buf_text(&out));
	dts_online_hide(&a, db, DTS_LIT("_t_ghc"), t, DTS_ONLINE_LOG, false);
	struct dts_online_table *n = dts_online_hide(&a, db, DTS_LIT("_t_new"), t, DTS_ONLINE_NEW, true);
	dts_online_hide(&a, db, DTS_LIT("_u_new"), DTS_LIT("u"), DTS_ONLINE_NEW, true);
	for (int i = 0; i < 2; i++) /* the same once */
		dts_online_add_statement(n, db, DTS_LIT("ALTER TABLE `_t_new` ADD \"c\" int"), DTS_LIT("{\"timestamp\":1}"));
	dts_online_note_triggers(&a, db, t);
	dts_online_add(&a, db, t, &out);
	CHECK_STR("[{\"table\":\"_t_ghc\",\"part\":\"log\"},{\"table\":\"_t_new\",\"part\":\"new\",\"triggers\":true,\"ddl\":"
		  "[{\"db\":\"d\\\"b\",\"sql\":\"ALTER TABLE `_t_new` ADD \\\"c\\\" int\",\"context\":{\"timestamp\":1}}]}]",
		  dts_buf_text(&out));
	CHECK(!dts_online_selects(&a, NULL, db, DTS_LIT("_t_new")));
	CHECK(dts_online_selects(&a, NULL, db, DTS_LIT("_t_old")));
	CHECK(dts_online_selects(&a, NULL, DTS_LIT("d"), DTS_LIT("_t_new")));
	/* What was told is taken in again. */
	dts_online_take(&b, db, t, dts_buf_slice(&out));
	dts_online_add(&b, db, t, &again);
	CHECK_STR(dts_buf_text(&out), dts_buf_text(&again));
	CHECK(dts_online_has(&b, db, t, DTS_ONLINE_NEW));
	dts_online_forget(&b, dts_online_find(&b, db, DTS_LIT("_t_new")));
	CHECK(!dts_online_has(&b, db, t, DTS_ONLINE_NEW));
	/* Text of another's making harms nobody. */
	dts_online_take(&b, db, t, DTS_LIT("[1,{},{\"table\":1},{\"table\":\"_t_gho\",\"part\":\"new\",\"ddl\":[{\"sql\":1}]}]"));
	CHECK(dts_online_find(&b, db, DTS_LIT("_t_gho"))->statements.len == 0);
	dts_online_release(&a);
	dts_online_release(&b);
	dts_buf_release(&out);
	dts_buf_release(&again);
}

static void test_copied(void)
{
	static const struct {
		const char *sql;
		bool fills;
	} cases[] = {
		{"ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 7, MODIFY d datetime DEFAULT now()", false},
		{"ALTER TABLE t ADD c datetime DEFAULT CURRENT_TIMESTAMP", true},
		{"ALTER TABLE t ADD c datetime ON UPDATE NOW(3)", true},
		{"ALTER TABLE t ADD (a int, c timestamp(3) DEFAULT CURRENT_TIMESTAMP(3))", true},
		{"ALTER TABLE t ADD c int DEFAULT (a + 1)", true},
		{"ALTER TABLE t ADD c varchar(9) DEFAULT upper('x')", true},
		{"ALTER TABLE t ADD c varchar(9) DEFAULT 'now()' COMMENT 'CURRENT_TIMESTAMP', DROP COLUMN d", false},
		{"ALTER TABLE t ADD `now` int DEFAULT -1, ADD c timestamp NULL DEFAULT NULL", false},
		{"ALTER TABLE t ADD INDEX (a), CHANGE x y datetime ON UPDATE CURRENT_TIMESTAMP", false},
	};
	struct dts_ddl d = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK(dts_ddl_fills_by_copy(dts_slice_of(cases[i].sql), 0, false) == cases[i].fills);
	CHECK(dts_ddl_fills_by_copy(DTS_LIT("ALTER TABLE t ADD c timestamp"), 0, true));
	CHECK(!dts_ddl_fills_by_copy(DTS_LIT("ALTER TABLE t MODIFY c timestamp"), 0, true));
	for (const char *const *sql = (const char *const[]){"alter /* gh-ost */ table `d`.`_t_gho` AUTO_INCREMENT=500",
							    "ALTER TABLE t auto_increment 5;", NULL}; *sql; sql++) {
		dts_ddl_parse(&d, dts_slice_of(*sql), 0);
		CHECK(dts_ddl_sets_counter(&d, dts_slice_of(*sql), 0));
	}
	for (const char *const *sql = (const char *const[]){"ALTER TABLE t AUTO_INCREMENT=5, ADD c int", "ALTER TABLE t ADD c int AUTO_INCREMENT",
							    "CREATE TABLE t (a int) AUTO_INCREMENT=5", "ALTER TABLE t", NULL}; *sql; sql++) {
		dts_ddl_parse(&d, dts_slice_of(*sql), 0);
		CHECK(!dts_ddl_sets_counter(&d, dts_slice_of(*sql), 0));
	}
	dts_ddl_release(&d);
}

static const char *disabled(const char *sql)
{
	static struct dts_buf out;
	struct dts_ddl d = {0};

	dts_buf_clear(&out);
	dts_ddl_parse(&d, dts_slice_of(sql), 0);
	bool is = dts_ddl_disable_event(&d, dts_slice_of(sql), 0, &out);
	dts_ddl_release(&d);
	return is ? dts_buf_text(&out) : "-";
}

static void test_events(void)
{
	CHECK_STR("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DO 1", disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DO 1"));
	CHECK_STR("CREATE EVENT `do`.`enable` ON SCHEDULE AT NOW() DISABLE COMMENT 'ENABLE' DO SET @enable = 1",
		  disabled("CREATE EVENT `do`.`enable` ON SCHEDULE AT NOW() COMMENT 'ENABLE' DO SET @enable = 1"));
	CHECK_STR("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DO 1", disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY ENABLE DO DO 1"));
	CHECK_STR("-", disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO DO 1"));
	CHECK_STR("ALTER EVENT e DISABLE", disabled("ALTER EVENT e ENABLE"));
	CHECK_STR("-", disabled("ALTER EVENT e RENAME TO f"));
	CHECK_STR("-", disabled("ALTER EVENT e DO DO 1"));
	CHECK_STR("-", disabled("DROP EVENT e"));
}

int main(void)
{
	RUN(test_names);
	RUN(test_state);
	RUN(test_copied);
	RUN(test_events);
	return unit_done();
}
