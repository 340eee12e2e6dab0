#include "unit.h"

#include <unistd.h>

#include "mysql/optionfile.h"

/* The facts of a file with this text, as group "dts-x" sees them. */
static struct dts_option_facts facts;

static void read_text(const char *text)
{
	char path[] = "/tmp/dts-unit.XXXXXX";
	struct dts_error err = DTS_ERROR_INIT;
	int fd = mkstemp(path);

	REQUIRE(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	dts_option_facts_release(&facts);
	CHECK_INT(0, dts_option_facts_read(&facts, path, "dts-x", &err));
	unlink(path);
}

static void test_sections(void)
{
	read_text("host=before\n[mysqld]\nhost=server\n[client]\nhost=one\nport=3307\n[dts-y]\nhost=y\n");
	CHECK(!facts.group_found);
	CHECK_STR("one", dts_buf_text(&facts.host));
	CHECK_INT(3307, facts.port);
	read_text("[client]\nhost=one\n[ dts-x ]\n  host = \"two\"  \n\n[dts-xx]\nhost=three\n");
	CHECK(facts.group_found);
	CHECK_STR("two", dts_buf_text(&facts.host));
}

static void test_values(void)
{
	read_text("[dts-x]\n# host=a\n;host=b\nsocket='/tmp/a b # c'\nssl_mode = VERIFY_CA # really\nloose-ssl-ca=/ca\nhost\n");
	CHECK_STR("", dts_buf_text(&facts.host));
	CHECK_STR("/tmp/a b # c", dts_buf_text(&facts.socket));
	CHECK_STR("VERIFY_CA", dts_buf_text(&facts.ssl_mode));
	CHECK_STR("/ca", dts_buf_text(&facts.ssl_ca));
	CHECK(!facts.verify_off);
	read_text("[dts-x]\nssl-verify-server-cert=OFF\n");
	CHECK(facts.verify_off);
	read_text("[client]\nskip_ssl_verify_server_cert\n[dts-x]\nssl_verify_server_cert=1\n");
	CHECK(!facts.verify_off);
}

static void test_broken(void)
{
	struct dts_error err = DTS_ERROR_INIT;

	read_text("[dts-x\n!include\n!include /nonexistent\n!includedir /nonexistent\n=\n[]\n[dts-x]\nport=x\n=y\nhost=last");
	CHECK(facts.group_found);
	CHECK_INT(0, facts.port);
	CHECK_STR("last", dts_buf_text(&facts.host));
	dts_option_facts_release(&facts);
	CHECK_INT(-1, dts_option_facts_read(&facts, "/nonexistent/x", "dts", &err));
	CHECK_INT(DTS_USAGE, err.status);
}

int main(void)
{
	RUN(test_sections);
	RUN(test_values);
	RUN(test_broken);
	dts_option_facts_release(&facts);
	return unit_done();
}
