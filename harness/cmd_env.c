/* relubench env */
#include "harness/cli.h"
#include "harness/store/env.h"

int cmd_env(struct cli_args *args)
{
	(void)args;
	env_print(stdout);
	return STATUS_OK;
}
