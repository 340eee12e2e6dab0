#ifndef DTS_BASE_SIGNALS_H
#define DTS_BASE_SIGNALS_H

/*
 * SIGINT and SIGTERM set a flag that loops look at; SIGPIPE is ignored, so
 * that a closed pipe is an error of write(2), as is a file that would become
 * larger than it may (SIGXFSZ). Blocking calls are interrupted.
 */
void dts_signals_catch(void);

/* The signal that asked us to stop, or 0. */
int dts_signals_stop(void);

/* Dies by `signal` as if it had never been caught (a bounded tool's answer). */
_Noreturn void dts_signals_die(int signal);

#endif
