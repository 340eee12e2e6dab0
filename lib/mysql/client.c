#include "mysql/client.h"

#include <errmsg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST_EVENT = 4, /* behind the magic number that a file begins with */
	LARGEST_EVENT = (1 << 30) + (1 << 16), /* with what the packet has around it */
};

/* Both libraries take a packet of max_packet_size for one too many. */
static void allow_largest(MYSQL *mysql)
{
	if (mysql->net.max_packet_size < LARGEST_EVENT)
		mysql->net.max_packet_size = LARGEST_EVENT;
}

static int offset_too_large(MYSQL *mysql)
{
	mysql->net.last_errno = CR_UNKNOWN_ERROR;
	snprintf(mysql->net.last_error, sizeof mysql->net.last_error, "the protocol has 32 bits for an offset");
	return -1;
}

#ifdef MARIADB_PACKAGE_VERSION

int dts_client_tls(MYSQL *mysql, enum dts_tls mode, const struct dts_tls_files *files, struct dts_error *err)
{
	my_bool yes = 1, no = 0;

	/* Later releases of this library verify unless told not to, earlier ones the
	 * other way round: always say which. */
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, mode == DTS_TLS_VERIFY_IDENTITY ? &yes : &no);
	if (mode == DTS_TLS_DISABLED) {
		mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &no);
		return 0;
	}
	/* A server that offers no TLS is refused before the login only with
	 * VERIFY_SERVER_CERT; otherwise this library goes on in the clear whatever
	 * ENFORCE says (tried on 3.3), and dts_session_open() refuses it after. */
	/* This call is what switches TLS on; with a CA the chain is always verified. */
	mysql_ssl_set(mysql, files->key, files->cert, files->ca, NULL, NULL);
	if (mode >= DTS_TLS_REQUIRED)
		mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
	if (mode == DTS_TLS_VERIFY_CA && !files->ca) {
		dts_fail(err, DTS_USAGE, "--ssl-mode=verify-ca needs --ssl-ca with this client library");
		return dts_hint(err, "--ssl-mode=verify-identity uses the system's own authorities");
	}
	return 0;
}

int dts_client_socket(MYSQL *mysql)
{
	return (int)mysql_get_socket(mysql);
}

static void add_number(struct dts_buf *b, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		dts_buf_addc(b, (char)(n >> 8 * i & 0xff));
}

/* Sends a command that is answered with the log. Releases `args`. */
static int send_dump(MYSQL *mysql, unsigned command, struct dts_buf *args)
{
	allow_largest(mysql);
	int failed = mysql->methods->db_command(mysql, (enum enum_server_command)command, args->data, args->len, 1, NULL);
	dts_buf_release(args);
	return failed ? -1 : 0;
}

int dts_client_dump(MYSQL *mysql, struct dts_slice file, uint64_t offset, uint16_t flags, uint32_t server_id)
{
	struct dts_buf args = {0};

	if (offset > UINT32_MAX)
		return offset_too_large(mysql);
	add_number(&args, offset, 4);
	add_number(&args, flags, 2);
	add_number(&args, server_id, 4);
	dts_buf_add(&args, file.p, file.len);
	return send_dump(mysql, COM_BINLOG_DUMP, &args);
}

int dts_client_dump_gtid(MYSQL *mysql, struct dts_slice encoded_set, uint16_t flags, uint32_t server_id)
{
	enum { COM_BINLOG_DUMP_GTID = 30 }; /* MySQL's, which this library has no name for */
	struct dts_buf args = {0};

	add_number(&args, flags, 2);
	add_number(&args, server_id, 4);
	add_number(&args, 0, 4); /* length of the file's name */
	add_number(&args, FIRST_EVENT, 8);
	add_number(&args, encoded_set.len, 4);
	dts_buf_add(&args, encoded_set.p, encoded_set.len);
	return send_dump(mysql, COM_BINLOG_DUMP_GTID, &args);
}

int dts_client_dump_next(MYSQL *mysql, struct dts_slice *event)
{
	unsigned long len = mysql_net_read_packet(mysql);
	const char *packet = (const char *)mysql->net.read_pos;

	if (len == packet_error || len == 0)
		return -1;
	if ((unsigned char)packet[0] == 0xfe && len < 9)
		return 0;
	*event = dts_slice(packet + 1, len - 1);
	return 1;
}

#else

int dts_client_tls(MYSQL *mysql, enum dts_tls mode, const struct dts_tls_files *files, struct dts_error *err)
{
	static const unsigned modes[] = {SSL_MODE_DISABLED, SSL_MODE_PREFERRED, SSL_MODE_REQUIRED,
					 SSL_MODE_VERIFY_CA, SSL_MODE_VERIFY_IDENTITY};

	/* It takes an authority only from a file that it is told. */
	if (mode >= DTS_TLS_VERIFY_CA && !files->ca) {
		dts_fail(err, DTS_USAGE, "verifying the server's certificate needs --ssl-ca");
		return dts_hint(err, "give the authority's file, or choose a weaker --ssl-mode");
	}
	mysql_options(mysql, MYSQL_OPT_SSL_MODE, &modes[mode]);
	mysql_options(mysql, MYSQL_OPT_SSL_CA, files->ca);
	mysql_options(mysql, MYSQL_OPT_SSL_CERT, files->cert);
	mysql_options(mysql, MYSQL_OPT_SSL_KEY, files->key);
	return 0;
}

int dts_client_socket(MYSQL *mysql)
{
	return mysql->net.fd;
}

int dts_client_dump(MYSQL *mysql, struct dts_slice file, uint64_t offset, uint16_t flags, uint32_t server_id)
{
	MYSQL_RPL rpl = {.file_name = file.p, .file_name_length = file.len, .start_position = offset,
			 .server_id = server_id, .flags = flags};

	if (offset > UINT32_MAX)
		return offset_too_large(mysql);
	allow_largest(mysql);
	return mysql_binlog_open(mysql, &rpl) == 0 ? 0 : -1;
}

int dts_client_dump_gtid(MYSQL *mysql, struct dts_slice encoded_set, uint16_t flags, uint32_t server_id)
{
	/* Without a callback the library copies the set. */
	MYSQL_RPL rpl = {.file_name = "", .start_position = FIRST_EVENT, .server_id = server_id,
			 .flags = flags | MYSQL_RPL_GTID, .gtid_set_encoded_size = encoded_set.len,
			 .gtid_set_arg = (void *)(uintptr_t)encoded_set.p};

	allow_largest(mysql);
	return mysql_binlog_open(mysql, &rpl) == 0 ? 0 : -1;
}

int dts_client_dump_next(MYSQL *mysql, struct dts_slice *event)
{
	/* Of what was opened it looks at the flags only, and those are for heartbeats. */
	MYSQL_RPL rpl = {0};

	if (mysql_binlog_fetch(mysql, &rpl) != 0)
		return -1;
	if (rpl.size == 0)
		return 0;
	*event = dts_slice((const char *)rpl.buffer + 1, rpl.size - 1);
	return 1;
}

#endif
