#include "mysql/client.h"

#include <errmsg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
	FIRST_EVENT = 4, /* behind the magic number that a file begins with */
	LARGEST_EVENT = DTS_PACKETS_LARGEST,
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

#include <ma_pvio.h>

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

bool dts_client_has_packets(void)
{
	return true;
}

static bool is_plain(const MYSQL *mysql)
{
	return !mysql->net.pvio->ctls && !mysql->net.compress;
}

/* What the library has read ahead comes first. */
static ssize_t read_plain(void *from, char *to, size_t room)
{
	MARIADB_PVIO *io = ((MYSQL *)from)->net.pvio;
	size_t ahead = io->cache ? (size_t)(io->cache + io->cache_size - io->cache_pos) : 0;

	if (ahead == 0)
		return io->methods->read(io, (unsigned char *)to, room);
	if (ahead > room)
		ahead = room;
	memcpy(to, io->cache_pos, ahead);
	io->cache_pos += ahead;
	return (ssize_t)ahead;
}

int dts_client_command(MYSQL *mysql, unsigned command, struct dts_slice args, struct dts_packets *p)
{
	if (mysql->methods->db_command(mysql, (enum enum_server_command)command, args.p, args.len, 1, NULL) != 0)
		return -1;
	if (is_plain(mysql))
		dts_packets_start(p, read_plain, mysql, (uint8_t)mysql->net.pkt_nr);
	return 0;
}

static int fail_with(MYSQL *mysql, unsigned number, const char *state, struct dts_slice text)
{
	NET *net = &mysql->net;

	net->last_errno = number;
	snprintf(net->sqlstate, sizeof net->sqlstate, "%.5s", state);
	snprintf(net->last_error, sizeof net->last_error, "%.*s", (int)text.len, text.p);
	return -1;
}

int dts_client_packet(MYSQL *mysql, struct dts_packets *p, struct dts_slice *payload)
{
	if (!is_plain(mysql)) {
		unsigned long len = mysql_net_read_packet(mysql);
		*payload = dts_slice((const char *)mysql->net.read_pos, len);
		return len == packet_error ? -1 : 0;
	}
	int rc = dts_packets_next(p, payload);
	if (rc == 0)
		return fail_with(mysql, CR_SERVER_LOST, "HY000", DTS_LIT("Lost connection to server during query"));
	if (rc == -2)
		return fail_with(mysql, CR_NET_PACKET_TOO_LARGE, "HY000", DTS_LIT("A packet of more than 1 GiB"));
	if (rc < 0)
		return fail_with(mysql, CR_MALFORMED_PACKET, "HY000", DTS_LIT("Packets out of order"));
	const unsigned char *b = (const unsigned char *)payload->p;
	/* ERR: number, '#', SQLSTATE, text */
	if (payload->len >= 9 && b[0] == 0xff && b[3] == '#')
		return fail_with(mysql, b[1] | (unsigned)b[2] << 8, payload->p + 4,
				 dts_slice(payload->p + 9, payload->len - 9));
	return 0;
}

static void add_number(struct dts_buf *b, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		dts_buf_addc(b, (char)(n >> 8 * i & 0xff));
}

/* Sends a command that is answered with the log. Releases `args`. */
static int send_dump(MYSQL *mysql, unsigned command, struct dts_buf *args, struct dts_packets *p)
{
	allow_largest(mysql);
	int rc = dts_client_command(mysql, command, dts_buf_slice(args), p);
	dts_buf_release(args);
	return rc;
}

int dts_client_dump(MYSQL *mysql, struct dts_slice file, uint64_t offset, uint16_t flags, uint32_t server_id,
		    struct dts_packets *p)
{
	struct dts_buf args = {0};

	if (offset > UINT32_MAX)
		return offset_too_large(mysql);
	add_number(&args, offset, 4);
	add_number(&args, flags, 2);
	add_number(&args, server_id, 4);
	dts_buf_add(&args, file.p, file.len);
	return send_dump(mysql, COM_BINLOG_DUMP, &args, p);
}

int dts_client_dump_gtid(MYSQL *mysql, struct dts_slice encoded_set, uint16_t flags, uint32_t server_id,
			 struct dts_packets *p)
{
	enum { COM_BINLOG_DUMP_GTID = 30 }; /* MySQL's, which this library has no name for */
	struct dts_buf args = {0};

	add_number(&args, flags, 2);
	add_number(&args, server_id, 4);
	add_number(&args, 0, 4); /* length of the file's name */
	add_number(&args, FIRST_EVENT, 8);
	add_number(&args, encoded_set.len, 4);
	dts_buf_add(&args, encoded_set.p, encoded_set.len);
	return send_dump(mysql, COM_BINLOG_DUMP_GTID, &args, p);
}

int dts_client_dump_next(MYSQL *mysql, struct dts_packets *p, struct dts_slice *event)
{
	struct dts_slice packet;

	if (dts_client_packet(mysql, p, &packet) < 0)
		return -1;
	if (packet.len == 0)
		return fail_with(mysql, CR_MALFORMED_PACKET, "HY000", DTS_LIT("An empty packet"));
	if ((unsigned char)packet.p[0] == 0xfe && packet.len < 9)
		return 0;
	if (packet.p[0] != 0) /* not an error that says which it is either */
		return fail_with(mysql, CR_MALFORMED_PACKET, "HY000", DTS_LIT("A packet that is no event"));
	*event = dts_slice(packet.p + 1, packet.len - 1);
	return 1;
}

void dts_client_dump_restart(MYSQL *mysql, struct dts_packets *p)
{
	mysql->net.pkt_nr = p->number = 1;
}

int dts_client_dump_reply(MYSQL *mysql, struct dts_slice body)
{
	enum { REPLY = 0xef };
	const unsigned next = mysql->net.pkt_nr;

	/* It looks like a command, and sending one begins to count packets anew. */
	int failed = mysql->methods->db_command(mysql, (enum enum_server_command)REPLY, body.p, body.len, 1, NULL);
	mysql->net.pkt_nr = next;
	return failed ? -1 : 0;
}

#else

bool dts_client_has_packets(void)
{
	return false;
}

void dts_client_dump_restart(MYSQL *mysql, struct dts_packets *p)
{
	(void)mysql, (void)p;
}

int dts_client_dump_reply(MYSQL *mysql, struct dts_slice body)
{
	(void)mysql, (void)body;
	return -1;
}

int dts_client_command(MYSQL *mysql, unsigned command, struct dts_slice args, struct dts_packets *p)
{
	(void)mysql, (void)command, (void)args, (void)p;
	return -1;
}

int dts_client_packet(MYSQL *mysql, struct dts_packets *p, struct dts_slice *payload)
{
	(void)mysql, (void)p, (void)payload;
	return -1;
}

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

int dts_client_dump(MYSQL *mysql, struct dts_slice file, uint64_t offset, uint16_t flags, uint32_t server_id,
		    struct dts_packets *p)
{
	MYSQL_RPL rpl = {.file_name = file.p, .file_name_length = file.len, .start_position = offset,
			 .server_id = server_id, .flags = flags};

	(void)p;
	if (offset > UINT32_MAX)
		return offset_too_large(mysql);
	allow_largest(mysql);
	return mysql_binlog_open(mysql, &rpl) == 0 ? 0 : -1;
}

int dts_client_dump_gtid(MYSQL *mysql, struct dts_slice encoded_set, uint16_t flags, uint32_t server_id,
			 struct dts_packets *p)
{
	/* Without a callback the library copies the set. */
	MYSQL_RPL rpl = {.file_name = "", .start_position = FIRST_EVENT, .server_id = server_id,
			 .flags = flags | MYSQL_RPL_GTID, .gtid_set_encoded_size = encoded_set.len,
			 .gtid_set_arg = (void *)(uintptr_t)encoded_set.p};

	(void)p;
	allow_largest(mysql);
	return mysql_binlog_open(mysql, &rpl) == 0 ? 0 : -1;
}

int dts_client_dump_next(MYSQL *mysql, struct dts_packets *p, struct dts_slice *event)
{
	/* Of what was opened it looks at the flags only, and those are for heartbeats. */
	MYSQL_RPL rpl = {0};

	(void)p;
	if (mysql_binlog_fetch(mysql, &rpl) != 0)
		return -1;
	if (rpl.size == 0)
		return 0;
	*event = dts_slice((const char *)rpl.buffer + 1, rpl.size - 1);
	return 1;
}

#endif
