/* The request is a flag that the training loop looks at between iterations. */
#include "harness/run/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t requested;

static void request(int signal)
{
	(void)signal;
	requested = 1;
}

void interrupt_install(void)
{
	struct sigaction action = {.sa_handler = request, .sa_flags = SA_RESTART};

	requested = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL); /* as launchers of ranks pass it on */
}

bool interrupt_requested(void)
{
	return requested;
}
