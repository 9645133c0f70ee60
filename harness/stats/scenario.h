/* How many sampled patterns or neurons are enough (Bai, Gautam, Sojoudi 2023, after the scenario
 * approach: Calafiore, Campi 2006; Campi, Garatti 2008), and an exact interval of a measured share.
 *
 * With P patterns drawn independently for n samples and
 *
 *     P >= min{ (n + 1) / (psi xi) - 1,  (2 / xi) (n + 1 - log psi) }
 *
 * one further pattern lowers the optimum with probability at most xi, with confidence 1 - psi. The
 * patterns are constraints of the dual, a convex program in n + 1 variables (its epigraph). Of such
 * programs Campi and Garatti say exactly how few constraints are enough: the least P with
 *
 *     sum_{i = 0}^{n} C(P, i) xi^i (1 - xi)^(P - i) = I_{1 - xi}(P - n, n + 1) <= psi,
 *
 * which is attained where n + 1 constraints hold the optimum. All need draws that are independent,
 * and one optimum, or a rule that chooses one. */
#ifndef STATS_SCENARIO_H
#define STATS_SCENARIO_H

struct scenario {
	double markov;   /* (n + 1) / (psi xi) - 1 */
	double tail;     /* (2 / xi) (n + 1 - log psi) */
	double least;    /* the smaller one, rounded up */
	double binomial; /* the least P by the sum, never above the others */
};

/* n >= 1, a whole number; psi and xi in (0, 1). */
struct scenario scenario_count(double n, double psi, double xi);

/* The least xi that P promises; NaN if there is none below 1. */
double scenario_level(double n, double P, double psi);

/* The xi for which P is just enough by the sum; NaN up to P = n, which says nothing. */
double scenario_binomial_level(double n, double P, double psi);

/* I_x(a, b), the regularised incomplete beta function; a, b > 0, x in [0, 1]. */
double scenario_beta(double a, double b, double x);

/* Exact 95 % interval of a proportion (Clopper, Pearson 1934). NaN for n = 0. */
void scenario_interval(double successes, double n, double *low, double *high);

#endif
