/* relubench bounds --n N --psi PSI --xi XI: how many patterns or neurons a sample needs. */
#include "harness/cli/cli.h"
#include "harness/store/scenario.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* The number of option `name` in (low, high); problems are printed. */
static bool read_number(const char *name, const char *text, double low, double high,
			const char *range, double *out)
{
	char *end = NULL;

	*out = text ? strtod(text, &end) : NAN;
	if (text && end != text && !*end && *out > low && *out < high)
		return true;
	cli_say(stderr, "relubench: --%s: expected a number %s, got %s%s%s\n", name, range,
		text ? "\"" : "", text ? text : "nothing", text ? "\"" : "");
	return false;
}

static void print_text(struct scenario s, double n, double psi, double xi)
{
	printf("(n + 1) / (psi xi) - 1         = %.10g\n"
	       "(2 / xi) (n + 1 - log psi)     = %.10g\n"
	       "P >= %.0f (the %s one, rounded up)\n"
	       "With at least %.0f patterns (or neurons, for scp) sampled for n = %.0f samples, "
	       "one "
	       "further pattern lowers the optimum with probability at most %g, with confidence "
	       "%g.\n",
	       s.markov, s.tail, s.least, s.markov < s.tail ? "first" : "second", s.least, n, xi,
	       1 - psi);
}

int cmd_bounds(struct cli_args *args)
{
	double n, psi, xi;
	struct scenario s;
	bool valid = read_number("n", args->n, 0, HUGE_VAL, ">= 1", &n);

	valid = read_number("psi", args->psi, 0, 1, "in (0, 1)", &psi) && valid;
	valid = read_number("xi", args->xi, 0, 1, "in (0, 1)", &xi) && valid;
	if (valid && (n < 1 || n != floor(n))) {
		cli_say(stderr, "relubench: --n: expected a whole number >= 1, got \"%s\"\n",
			args->n);
		valid = false;
	}
	if (!valid)
		return STATUS_SPEC;
	s = scenario_count(n, psi, xi);
	if (args->json)
		cli_print_json(json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "n", n, "psi", psi, "xi",
					 xi, "markov", s.markov, "tail", s.tail, "P", s.least));
	else
		print_text(s, n, psi, xi);
	return STATUS_OK;
}
