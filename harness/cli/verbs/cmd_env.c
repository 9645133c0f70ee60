/* relubench env */
#include "harness/cli/cli.h"
#include "harness/machine/env.h"

static int run(struct cli_args *args)
{
	(void)args;
	env_print(stdout);
	return STATUS_OK;
}

const struct cli_verb cmd_env = {
	.name = "env",
	.doc = "Build, BLAS, CPU, memory, versions.",
	.run = run,
};
