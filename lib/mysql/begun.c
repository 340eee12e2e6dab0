#include <sys/random.h>
#include <unistd.h>

#include "mysql/client.h"
#include "mysql/place.h"

/* MySQL source documentation, "Binlog_event_type" and "Binlog Event Header". */
enum {
	NON_BLOCK = 1, /* the log ends where it ends now */
	HEADER = 19,
	FORMAT_DESCRIPTION = 15,
	FEW = 8, /* packets; the second is it */
};

/* Two replicas of one number throw each other out, so the range is used well. */
static uint32_t random_id(void)
{
	uint32_t id = 0;

	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		id = (uint32_t)getpid() * 2654435761u;
	return (id & 0x7fffffff) | 0x40000000;
}

/* Without a checksum it would not be sent, and without an id of its own a replica throws others out. */
static int introduce(struct dts_session *s, struct dts_error *err)
{
	return dts_session_run(s, s->family == DTS_MARIADB
		? DTS_LIT("SET @master_binlog_checksum=@@global.binlog_checksum, @mariadb_slave_capability=4")
		: DTS_LIT("SET @source_binlog_checksum=@@global.binlog_checksum, @master_binlog_checksum=@@global.binlog_checksum,"
			  " @replica_uuid=UUID(), @slave_uuid=@replica_uuid"), err);
}

/* The file's first event comes first, wherever in the file one begins, with the time of its making. */
static int read_first(struct dts_session *s, struct dts_packets *packets, struct dts_position *p, struct dts_error *err)
{
	struct dts_slice event;
	int rc = 1;

	for (int i = 0; i < FEW && rc > 0; i++) {
		rc = dts_client_dump_next(s->mysql, packets, &event);
		if (rc > 0 && event.len >= HEADER && event.p[4] == FORMAT_DESCRIPTION) {
			for (int byte = 3; byte >= 0; byte--)
				p->created = p->created << 8 | (unsigned char)event.p[byte];
			return p->created != 0;
		}
	}
	return rc < 0 ? dts_session_fail(s, err, "reading the log of") : 0;
}

int dts_place_begun(const struct dts_connect_options *o, struct dts_position *p, struct dts_error *err)
{
	struct dts_session s = {0};
	struct dts_packets packets = {0};
	struct dts_error why = DTS_ERROR_INIT;
	int rc = 0;

	p->created = 0;
	if (p->offset > UINT32_MAX) /* the command has 32 bits for it */
		return 0;
	if (dts_session_open(&s, o, &why) < 0 || introduce(&s, &why) < 0)
		rc = -1;
	else if (dts_client_dump(s.mysql, dts_slice_of(p->file), p->offset, NON_BLOCK, random_id(), &packets) < 0)
		rc = dts_session_fail(&s, &why, "cannot ask for the log of");
	else
		rc = read_first(&s, &packets, p, &why);
	/* The server is still sending what follows. */
	dts_session_abort(&s);
	dts_session_close(&s);
	dts_packets_release(&packets);
	if (rc < 0 && why.status == DTS_REFUSED)
		return 0;
	if (rc < 0)
		*err = why;
	return rc;
}
