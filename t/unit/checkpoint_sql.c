#include "checkpoint/checkpoint.h"

#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint/file.h"
#include "checkpoint/resume.h"
#include "unit.h"

static const struct dts_checkpoint c = {.db = "d`s", .name = "it's", .epoch = 12};

static void test_sql(void)
{
	struct dts_buf b = {0};
	struct dts_position p = {0};
	struct dts_error err = DTS_ERROR_INIT;

	dts_checkpoint_guard(&c, &b);
	CHECK_STR("SELECT epoch FROM `d``s`.`checkpoint` WHERE name='it\\'s' AND epoch=12 LOCK IN SHARE MODE", dts_buf_text(&b));
	dts_buf_clear(&b);
	dts_checkpoint_where(&c, DTS_LIT("s\\"), &b);
	CHECK_STR("checkpoint='it\\'s' AND src='s\\\\'", dts_buf_text(&b));
	dts_position_set(&p, DTS_LIT("b.1"), 7);
	CHECK_INT(0, dts_gtids_parse(&p.gtid, DTS_LIT("0-1-2"), DTS_GTID_NONE, &err));
	dts_buf_clear(&b);
	dts_checkpoint_add_source(&c, DTS_LIT("s"), DTS_LIT("id"), DTS_PHASE_FULL, &p, DTS_LIT("{}"), &b);
	CHECK_STR("REPLACE INTO `d``s`.`source` (checkpoint, src, server_id, phase, watermark, snapshot, updated) VALUES "
		  "('it\\'s','s','id','full','{\"file\":\"b.1\",\"offset\":7,\"gtid\":\"0-1-2\"}','{}',UTC_TIMESTAMP(6))", dts_buf_text(&b));
	dts_buf_clear(&b);
	dts_checkpoint_add_source(&c, DTS_LIT("s"), DTS_LIT(""), DTS_PHASE_CHANGES, &p, DTS_LIT(""), &b);
	CHECK(strstr(dts_buf_text(&b), ",'changes',") != NULL);
	dts_buf_clear(&b);
	dts_checkpoint_add_watermark(&c, DTS_LIT("s"), &p, &b);
	CHECK_STR("UPDATE `d``s`.`source` SET watermark='{\"file\":\"b.1\",\"offset\":7,\"gtid\":\"0-1-2\"}', updated=UTC_TIMESTAMP(6)"
		  " WHERE checkpoint='it\\'s' AND src='s'", dts_buf_text(&b));
	dts_gtids_clear(&p.gtid);
	dts_buf_clear(&b);
	dts_checkpoint_add_mark(&c, DTS_LIT("s"), 3, DTS_LIT("0-1-2"), &p, DTS_LIT("[]"), &b);
	CHECK_STR("REPLACE INTO `d``s`.`mark` (checkpoint, src, worker, tx, pos, above, updated) SELECT "
		  "'it\\'s','s',3,'0-1-2','{\"file\":\"b.1\",\"offset\":7}','[]',UTC_TIMESTAMP(6)"
		  " FROM `d``s`.`checkpoint` WHERE name='it\\'s' AND epoch=12 LOCK IN SHARE MODE", dts_buf_text(&b));
	const struct dts_definition d = {.db = DTS_LIT("sd"), .table = DTS_LIT("s'"), .pos = DTS_LIT("{}"),
					  .text = DTS_LIT("{\"op\":\"schema\"}")};
	dts_buf_clear(&b);
	dts_checkpoint_add_definition(&c, DTS_LIT("s"), &d, DTS_LIT("td"), DTS_LIT("t"), &b);
	CHECK_STR("REPLACE INTO `d``s`.`source_table` (checkpoint,src,db,tbl,to_db,to_tbl,pos,definition) VALUES "
		  "('it\\'s','s','sd','s\\'','td','t','{}','{\"op\":\"schema\"}')", dts_buf_text(&b));
	dts_buf_clear(&b);
	dts_checkpoint_drop_definition(&c, DTS_LIT("s"), DTS_LIT("td"), DTS_LIT("t"), &b);
	CHECK_STR("DELETE FROM `d``s`.`source_table` WHERE checkpoint='it\\'s' AND src='s' AND to_db='td' AND to_tbl='t'", dts_buf_text(&b));
	dts_buf_clear(&b);
	dts_checkpoint_drop_definition(&c, DTS_LIT("s"), DTS_LIT("td"), (struct dts_slice){NULL, 0}, &b);
	CHECK_STR("DELETE FROM `d``s`.`source_table` WHERE checkpoint='it\\'s' AND src='s' AND to_db='td'", dts_buf_text(&b));
	dts_buf_release(&b);
	dts_position_release(&p);
}

static char dir[] = "/tmp/dts-unit-checkpoint-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

#define ACK(src, offset) "{\"op\":\"ack\",\"src\":\"" src "\",\"tx\":\"0-1-2\",\"pos\":{\"file\":\"b.1\",\"offset\":" offset "}}\n"

static int read_back(const char *path, const char *src, struct dts_position *pos, struct dts_error *err)
{
	*err = (struct dts_error)DTS_ERROR_INIT;
	return dts_checkpoint_file_read(path, dts_slice_of(src), pos, err);
}

static void test_file(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_position pos = {0};
	struct stat st, again;
	const char *path = in_dir("pos");

	CHECK_INT(0, read_back(path, "a", &pos, &err));
	CHECK_INT(0, dts_checkpoint_file_write(path, DTS_LIT(ACK("a", "5") ACK("b", "6") ACK("a", "7")), &err));
	CHECK_INT(1, read_back(path, "a", &pos, &err));
	CHECK_INT(7, pos.offset); /* the last one */
	CHECK_INT(1, read_back(path, "b", &pos, &err));
	CHECK_INT(6, pos.offset);
	CHECK_INT(0, read_back(path, "c", &pos, &err));
	CHECK_INT(0, stat(path, &st));
	CHECK_INT(0644, st.st_mode & 0777);
	/* Replaced, not written into: whoever has the old one open keeps it. */
	CHECK_INT(0, dts_checkpoint_file_write(path, DTS_LIT(ACK("a", "9")), &err));
	CHECK_INT(0, stat(path, &again));
	CHECK(st.st_ino != again.st_ino);
	CHECK_INT(1, read_back(path, "a", &pos, &err));
	CHECK_INT(9, pos.offset);
	CHECK_INT(0, read_back(path, "b", &pos, &err));
	CHECK_INT(-1, dts_checkpoint_file_write("/nowhere/pos", DTS_LIT("x"), &err));
	CHECK_INT(DTS_IO, err.status);
	CHECK_STR("cannot create a file beside '/nowhere/pos': No such file or directory", err.message);
	dts_position_release(&pos);
}

static void test_bad_file(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_position pos = {0};
	const char *path = in_dir("pos");
	char want[300];

	CHECK_INT(0, dts_checkpoint_file_write(path, DTS_LIT(ACK("a", "5") "not a record\n"), &err));
	CHECK_INT(-1, read_back(path, "a", &pos, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	snprintf(want, sizeof want, "%s:2: ", path);
	CHECK(strncmp(err.message, want, strlen(want)) == 0);
	CHECK_INT(0, dts_checkpoint_file_write(path, dts_slice_of("{\"op\":\"ack\""), &err));
	CHECK_INT(-1, read_back(path, "a", &pos, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	dts_position_release(&pos);
}

static void test_resume_words(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_connect_options source = {0};
	struct dts_source_state state = {0};

	CHECK_INT(-1, dts_resume_read("shop", &source, NULL, DTS_LIT("a"), &state, NULL, NULL, &err));
	CHECK_INT(DTS_USAGE, err.status);
	CHECK_STR("--resume=shop does not say where the checkpoint is", err.message);
	CHECK_STR("--resume=shop@GROUP reads it from the server of option group [dts-GROUP], --resume=./shop from a file, and a log is a directory", err.hint);
	const char *path = in_dir("pos");
	CHECK_INT(0, dts_checkpoint_file_write(path, DTS_LIT(ACK("a", "5")), &err));
	CHECK_INT(1, dts_resume_read(path, &source, NULL, DTS_LIT("a"), &state, NULL, NULL, &err));
	CHECK_INT(5, state.applied.offset);
	CHECK_INT(DTS_PHASE_CHANGES, state.phase);
	CHECK_INT(0, dts_resume_read(in_dir("none"), &source, NULL, DTS_LIT("a"), &state, NULL, NULL, &err));
	dts_source_state_release(&state);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	RUN(test_sql);
	RUN(test_file);
	RUN(test_bad_file);
	RUN(test_resume_words);
	unlink(in_dir("pos"));
	CHECK_INT(0, rmdir(dir)); /* nothing else was left in it */
	return unit_done();
}
