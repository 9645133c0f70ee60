/* Logistic loss l(f, y) = log(1 + exp(-s y f)), y = -1 or +1. The published experiments use s = 2.
 * Of k outputs: softmax cross entropy, l(f, y) = log sum_c exp(s (f_c - f_y)). */
#include "solvers/loss/loss.h"
#include "solvers/loss/rivals.h"

#include <math.h>
#include <stdint.h>

struct logistic_options {
	double loss_scale;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct logistic_options, loss_scale), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "s in log(1 + exp(-s y f)); the published ADMM experiments use 2"},
	{0},
};

static double scale_of(const void *o)
{
	return ((const struct logistic_options *)o)->loss_scale;
}

static double sample(const void *o, double f, double y)
{
	double m = -scale_of(o) * y * f;

	return m > 0 ? m + log1p(exp(-m)) : log1p(exp(m));
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double s = scale_of(o), sum = 0;

	for (size_t k = 0; k < n; k++) { /* log(1 + exp(t)) without overflow */
		double t = -s * (double)y[k] * (double)f[k];

		sum += t > 0 ? t + log1p(exp(-t)) : log1p(exp(t));
	}
	return sum;
}

/* g = -s y / (1 + exp(s y f)) */
static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	double s = scale_of(o);

	for (size_t k = 0; k < n; k++)
		g[k] = (real)(-s * (double)y[k] / (1 + exp(s * (double)y[k] * (double)f[k])));
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	double s = scale_of(o);

	for (size_t k = 0; k < n; k++) {
		double q = 1 / (1 + exp(s * (double)y[k] * (double)f[k]));

		h[k] = (real)(s * s * q * (1 - q));
	}
}

enum {
	PROX_STEPS = 60, /* bisection alone halves the bracket 60 times: below double rounding */
	CHUNK = 256      /* samples solved side by side: four arrays of doubles stay in L1 */
};

/* exp(x) for |x| <= 700 without a branch, so that a loop over samples becomes vector code: 2^k
 * exp(r) with |r| <= log(2)/2 and the Taylor polynomial of degree 13, whose remainder is 4e-18. */
static inline double exp_inline(double x)
{
	static const double log2e = 1.4426950408889634, ln2_high = 0x1.62e42fefa38p-1,
			    ln2_low = 0x1.ef35793c7673p-45, shift = 0x1.8p52;
	double k = x * log2e + shift, r, p;
	union {
		double value;
		uint64_t bits;
	} power = {.value = k}; /* the low bits of k hold the integer */

	k -= shift;
	r = x - k * ln2_high - k * ln2_low;
	p = 1 + r * (1.0 / 13);
	for (int degree = 12; degree > 0; degree--)
		p = 1 + p * r * (1.0 / degree);
	power.bits = (power.bits + 1023) << 52;
	return p * power.value;
}

static inline double clamp(double x, double low, double high)
{
	return x < low ? low : (x > high ? high : x);
}

/* 1 / (1 + exp(-x)) */
static inline double sigmoid(double x)
{
	return 1 / (1 + exp_inline(clamp(-x, -700, 700)));
}

/* One safeguarded Newton step on every lane; the largest change relative to the terms of h. */
static double newton(ptrdiff_t count, double c, const double *restrict m, double *restrict x,
		     double *restrict low, double *restrict high)
{
	double largest = 0;

#pragma omp simd reduction(max : largest)
	for (ptrdiff_t k = 0; k < count; k++) {
		double q = sigmoid(x[k]), h = x[k] + m[k] + c * q,
		       next = x[k] - h / (1 + c * q * (1 - q)), change;

		high[k] = h > 0 ? x[k] : high[k];
		low[k] = h > 0 ? low[k] : x[k];
		next = next >= low[k] && next <= high[k] ? next : (low[k] + high[k]) / 2;
		change = fabs(next - x[k]) / (1 + fabs(x[k]) + fabs(m[k]));
		largest = change > largest ? change : largest;
		x[k] = next;
	}
	return largest;
}

/* Root of q = sigma(-(m + c q)), c = t s^2, m = s y v; then s y z = -logit(q).
 *
 * With x = logit(q): h(x) = x + m + c sigma(x) is increasing with slope >= 1, and the root lies in
 * [-m - c, -m]. Newton alone overflows for large c, so a bracket guards it. */
static void prox_chunk(double s, double t, ptrdiff_t count, const real *v, const real *y, real *z)
{
	double m[CHUNK], x[CHUNK], low[CHUNK], high[CHUNK], c = t * s * s;

#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++) {
		m[k] = s * (double)y[k] * (double)v[k];
		low[k] = -m[k] - c;
		high[k] = -m[k];
		x[k] = clamp(0, low[k], high[k]);
	}
	for (int step = 0; step < PROX_STEPS; step++)
		if (newton(count, c, m, x, low, high) <= 4 * DBL_EPSILON) /* rounding of h */
			break;
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		z[k] = (real)(-x[k] * (double)y[k] / s);
}

static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	double s = scale_of(o);

#pragma omp parallel for schedule(static) if (n > 4 * CHUNK)
	for (size_t first = 0; first < n; first += CHUNK) {
		size_t count = first + CHUNK < n ? CHUNK : n - first;

		prox_chunk(s, t, (ptrdiff_t)count, v + first, y + first, z + first);
	}
}

/* p log p with 0 log 0 = 0 */
static double entropy(double p)
{
	return p > 0 ? p * log(p) : 0;
}

/* With p = -a y / s in [0, 1]: l*(a) = p log p + (1 - p) log(1 - p) */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double loss_scale = scale_of(o), sum = 0;

	for (size_t k = 0; k < n; k++) {
		double p = -s * (double)a[k] * (double)y[k] / loss_scale;

		if (!(p >= 0 && p <= 1))
			return HUGE_VAL;
		sum += entropy(p) + (p < 1 ? (1 - p) * log1p(-p) : 0); /* p may be tiny */
	}
	return sum;
}

static double curvature(const void *o)
{
	double s = scale_of(o);

	return s * s / 4;
}

/* a = -s y q with q = 1 / (1 + exp(s y f)): f = log((1 - q) / q) / (s y) */
static struct loss_entropy dual_entropy(const void *o, double y)
{
	double s = scale_of(o);

	return (struct loss_entropy){1 / s, y > 0 ? -s : 0, y > 0 ? 0 : s};
}

static double outputs_sample(const void *o, ptrdiff_t k, const double *f, const double *y)
{
	double s = scale_of(o), own = 0, most = -HUGE_VAL, sum = 0;

	for (ptrdiff_t c = 0; c < k; c++) {
		own += y[c] > 0.5 ? f[c] : 0;
		most = fmax(most, f[c]);
	}
	for (ptrdiff_t c = 0; c < k; c++)
		sum += exp(s * (f[c] - most));
	return s * (most - own) + log(fmax(1, sum)); /* one of the terms is 1 */
}

/* The exponentials of rows, relative to the largest of them, exp(top): e_c = exp(s (f_c - f_y) -
 * top), top = max(0, s max_{c != y} f_c - f_y). The others than y are summed apart, for the digits
 * of 1 - p_y. */
struct exponentials {
	struct rivals rows;
	double top[RIVALS_ROWS], own[RIVALS_ROWS]; /* own: e_y */
	double others[RIVALS_ROWS];                /* sum_{c != y} e_c */
};

static struct exponentials exponentials_of(double s, struct mat F, struct targets y,
					   ptrdiff_t first)
{
	struct exponentials e;

	e.rows = rivals_of(F, y, first);
#pragma omp simd
	for (ptrdiff_t r = 0; r < e.rows.count; r++) {
		e.top[r] = clamp(s * e.rows.lead[r], 0, DBL_MAX);
		e.own[r] = exp_inline(clamp(-e.top[r], -700, 0));
		e.others[r] = 0;
	}
	for (ptrdiff_t c = 0; c < F.cols; c++) {
		const real *f = mat_col(F, c) + first;

#pragma omp simd
		for (ptrdiff_t r = 0; r < e.rows.count; r++) {
			double x = s * ((double)f[r] - e.rows.own[r]) - e.top[r];

			e.others[r] += e.rows.label[r] == c ? 0 : exp_inline(clamp(x, -700, 0));
		}
	}
	return e;
}

static double outputs_value(const void *o, struct mat F, struct targets y)
{
	double s = scale_of(o), sum = 0;

	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct exponentials e = exponentials_of(s, F, y, first);

		for (ptrdiff_t r = 0; r < e.rows.count; r++)
			sum += e.top[r] + log1p(e.others[r] + (e.own[r] - 1));
	}
	return sum;
}

/* g_c = s p_c, g_y = -s (1 - p_y) */
static void outputs_gradient(const void *o, struct mat F, struct targets y, struct mat G)
{
	double s = scale_of(o);

#pragma omp parallel for schedule(static) if (y.n > 4 * RIVALS_ROWS)
	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct exponentials e = exponentials_of(s, F, y, first);

		for (ptrdiff_t c = 0; c < F.cols; c++) {
			const real *f = mat_col(F, c) + first;
			real *g = mat_col(G, c) + first;

#pragma omp simd
			for (ptrdiff_t r = 0; r < e.rows.count; r++) {
				double x = s * ((double)f[r] - e.rows.own[r]) - e.top[r];
				double p = exp_inline(clamp(x, -700, 0));

				p = e.rows.label[r] == c ? -e.others[r] : p;
				g[r] = (real)(s * p / (e.own[r] + e.others[r]));
			}
		}
	}
}

/* Of a direction v in a block of rows, w_c = v_c - v_y. */
struct curve {
	double own[RIVALS_ROWS], mean[RIVALS_ROWS]; /* v_y, sum_c p_c w_c */
};

static inline double probability(double s, const struct exponentials *e, const real *f, ptrdiff_t r)
{
	double x = s * ((double)f[r] - e->rows.own[r]) - e->top[r];

	return exp_inline(clamp(x, -700, 0)) / (e->own[r] + e->others[r]);
}

static void add_mean(double s, const struct exponentials *e, const real *f, const real *v,
		     struct curve *curve)
{
#pragma omp simd
	for (ptrdiff_t r = 0; r < e->rows.count; r++)
		curve->mean[r] += probability(s, e, f, r) * ((double)v[r] - curve->own[r]);
}

/* h = s^2 p (w - sum_c p_c w_c), w_c = v_c - v_y */
static void outputs_hessian_product(const void *o, struct mat F, struct targets y, struct mat V,
				    struct mat H)
{
	double s = scale_of(o);

	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct exponentials e = exponentials_of(s, F, y, first);
		struct curve curve;

		for (ptrdiff_t r = 0; r < e.rows.count; r++) {
			curve.own[r] = (double)mat_get(V, first + r, e.rows.label[r]);
			curve.mean[r] = 0;
		}
		for (ptrdiff_t c = 0; c < F.cols; c++)
			add_mean(s, &e, mat_col(F, c) + first, mat_col(V, c) + first, &curve);
		for (ptrdiff_t c = 0; c < F.cols; c++) {
			const real *f = mat_col(F, c) + first, *v = mat_col(V, c) + first;
			real *h = mat_col(H, c) + first;

#pragma omp simd
			for (ptrdiff_t r = 0; r < e.rows.count; r++) {
				double w = (double)v[r] - curve.own[r];

				h[r] = (real)(s * s * probability(s, &e, f, r) *
					      (w - curve.mean[r]));
			}
		}
	}
}

enum { OMEGA_STEPS = 3 };

/* log omega for omega + log(omega) = rho (the Wright omega function): Halley's method from within
 * 0.4, whose error e -> e^3 / 12 is below rounding after three steps. */
static inline double log_omega(double rho)
{
	union {
		double value;
		uint64_t bits;
	} x = {.value = rho > 1 ? rho : 1};
	/* The exponent, and the mantissa as it stands, are log2 to 0.09. */
	double log2 = (double)(int32_t)(x.bits >> 32) * 0x1p-20 - 1023, y;

	y = rho < -1 ? rho : (rho < 1 ? (rho - 1) / 2 : log2 * 0.6931471805599453);
	for (int step = 0; step < OMEGA_STEPS; step++) {
		double e = exp_inline(clamp(y, -700, 700)), h = y + e - rho;

		y -= h / (1 + e - h * e / (2 * (1 + e)));
	}
	return y;
}

/* The prox of rows by one unknown each, x = log((1 - p_y) / p_y): with c = t s^2, Q = c (1 - p_y) =
 * c sigma(x) and q_c = c p_c of the rivals,
 *
 *     s z_y = s v_y + Q,  s z_c = s v_c - q_c,  q_c = omega(rho_c),  rho_c = m_c - Q + log(c - Q),
 *
 * m_c = s (v_c - v_y), and h(x) = log(Q) - log(sum_c q_c) = 0, which rises. Its root lies in [l -
 * 2 c, l], l = log sum_c exp(m_c), as log(q_c) - log(c - Q) is in [m_c - 2 c, m_c]. */
struct prox_rows {
	struct rivals rows;
	double s, c;
	double x[RIVALS_ROWS], low[RIVALS_ROWS], high[RIVALS_ROWS];
	double Q[RIVALS_ROWS], shift[RIVALS_ROWS]; /* at x: Q, rho_c - m_c */
};

/* log sigma(-x) */
static double log_complement(double x)
{
	return -fmax(x, 0) - log1p(exp(-fabs(x)));
}

static void prox_place(struct prox_rows *p)
{
	for (ptrdiff_t r = 0; r < p->rows.count; r++) {
		p->Q[r] = p->c * sigmoid(p->x[r]);
		p->shift[r] = log(p->c) + log_complement(p->x[r]) - p->Q[r];
	}
}

/* log sum_c q_c, relative to the largest, and the share of its slope: sum_c q_c / (1 + q_c) /
 * sum_c q_c */
static void prox_sums(const struct prox_rows *p, struct mat V, ptrdiff_t first, double *level,
		      double *share)
{
	double largest[RIVALS_ROWS], sum[RIVALS_ROWS];

#pragma omp simd
	for (ptrdiff_t r = 0; r < p->rows.count; r++) {
		largest[r] = log_omega(p->s * p->rows.lead[r] + p->shift[r]);
		sum[r] = share[r] = 0;
	}
	for (ptrdiff_t c = 0; c < V.cols; c++) {
		const real *v = mat_col(V, c) + first;

#pragma omp simd
		for (ptrdiff_t r = 0; r < p->rows.count; r++) {
			double m = p->s * ((double)v[r] - p->rows.own[r]);
			double q = log_omega(m + p->shift[r]);
			double e = exp_inline(clamp(q - largest[r], -700, 0));

			e = p->rows.label[r] == c ? 0 : e;
			sum[r] += e;
			share[r] += e / (1 + exp_inline(clamp(q, -700, 700)));
		}
	}
	for (ptrdiff_t r = 0; r < p->rows.count; r++) {
		level[r] = largest[r] + log(sum[r]);
		share[r] /= sum[r];
	}
}

/* One safeguarded Newton step on every row; the largest change relative to the terms of h. */
static double prox_newton(struct prox_rows *p, struct mat V, ptrdiff_t first)
{
	double level[RIVALS_ROWS], share[RIVALS_ROWS], largest = 0;

	prox_sums(p, V, first, level, share);
	for (ptrdiff_t r = 0; r < p->rows.count; r++) {
		double x = p->x[r], wrong = sigmoid(x), right = sigmoid(-x);
		double h = log(p->c) + log_complement(-x) - level[r];
		double next = x - h / (right + share[r] * wrong * (p->c * right + 1));

		p->high[r] = h > 0 ? x : p->high[r];
		p->low[r] = h > 0 ? p->low[r] : x;
		next = next >= p->low[r] && next <= p->high[r] ? next
							       : (p->low[r] + p->high[r]) / 2;
		largest = fmax(largest, fabs(next - x) / (1 + fabs(x) + fabs(level[r])));
		p->x[r] = next;
	}
	prox_place(p);
	return largest;
}

static void prox_of_rows(struct prox_rows *p, struct mat V, struct mat Z, ptrdiff_t first)
{
	prox_place(p);
	for (int step = 0; step < PROX_STEPS; step++)
		if (prox_newton(p, V, first) <= 4 * DBL_EPSILON) /* rounding of h */
			break;
	for (ptrdiff_t c = 0; c < V.cols; c++) {
		const real *v = mat_col(V, c) + first;
		real *z = mat_col(Z, c) + first;

#pragma omp simd
		for (ptrdiff_t r = 0; r < p->rows.count; r++) {
			double m = p->s * ((double)v[r] - p->rows.own[r]);
			double q = exp_inline(clamp(log_omega(m + p->shift[r]), -700, 700));

			z[r] = (real)(p->rows.label[r] == c ? p->rows.own[r] + p->Q[r] / p->s
							    : (double)v[r] - q / p->s);
		}
	}
}

static void outputs_prox(const void *o, double t, struct mat V, struct targets y, struct mat Z)
{
	double s = scale_of(o), c = t * s * s;

#pragma omp parallel for schedule(static) if (y.n > 4 * RIVALS_ROWS)
	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct exponentials e = exponentials_of(s, V, y, first);
		struct prox_rows p = {.rows = e.rows, .s = s, .c = c};

		for (ptrdiff_t r = 0; r < p.rows.count; r++) {
			p.high[r] = e.top[r] + log(e.others[r]);
			p.low[r] = p.high[r] - 2 * c;
			p.x[r] = clamp(0, p.low[r], p.high[r]);
		}
		prox_of_rows(&p, V, Z, first);
	}
}

/* sum of p log(p), p = scale a, over the rows whose class is not c */
static double entropy_of_rival(const real *a, const int *label, ptrdiff_t c, double scale,
			       ptrdiff_t count)
{
	double sum = 0;

	for (ptrdiff_t r = 0; r < count; r++)
		sum += label[r] == c ? 0 : entropy(scale * (double)a[r]);
	return sum;
}

/* l*(a) = sum_c p log(p) with p = a / s + e_y on the simplex */
static double outputs_conjugate(const void *o, double s, struct mat A, struct targets y)
{
	double scale = s / scale_of(o), sum = 0;

	for (ptrdiff_t first = 0; first < y.n; first += RIVALS_ROWS) {
		struct rivals_face face = rivals_face(A, y, first, scale);

		if (!face.inside)
			return HUGE_VAL;
		for (ptrdiff_t c = 0; c < A.cols; c++)
			sum += entropy_of_rival(mat_col(A, c) + first, y.label + first, c, scale,
						face.count);
		for (ptrdiff_t r = 0; r < face.count; r++) { /* p_y = 1 - the others */
			double others = face.others[r];

			sum += others < 1 ? (1 - others) * log1p(-others) : 0;
		}
	}
	return sum;
}

static double outputs_curvature(const void *o)
{
	double s = scale_of(o);

	return s * s / 2; /* p = 1/2 twice */
}

static const struct loss_outputs outputs = {
	.sample = outputs_sample,
	.value = outputs_value,
	.gradient = outputs_gradient,
	.hessian_product = outputs_hessian_product,
	.prox = outputs_prox,
	.conjugate = outputs_conjugate,
	.curvature = outputs_curvature,
};

const struct loss loss_logistic = {
	.base = {.name = "logistic",
		 .doc = "log(1 + exp(-s y f))",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct logistic_options)},
	.falls = true,
	.smooth = true,
	.sample = sample,
	.value = value,
	.gradient = gradient,
	.hessian = hessian,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
	.entropy = dual_entropy,
	.outputs = &outputs,
};
