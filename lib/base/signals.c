#include "base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t limit; /* seconds; 0: none */

static void on_stop(int number)
{
	/* Asked twice: whoever asks means it. */
	if (stop_signal)
		dts_signals_die(number);
	stop_signal = number;
	if (limit)
		alarm((unsigned)limit);
}

static void on_limit(int number)
{
	(void)number;
	if (stop_signal)
		dts_signals_die(stop_signal);
}

void dts_signals_catch(void)
{
	struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: reads are interrupted */

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void dts_signals_limit(unsigned seconds)
{
	struct sigaction action = {.sa_handler = on_limit};

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	limit = (sig_atomic_t)seconds;
	if (seconds == 0)
		alarm(0);
}

int dts_signals_stop(void)
{
	return stop_signal;
}

_Noreturn void dts_signals_die(int number)
{
	sigset_t set;

	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(128 + number);
}
