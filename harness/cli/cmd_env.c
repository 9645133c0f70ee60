/* relubench env */
#include "harness/cli/cli.h"
#include "harness/machine/env.h"

int cmd_env(struct cli_args *args)
{
	(void)args;
	env_print(stdout);
	return STATUS_OK;
}
