#ifndef DTS_MYSQL_CLIENT_H
#define DTS_MYSQL_CLIENT_H

#include <mysql.h>

#include "base/error.h"
#include "mysql/packets.h"

/*
 * The one place where MariaDB's client library and Oracle's differ: how a
 * connection is made, how it is read, and how a server's binary log is asked for.
 */
enum dts_tls {
	DTS_TLS_DISABLED,
	DTS_TLS_PREFERRED, /* TLS when the server has it, its certificate not looked at */
	DTS_TLS_REQUIRED,
	DTS_TLS_VERIFY_CA,
	DTS_TLS_VERIFY_IDENTITY,
};

/* What --ssl-ca, --ssl-cert and --ssl-key or an option file say; each may be NULL. */
struct dts_tls_files {
	const char *ca, *cert, *key;
};

/* Before mysql_real_connect(). -1 when this client library cannot do it. */
int dts_client_tls(MYSQL *mysql, enum dts_tls mode, const struct dts_tls_files *files, struct dts_error *err);

/* The connection's socket, or -1. */
int dts_client_socket(MYSQL *mysql);

/* Can this library send any command, and give out the packets that answer it? Not Oracle's. */
bool dts_client_has_packets(void);

/* Sends a command; what comes back is read with dts_client_packet(), to its end, before anything
 * else is asked. 0, or -1 with the cause in mysql_errno(). Begins anew with `p`. */
int dts_client_command(MYSQL *mysql, unsigned command, struct dts_slice args, struct dts_packets *p);

/* The payload of the next packet, borrowed until the next call: 0, or -1: mysql_errno()
 * says why, also for an ERR packet. Taken from the connection without the library where that
 * can be: not under TLS or compression. */
int dts_client_packet(MYSQL *mysql, struct dts_packets *p, struct dts_slice *payload);

/*
 * Asks for the log from a file and offset on: COM_BINLOG_DUMP. The command has
 * 32 bits for the offset: a larger one is an error (CR_UNKNOWN_ERROR). 0, or -1
 * with the cause in mysql_errno(); what the server says comes only with
 * dts_client_dump_next(). MySQL Internals, "COM_BINLOG_DUMP"; the meaning of
 * `flags` differs by server. Begins anew with `p`.
 */
int dts_client_dump(MYSQL *mysql, struct dts_slice file, uint64_t offset, uint16_t flags, uint32_t server_id,
		    struct dts_packets *p);

/* The same of MySQL by what is not wanted, from the oldest file on that has
 * more: COM_BINLOG_DUMP_GTID. `encoded_set` is a GTID set in the binary form
 * that PREVIOUS_GTIDS events have, possibly empty. */
int dts_client_dump_gtid(MYSQL *mysql, struct dts_slice encoded_set, uint16_t flags, uint32_t server_id,
			 struct dts_packets *p);

/* The next packet's event, of up to 1 GiB, borrowed until the next call: 1; 0: the
 * server ended the log; -1: mysql_errno() says why. Touches nothing but the
 * connection and `p`; shutdown() of its socket by another thread ends it with -1. */
int dts_client_dump_next(MYSQL *mysql, struct dts_packets *p, struct dts_slice *event);

/* A source that wants a reply from a semi-synchronous replica numbers its next packets from 1 on, whether it
 * gets one or not. */
void dts_client_dump_restart(MYSQL *mysql, struct dts_packets *p);

/* Sends such a reply, `body` being what is behind its first byte, 0xef. 0, -1: mysql_errno() says why. Not with
 * Oracle's library: see dts_client_has_packets(). */
int dts_client_dump_reply(MYSQL *mysql, struct dts_slice body);

#endif
