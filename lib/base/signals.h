#ifndef DTS_BASE_SIGNALS_H
#define DTS_BASE_SIGNALS_H

/*
 * SIGINT and SIGTERM set a flag that loops look at; SIGPIPE is ignored, so
 * that a closed pipe is an error of write(2), as is a file that would become
 * larger than it may (SIGXFSZ). Blocking calls are interrupted.
 */
void dts_signals_catch(void);

/*
 * From the stop signal on there are so many seconds to end in, then we die by it:
 * the client libraries go on waiting for a server that hangs. 0: no limit, nor one
 * that has begun. By SIGALRM, which must be blocked nowhere for long.
 */
void dts_signals_limit(unsigned seconds);

/* The signal that asked us to stop, or 0. */
int dts_signals_stop(void);

/* Dies by `signal` as if it had never been caught (a bounded tool's answer). */
_Noreturn void dts_signals_die(int signal);

#endif
