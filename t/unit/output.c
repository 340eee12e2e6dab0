#include "base/output.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "unit.h"

static char path[] = "/tmp/dts-unit-output-XXXXXX";

static off_t size_of(void)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void round_trip(bool compressed, int records, int flush_every)
{
	struct dts_output out;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice line;

	CHECK_INT(0, dts_output_open(&out, path, compressed, &err));
	for (int i = 0; i < records; i++) {
		dts_buf_addf(&out.buf, "record %d\n", i * 7919);
		CHECK_INT(0, dts_output_record_done(&out, &err));
		if (flush_every && i % flush_every == 0) {
			CHECK_INT(0, dts_output_flush(&out, &err));
			CHECK_INT(0, out.buf.len);
		}
	}
	uint64_t bytes = out.bytes + out.buf.len;
	CHECK_INT(0, dts_output_close(&out, &err));
	CHECK_STR("", err.message);
	if (!compressed)
		CHECK_INT(bytes, size_of());
	struct dts_input *in = dts_input_open(path, 100, &err);
	int count = 0;
	for (; dts_input_line(in, &line, &err) > 0; count++) {
		char want[40];
		snprintf(want, sizeof want, "record %d", count * 7919);
		CHECK(dts_slice_is(line, want));
	}
	CHECK_INT(records, count);
	CHECK_STR("", err.message);
	dts_input_close(in);
}

static void test_round_trip(void)
{
	for (int compressed = 0; compressed < 2; compressed++) {
		round_trip(compressed, 0, 0);
		round_trip(compressed, 1, 0);
		round_trip(compressed, 50000, 0);
		round_trip(compressed, 3000, 100);
	}
}

/* What was flushed can be read, though the frame is not ended. */
static void test_flushed_is_there(void)
{
	struct dts_output out;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice line;

	CHECK_INT(0, dts_output_open(&out, path, true, &err));
	dts_buf_adds(&out.buf, "one\n");
	CHECK_INT(0, dts_output_flush(&out, &err));
	struct dts_input *in = dts_input_open(path, 100, &err);
	CHECK_INT(1, dts_input_line(in, &line, &err));
	CHECK(dts_slice_is(line, "one"));
	dts_input_close(in);
	dts_buf_adds(&out.buf, "two\n");
	dts_output_discard(&out);
	close(out.fd);
	in = dts_input_open(path, 100, &err);
	CHECK_INT(1, dts_input_line(in, &line, &err));
	CHECK_INT(-1, dts_input_line(in, &line, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	dts_input_close(in);
}

static void fails(const char *to, bool compressed, bool flush, const char *message)
{
	struct dts_output out;
	struct dts_error err = DTS_ERROR_INIT;

	CHECK_INT(0, dts_output_open(&out, to, compressed, &err));
	dts_buf_adds(&out.buf, "x\n");
	if (flush)
		CHECK_INT(-1, dts_output_flush(&out, &err));
	CHECK_INT(flush ? 0 : -1, dts_output_close(&out, &err));
	CHECK_INT(DTS_IO, err.status);
	CHECK_STR(message, err.message);
	CHECK(!err.silent);
}

static void test_full_disk(void)
{
	struct dts_output out;
	struct dts_error err = DTS_ERROR_INIT;

	fails("/dev/full", false, false, "cannot write the output: No space left on device");
	fails("/dev/full", false, true, "cannot write the output: No space left on device");
	fails("/dev/full", true, false, "cannot write the output: No space left on device");
	CHECK_INT(-1, dts_output_open(&out, "/nowhere/x", false, &err));
	CHECK_STR("cannot create '/nowhere/x': No such file or directory", err.message);
}

static void test_closed_pipe(void)
{
	struct dts_output out;
	struct dts_error err = DTS_ERROR_INIT;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	REQUIRE(pipe(fds) == 0);
	close(fds[0]);
	CHECK_INT(0, dts_output_open(&out, path, false, &err));
	close(out.fd);
	out.fd = fds[1];
	dts_buf_adds(&out.buf, "x\n");
	CHECK_INT(-1, dts_output_close(&out, &err));
	CHECK_INT(DTS_IO, err.status);
	CHECK(err.silent);
}

int main(void)
{
	close(mkstemp(path));
	RUN(test_round_trip);
	RUN(test_flushed_is_there);
	RUN(test_full_disk);
	RUN(test_closed_pipe);
	unlink(path);
	return unit_done();
}
