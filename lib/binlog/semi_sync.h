#ifndef DTS_BINLOG_SEMI_SYNC_H
#define DTS_BINLOG_SEMI_SYNC_H

#include <pthread.h>

#include "base/buf.h"

/*
 * Semi-synchronous replication: the source lets a commit wait until a replica has acknowledged its events. Each
 * event comes behind two bytes, 0xef and whether a reply is wanted; the reply is 0xef, the position behind the event and the
 * file's name. MySQL Source Code Documentation, "Semi-synchronous replication"; MariaDB Knowledge Base, the same.
 *
 * The reply says that the event's records were written. So the thread that reads waits for the one that writes, for
 * a while; then it reads on, and the reply is sent late, behind an event that comes when the records are written.
 */
struct dts_semi_sync {
	bool on;              /* asked for; set before reading */
	uint64_t read;        /* events that were given out; the reader's own, as all up to `lock` */
	struct dts_buf reply; /* that is to be sent; empty: none */
	uint64_t wanted;      /* `read` when it was wanted */
	bool waited;          /* for as long as we do: it is sent behind a later event, such as a heartbeat */
	struct dts_buf file;  /* the one that is read */
	bool restarts;        /* behind the last event the packets are numbered from 1 again */

	pthread_mutex_t lock; /* for the rest */
	pthread_cond_t changed;
	uint64_t written;     /* events whose records have been */
	bool ended;
};

void dts_semi_sync_init(struct dts_semi_sync *s);
void dts_semi_sync_release(struct dts_semi_sync *s);

/* A connection begins to be read. Not while another thread reads. */
void dts_semi_sync_begin(struct dts_semi_sync *s);

/* Takes the two bytes off an event that has them (a source that does not wait for replicas leaves them out), and
 * notes a reply that is wanted. */
void dts_semi_sync_take(struct dts_semi_sync *s, struct dts_slice *event);

/* Before the next event is read: true if s->reply is to be sent, what it is about having been written; clear it then. */
bool dts_semi_sync_due(struct dts_semi_sync *s);

/* By the thread that writes: the records of so many events have been. */
void dts_semi_sync_written(struct dts_semi_sync *s, uint64_t events);

/* Makes a dts_semi_sync_due() that waits in another thread return. */
void dts_semi_sync_end(struct dts_semi_sync *s);

#endif
