/* relubench bounds --n N --psi PSI --xi XI: how many patterns or neurons a sample needs. */
#include "harness/cli/cli.h"
#include "harness/stats/scenario.h"

#include <jansson.h>

static const char assumptions[] =
	"What each needs:\n"
	"all        independent draws from one distribution, repeated patterns counted again;\n"
	"           the dual, a convex program in n + 1 variables with a constraint per draw,\n"
	"           has one optimum for every sample, or a rule chooses one\n"
	"first      Markov's inequality on the expected probability <= (n + 1) / (P + 1)\n"
	"second     a bound of the binomial sum (Calafiore, Campi 2006)\n"
	"binomial   the sum itself (Campi, Garatti 2008): no smaller P is enough for every\n"
	"           such program, as it is attained where n + 1 draws hold the optimum\n";

static int run(struct cli_args *args)
{
	const double n = (double)args->n, psi = args->psi, xi = args->xi;
	const struct scenario s = scenario_count(n, psi, xi);

	if (args->json)
		cli_print_json(json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "n", n, "psi", psi,
					 "xi", xi, "markov", s.markov, "tail", s.tail, "P", s.least,
					 "P_binomial", s.binomial));
	else
		printf("(n + 1) / (psi xi) - 1         = %.10g\n"
		       "(2 / xi) (n + 1 - log psi)     = %.10g\n"
		       "P >= %.0f (the %s one, rounded up), as published\n"
		       "P >= %.0f by the binomial condition, %.3g of it: the least P with\n"
		       "     sum_{i = 0}^{n} C(P, i) xi^i (1 - xi)^(P - i) <= psi\n"
		       "With at least so many patterns (or neurons, for scp) sampled for n = %.0f "
		       "samples, one further pattern lowers the optimum with probability at most "
		       "%g, with confidence %g.\n\n%s",
		       s.markov, s.tail, s.least, s.markov < s.tail ? "first" : "second",
		       s.binomial, s.binomial / s.least, n, xi, 1 - psi, assumptions);
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
