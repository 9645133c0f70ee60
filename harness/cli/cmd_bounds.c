/* relubench bounds --n N --psi PSI --xi XI: how many patterns or neurons a sample needs. */
#include "harness/cli/cli.h"
#include "harness/store/scenario.h"

#include <jansson.h>

static int run(struct cli_args *args)
{
	const double n = (double)args->n, psi = args->psi, xi = args->xi;
	const struct scenario s = scenario_count(n, psi, xi);

	if (args->json)
		cli_print_json(json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "n", n, "psi", psi, "xi",
					 xi, "markov", s.markov, "tail", s.tail, "P", s.least));
	else
		printf("(n + 1) / (psi xi) - 1         = %.10g\n"
		       "(2 / xi) (n + 1 - log psi)     = %.10g\n"
		       "P >= %.0f (the %s one, rounded up)\n"
		       "With at least %.0f patterns (or neurons, for scp) sampled for n = %.0f "
		       "samples, one further pattern lowers the optimum with probability at most "
		       "%g, with confidence %g.\n",
		       s.markov, s.tail, s.least, s.markov < s.tail ? "first" : "second", s.least,
		       n, xi, 1 - psi);
	return STATUS_OK;
}

static const struct cli_option options[] = {
	{CLI_NUMBER(n, "N", RANGE_FROM(1), "training samples"), .letter = 'n'},
	{CLI_NUMBER(psi, "PSI", RANGE_BETWEEN(0, 1), "1 - confidence")},
	{CLI_NUMBER(xi, "XI", RANGE_BETWEEN(0, 1),
		    "probability that a further pattern lowers the optimum")},
	CLI_OPTION_JSON,
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_bounds = {
	.name = "bounds",
	.doc = "How many sampled patterns or neurons are enough, before anything is run.",
	.options = options,
	.run = run,
};
