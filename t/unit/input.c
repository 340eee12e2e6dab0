#include "base/input.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <zstd.h>

#include "base/signals.h"
#include "unit.h"

static char path[] = "/tmp/dts-unit-input-XXXXXX";

static void put(const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	CHECK(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

/* The lines of the file, each ended by '|', then how it ended. */
static const char *lines_of(size_t max, struct dts_buf *all, struct dts_error *err)
{
	struct dts_input *in = dts_input_open(path, max, err);
	struct dts_slice line;
	uint64_t count = 0;
	int rc;

	*err = (struct dts_error)DTS_ERROR_INIT;
	dts_buf_clear(all);
	while ((rc = dts_input_line(in, &line, err)) > 0) {
		dts_buf_add_slice(all, line);
		dts_buf_addc(all, '|');
		CHECK_INT(++count, dts_input_line_number(in));
	}
	if (rc < 0)
		dts_buf_addf(all, "<%d>", err->status);
	CHECK_STR(path, dts_input_name(in));
	dts_input_close(in);
	return dts_buf_text(all);
}

static void test_plain(void)
{
	static const struct {
		const char *text, *lines;
	} cases[] = {
		{"", ""},
		{"\n", "|"},
		{"a\n", "a|"},
		{"a\n\nbc\n", "a||bc|"},
		{"a\nb", "a|<3>"},
		{"(\xb5/\n", "(\xb5/|"},
		{"\xff\r\n", "\xff\r|"},
		{"123456789\n", "<3>"},
		{"12345678\n", "12345678|"},
		{"12345678", "<3>"},
		{"123456789", "<3>"},
	};
	struct dts_buf all = {0};
	struct dts_error err = DTS_ERROR_INIT;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		put(cases[i].text, strlen(cases[i].text));
		CHECK_STR(cases[i].lines, lines_of(8, &all, &err));
	}
	char want[200];
	put("a\nb", 3);
	lines_of(8, &all, &err);
	snprintf(want, sizeof want, "%s:2: torn record: the last line has no newline", path);
	CHECK_STR(want, err.message);
	put("a\n123456789\n", 12);
	lines_of(8, &all, &err);
	snprintf(want, sizeof want, "%s:2: record longer than 8 bytes", path);
	CHECK_STR(want, err.message);
	CHECK_STR("--max-record=SIZE allows longer ones", err.hint);
	put("a\0b\nc\n", 6);
	lines_of(8, &all, &err);
	CHECK_MEM("a\0b|c|", 6, all.data, all.len);
	dts_buf_release(&all);
	CHECK(!dts_input_open("/nowhere/x", 8, &err));
	CHECK_INT(DTS_IO, err.status);
	CHECK_STR("cannot open '/nowhere/x': No such file or directory", err.message);
	struct dts_input *in = dts_input_open("/", 8, &err);
	struct dts_slice line;
	CHECK_INT(-1, dts_input_line(in, &line, &err));
	CHECK_STR("cannot read '/': Is a directory", err.message);
	dts_input_close(in);
	dts_input_close(NULL);
}

/* Long lines: across the buffer's ends. */
static void test_long(void)
{
	size_t len = 700000;
	char *text = dts_alloc(3 * len);
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice line;

	for (size_t i = 0; i < 3; i++) {
		memset(text + i * len, (int)('a' + i), len);
		text[(i + 1) * len - 1] = '\n';
	}
	put(text, 3 * len);
	struct dts_input *in = dts_input_open(path, len, &err);
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(1, dts_input_line(in, &line, &err));
		CHECK(line.len == len - 1 && line.p[0] == (char)('a' + i) && line.p[len - 2] == (char)('a' + i));
	}
	CHECK_INT(0, dts_input_line(in, &line, &err));
	CHECK_INT(0, dts_input_line(in, &line, &err));
	dts_input_close(in);
	free(text);
}

static void test_zstd(void)
{
	static const char text[] = "one\ntwo\nthree\n";
	char packed[300];
	struct dts_buf all = {0};
	struct dts_error err = DTS_ERROR_INIT;
	size_t len = ZSTD_compress(packed, sizeof packed, text, sizeof text - 1, 3);

	put(packed, len);
	CHECK_STR("one|two|three|", lines_of(100, &all, &err));
	/* Two frames one after another are one input. */
	size_t second = ZSTD_compress(packed + len, sizeof packed - len, "four\n", 5, 3);
	put(packed, len + second);
	CHECK_STR("one|two|three|four|", lines_of(100, &all, &err));
	for (size_t cut = 4; cut < len; cut++) {
		put(packed, cut);
		const char *got = lines_of(100, &all, &err);
		CHECK(strlen(got) >= 3 && strcmp(got + strlen(got) - 3, "<3>") == 0);
	}
	put(packed, len);
	packed[len - 1] ^= 1;
	packed[9] ^= 0x40;
	put(packed, len);
	lines_of(100, &all, &err);
	/* No newline at the frame's end. */
	len = ZSTD_compress(packed, sizeof packed, text, sizeof text - 2, 3);
	put(packed, len);
	CHECK_STR("one|two|<3>", lines_of(100, &all, &err));
	/* A line of nothing but zeros, far larger than what came in. */
	char *big = dts_alloc(5000001);
	memset(big, 'x', 5000000);
	big[5000000] = '\n';
	char *small = dts_alloc(100000);
	len = ZSTD_compress(small, 100000, big, 5000001, 3);
	put(small, len);
	CHECK_INT(5000001, strlen(lines_of(5000000, &all, &err)));
	CHECK_STR("<3>", lines_of(4999999, &all, &err));
	free(big);
	free(small);
	dts_buf_release(&all);
}

/* From a pipe: what is there is there, no more, no less. */
static void test_pipe(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice line;
	int fds[2], old = dup(STDIN_FILENO);

	REQUIRE(pipe(fds) == 0);
	dup2(fds[0], STDIN_FILENO);
	struct dts_input *in = dts_input_open("-", 100, &err);
	CHECK_STR("standard input", dts_input_name(in));
	CHECK(!dts_input_ready(in) && !dts_input_wait(in, 1));
	CHECK(write(fds[1], "a\nb\nc", 5) == 5);
	CHECK(dts_input_ready(in));
	CHECK_INT(1, dts_input_line(in, &line, &err));
	CHECK(dts_slice_is(line, "a"));
	CHECK(dts_input_ready(in));
	CHECK_INT(1, dts_input_line(in, &line, &err));
	CHECK(dts_slice_is(line, "b"));
	CHECK(!dts_input_ready(in)); /* half a line is none */
	CHECK(write(fds[1], "d", 1) == 1);
	close(fds[1]);
	CHECK(dts_input_ready(in)); /* the end can be had, too */
	CHECK_INT(-1, dts_input_line(in, &line, &err));
	CHECK_STR("standard input:3: torn record: the last line has no newline", err.message);
	dts_input_close(in);
	close(fds[0]);
	dup2(old, STDIN_FILENO);
	close(old);
}

static void test_stop_signal(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice line;
	int fds[2], old = dup(STDIN_FILENO);

	REQUIRE(pipe(fds) == 0);
	dup2(fds[0], STDIN_FILENO);
	dts_signals_catch();
	CHECK_INT(0, dts_signals_stop());
	struct dts_input *in = dts_input_open("-", 100, &err);
	pid_t child = fork();
	if (child == 0) {
		/* Until the reader sleeps in read(2). */
		char stat[64], text[400] = "";
		snprintf(stat, sizeof stat, "/proc/%d/stat", (int)getppid());
		for (int i = 0; i < 10000 && !strstr(text, ") S "); i++) {
			FILE *f = fopen(stat, "r");
			if (f && !fgets(text, sizeof text, f))
				text[0] = '\0';
			if (f)
				fclose(f);
			usleep(1000);
		}
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	CHECK_INT(-1, dts_input_line(in, &line, &err));
	CHECK_INT(DTS_OK, err.status);
	CHECK_INT(SIGTERM, dts_signals_stop());
	dts_input_close(in);
	dup2(old, STDIN_FILENO);
	close(old);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	close(mkstemp(path));
	RUN(test_plain);
	RUN(test_long);
	RUN(test_zstd);
	RUN(test_pipe);
	RUN(test_stop_signal);
	unlink(path);
	return unit_done();
}
