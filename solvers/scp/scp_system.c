/* The two Newton systems of the interior point for SCP. See scp_system.h. */
#include "solvers/scp/scp_system.h"

#include "solvers/core/blas.h"
#include "solvers/scp/scp_products.h"

#include <math.h>
#include <string.h>

static const double first_ridge = 16 * REAL_EPSILON, most_ridge = 0.1;

/* Conjugate gradients end at this share of the right-hand side, in the norm of the factor. */
static const double solved = 1e-13;

/* A solution that leaves more is taken from the other system. */
static const double accurate = 1e-2;

enum {
	REFINEMENTS = 40,
	CHUNK = 256,        /* rows or columns of T built at once */
	MOST_SAMPLES = 2000 /* of a system in samples: a factorisation of 3 GFLOP */
};

struct scp_system scp_system_new(ptrdiff_t n, ptrdiff_t most, struct ranks *ranks,
				 struct arena *arena)
{
	struct scp_system s = {.ranks = ranks};
	bool in_samples = !ranks && n <= MOST_SAMPLES;

	s.v = ARENA_ARRAY(arena, double, n);
	s.s = ARENA_ARRAY(arena, double, most);
	for (size_t v = 0; v < sizeof s.work / sizeof s.work[0]; v++)
		s.work[v] = ARENA_ARRAY(arena, double, n > most ? n : most);
	s.rounded = ARENA_ARRAY(arena, real, n > most ? n : most);
	s.in_samples = in_samples ? mat_lower(arena, n) : (struct mat){0};
	s.in_neurons = mat_lower(arena, most);
	s.T = mat_new(arena, CHUNK, !in_samples || n < most ? most : n);
	return s;
}

bool scp_system_uses(const struct scp_system *s, enum scp_system_kind which)
{
	bool few = s->in_samples.rows > 0 && s->in_samples.rows <= s->Phi.cols;

	if (which == SCP_IN_SAMPLES)
		return few || (s->late && s->in_samples.rows > 0);
	return !few || s->late;
}

static ptrdiff_t order(const struct scp_system *s, enum scp_system_kind which)
{
	return which == SCP_IN_SAMPLES ? s->Phi.rows : s->Phi.cols;
}

static struct mat factor_of(const struct scp_system *s, enum scp_system_kind which)
{
	struct mat room = which == SCP_IN_SAMPLES ? s->in_samples : s->in_neurons;

	return mat_rows(mat_cols(room, 0, order(s, which)), 0, order(s, which));
}

/* C += Phi S Phi' over chunks of columns. */
static void accumulate_columns(struct scp_system *s, struct mat C)
{
	struct mat Phi = s->Phi;

	for (ptrdiff_t first = 0; first < Phi.cols; first += CHUNK) {
		ptrdiff_t count = first + CHUNK < Phi.cols ? CHUNK : Phi.cols - first;
		struct mat T = {Phi.rows, count, Phi.rows, s->T.at};

		for (ptrdiff_t j = 0; j < count; j++) {
			const real *restrict phi = mat_col(Phi, first + j);
			real *restrict to = mat_col(T, j), root = (real)sqrt(s->s[first + j]);

#pragma omp simd
			for (ptrdiff_t k = 0; k < T.rows; k++)
				to[k] = phi[k] * root;
		}
		blas_syrk(1, T, PLAIN, 1, C); /* n x n */
	}
}

/* C += T'T over chunks of rows. */
static void accumulate_rows(struct scp_system *s, struct mat C)
{
	struct mat Phi = s->Phi;

	for (ptrdiff_t first = 0; first < Phi.rows; first += CHUNK) {
		ptrdiff_t count = first + CHUNK < Phi.rows ? CHUNK : Phi.rows - first;
		struct mat T = {count, Phi.cols, CHUNK, s->T.at};
		real w[CHUNK];

		for (ptrdiff_t k = 0; k < count; k++)
			w[k] = (real)(1 / sqrt(s->v[first + k]));
		for (ptrdiff_t j = 0; j < T.cols; j++) {
			const real *restrict phi = mat_col(Phi, j) + first;
			real *restrict to = mat_col(T, j), root = (real)sqrt(s->s[j]);

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				to[k] = w[k] * phi[k] * root;
		}
		blas_syrk(1, T, TRANSPOSED, 1, C); /* N x N */
	}
}

/* The system with a diagonal larger by the share `ridge`. */
static void assemble(struct scp_system *s, enum scp_system_kind which, double ridge)
{
	struct mat C = factor_of(s, which);

	mat_fill(C, 0);
	for (ptrdiff_t j = 0; j < C.cols && ranks_at(s->ranks) == 0; j++)
		mat_set(C, j, j, which == SCP_IN_SAMPLES ? (real)s->v[j] : 1);
	if (which == SCP_IN_SAMPLES)
		accumulate_columns(s, C);
	else
		accumulate_rows(s, C);
	ranks_sum_lower(s->ranks, C);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		mat_set(C, j, j, mat_get(C, j, j) * (real)(1 + ridge));
}

/* Where rounding makes the system indefinite, as in single precision it does for small beta, the
 * least ridge that helps: conjugate gradients take it away again as far as they can. */
static bool factor(struct scp_system *s, enum scp_system_kind which)
{
	assemble(s, which, 0);
	for (double ridge = first_ridge; !blas_cholesky(factor_of(s, which)); ridge *= 100) {
		if (ridge > most_ridge)
			return false;
		assemble(s, which, ridge);
	}
	return true;
}

bool scp_system_factor(struct scp_system *s)
{
	return (!scp_system_uses(s, SCP_IN_SAMPLES) || factor(s, SCP_IN_SAMPLES)) &&
	       (!scp_system_uses(s, SCP_IN_NEURONS) || factor(s, SCP_IN_NEURONS));
}

/* to = system x; t (of the other order) is scratch. */
static void apply(const struct scp_system *s, enum scp_system_kind which, const double *x,
		  double *t, double *to)
{
	struct mat Phi = s->Phi;

	if (which == SCP_IN_SAMPLES) {
		scp_products_transposed(s->ranks, Phi, x, t); /* N: Phi'x */
		for (ptrdiff_t i = 0; i < Phi.cols; i++)
			t[i] *= s->s[i];
		scp_products_plain(Phi, t, to); /* n: Phi S Phi'x */
		for (ptrdiff_t k = 0; k < Phi.rows; k++)
			to[k] += s->v[k] * x[k];
		return;
	}
	for (ptrdiff_t i = 0; i < Phi.cols; i++)
		to[i] = x[i] * sqrt(s->s[i]);
	scp_products_plain(Phi, to, t); /* n: Phi S^(1/2) x */
	for (ptrdiff_t k = 0; k < Phi.rows; k++)
		t[k] /= s->v[k];
	scp_products_transposed(s->ranks, Phi, t, to); /* N */
	for (ptrdiff_t i = 0; i < Phi.cols; i++)
		to[i] = x[i] + to[i] * sqrt(s->s[i]);
}

/* z = (factor)^-1 r */
static void precondition(struct scp_system *s, enum scp_system_kind which, const double *r,
			 double *z)
{
	ptrdiff_t n = order(s, which);
	double largest = 0;

	for (ptrdiff_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(r[i]));
	largest = largest > 0 ? largest : 1; /* `real` may not hold r */
	for (ptrdiff_t i = 0; i < n; i++)
		s->rounded[i] = (real)(r[i] / largest);
	blas_triangular_solve(factor_of(s, which), BLAS_SOLVE_BLOCK, s->rounded);
	for (ptrdiff_t i = 0; i < n; i++)
		z[i] = (double)s->rounded[i] * largest;
}

static double dot(ptrdiff_t n, const double *x, const double *y)
{
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t i = 0; i < n; i++)
		sum += x[i] * y[i];
	return sum;
}

void scp_system_solve(struct scp_system *s, enum scp_system_kind which, double *b, double *t,
		      double *x)
{
	double *z = s->work[1], *d = s->work[2], *ad = s->work[3], now, start;
	ptrdiff_t n = order(s, which);

	memset(x, 0, (size_t)n * sizeof *x);
	precondition(s, which, b, z);
	memcpy(d, z, (size_t)n * sizeof *d);
	now = start = dot(n, b, z);
	for (int step = 0; step < REFINEMENTS && now > solved * solved * start; step++) {
		double curve, length, before = now;

		apply(s, which, d, t, ad);
		curve = dot(n, d, ad);
		if (!(curve > 0))
			break;
		length = now / curve;
		for (ptrdiff_t i = 0; i < n; i++) {
			x[i] += length * d[i];
			b[i] -= length * ad[i];
		}
		precondition(s, which, b, z);
		now = dot(n, b, z);
		for (ptrdiff_t i = 0; i < n; i++)
			d[i] = z[i] + now / before * d[i];
	}
	s->left[which] = start > 0 ? sqrt(fabs(now) / start) : 0;
}

bool scp_system_better(const struct scp_system *s, enum scp_system_kind which)
{
	double other = s->left[which == SCP_IN_SAMPLES ? SCP_IN_NEURONS : SCP_IN_SAMPLES];

	return other > accurate && s->left[which] < other;
}
