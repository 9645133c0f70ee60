/* The relaxation by operator splitting (ADMM), for orders that no Newton system is for:
 *
 *     min f(S) + Ind(T >= 0 semidefinite) + Ind(Q >= 0, diag Q_ab = 0)
 *     s.t. S = T,  K S_qq K' = Q
 *
 * with one penalty rho, scaled duals U and V, and over-relaxation. K'K is 2 I but for the 2 d
 * dimensions of the range of X in b and of u, where it has pairs of eigenvectors of its own
 * (columns of P, h): so the S-step
 *
 *     S_qq + K'K S_qq K'K = B   is   B / 5 + P G + G'P',
 *     G = diag(1 / (1 + 2h) - 1/5) P'B + E P' / 2,
 *
 * E what (P'B P)_ij / (1 + h_i h_j) still lacks. S_qv is a ridge regression in the rows of the
 * loss, whose Gram matrix FF' is decomposed once. One eigendecomposition of order n + d + c is
 * the rest of an iteration. */
#include "solvers/lift/lift_splitting.h"

#include "solvers/core/blas.h"
#include "solvers/semidefinite/semidefinite.h"
#include "solvers/tools/penalty.h"

#include <math.h>

static const double relaxed = 1.6;

/* Share of the largest singular value of X below which a direction of u is not seen. */
static const double unseen = 1e-7;

struct splitting {
	const struct lift *lift;
	struct penalty rho;
	long iteration;
	struct mat S, T, U, Z, B, work; /* order x order; Z the multiplier -rho U */
	struct mat Q, V, L, Theta;      /* 2n x 2n */
	struct mat P, W, G, E;          /* q x 2d, 2d x q twice, 2d x 2d */
	real *h;                        /* 2d */
	struct mat gram, R, FB;         /* rows x rows: eigenvectors of FF'; rows x c */
	real *e, *w;                    /* rows: its eigenvalues; order */
};

/* Eigenvectors of K'K beside 2: of each right singular vector v of X, with X v = s p, those of
 * [2 s; s s^2] in (p, v). One that X does not see is (0, v) with 0, and the other of its pair is
 * left 0. */
static void pair_of(struct splitting *s, ptrdiff_t j, struct mat right, double singular)
{
	const struct lift *l = s->lift;
	double square = singular * singular, half = (2 + square) / 2;
	double high = half + sqrt(half * half - square);

	for (int k = 0; k < 2; k++) {
		double h = k ? high : square / high, u = h - 2, norm = sqrt(square + u * u);
		real *p = mat_col(s->P, 2 * j + k);

		if (k && !(singular > 0))
			return;
		s->h[2 * j + k] = (real)h;
		for (ptrdiff_t i = 0; i < l->d; i++)
			p[l->n + i] = (real)(u / norm) * mat_get(right, i, j);
		if (singular > 0)
			blas_gemv(1 / norm, l->X, PLAIN, mat_col(right, j), 0, p);
	}
}

static void decompose(struct splitting *s)
{
	const struct lift *l = s->lift;
	struct mat right = mat_rows(mat_cols(s->E, 0, l->d), 0, l->d);
	double largest;

	blas_syrk(1, l->X, TRANSPOSED, 0, right);
	blas_eigen(right, s->w);
	largest = sqrt(fmax(0, (double)s->w[l->d - 1]));
	for (ptrdiff_t j = 0; j < l->d; j++) {
		double singular = sqrt(fmax(0, (double)s->w[j]));

		pair_of(s, j, right, singular > unseen * largest ? singular : 0);
	}
	for (ptrdiff_t c = 0; c < l->rows; c++)
		for (ptrdiff_t r = 0; r < l->rows; r++) {
			const struct lift_row *a = &l->row[r], *b = &l->row[c];
			double sum = a->direction == b->direction;

			for (ptrdiff_t k = 0; k < l->d && !a->across && !b->across; k++)
				sum += (double)mat_get(l->X, a->direction, k) *
				       (double)mat_get(l->X, b->direction, k);
			mat_set(s->gram, r, c, (real)(a->factor * b->factor * sum));
		}
	blas_eigen(s->gram, s->e);
}

static struct mat leading(struct mat M, ptrdiff_t q)
{
	return mat_rows(mat_cols(M, 0, q), 0, q);
}

/* The S-step of qq, in place of its right-hand side B. */
static void solve_products(struct splitting *s, struct mat B)
{
	ptrdiff_t q = B.rows, pairs = s->P.cols;

	semidefinite_symmetrize(B); /* the step would blow up what rounding has turned */
	blas_gemm(1, s->P, TRANSPOSED, B, PLAIN, 0, s->W);
	blas_gemm(1, s->W, PLAIN, s->P, PLAIN, 0, s->E);
	for (ptrdiff_t j = 0; j < pairs; j++)
		for (ptrdiff_t i = 0; i < pairs; i++) {
			double hi = (double)s->h[i], hj = (double)s->h[j];
			double lacks =
				1 / (1 + hi * hj) - 1 / (1 + 2 * hi) - 1 / (1 + 2 * hj) + 0.2;

			mat_set(s->E, i, j, (real)lacks * mat_get(s->E, i, j));
		}
	blas_gemm(0.5, s->E, PLAIN, s->P, TRANSPOSED, 0, s->G);
	for (ptrdiff_t j = 0; j < q; j++)
		for (ptrdiff_t i = 0; i < pairs; i++)
			mat_set(s->G, i, j,
				mat_get(s->G, i, j) + (real)(1 / (1 + 2 * (double)s->h[i]) - 0.2) *
							      mat_get(s->W, i, j));
	blas_gemm(1, s->P, PLAIN, s->G, PLAIN, 0, leading(s->work, q));
	for (ptrdiff_t j = 0; j < q; j++)
		for (ptrdiff_t i = 0; i < q; i++)
			mat_set(s->S, i, j,
				mat_get(B, i, j) / 5 + mat_get(s->work, i, j) +
					mat_get(s->work, j, i));
}

/* S_qv = (2 rho I + F'F)^-1 (2 rho B + F'Y) = B - F'(2 rho I + FF')^-1 (F B - Y). */
static void solve_outputs(struct splitting *s)
{
	const struct lift *l = s->lift;
	ptrdiff_t q = l->n + l->d;

	for (ptrdiff_t j = q; j < l->order; j++)
		for (ptrdiff_t i = 0; i < l->order; i++) {
			mat_set(s->S, i, j, mat_get(s->B, i, j));
			mat_set(s->S, j, i, mat_get(s->B, i, j));
		}
	lift_residual(l, s->S, s->R);
	blas_gemm(1, s->gram, TRANSPOSED, s->R, PLAIN, 0, s->FB);
	for (ptrdiff_t c = 0; c < l->c; c++)
		for (ptrdiff_t r = 0; r < l->rows; r++)
			mat_set(s->FB, r, c,
				mat_get(s->FB, r, c) / (real)(2 * s->rho.rho + (double)s->e[r]));
	blas_gemm(1, s->gram, PLAIN, s->FB, PLAIN, 0, s->R);
	lift_couple(l, s->R, -1, s->S);
}

/* B = T - U - C / rho + K'(Q - V)K, and S. */
static void step_S(struct splitting *s)
{
	const struct lift *l = s->lift;

	for (ptrdiff_t j = 0; j < s->L.cols; j++)
		for (ptrdiff_t i = 0; i < s->L.rows; i++)
			mat_set(s->L, i, j, mat_get(s->V, i, j) - mat_get(s->Q, i, j));
	lift_gather(l, s->L, s->B);
	for (ptrdiff_t j = 0; j < l->order; j++) {
		blas_axpy((size_t)l->order, 1, mat_col(s->T, j), mat_col(s->B, j));
		blas_axpy((size_t)l->order, -1, mat_col(s->U, j), mat_col(s->B, j));
		if (j >= l->n)
			mat_set(s->B, j, j,
				mat_get(s->B, j, j) - (real)(l->gamma / 2 / s->rho.rho));
	}
	solve_products(s, leading(s->B, l->n + l->d));
	solve_outputs(s);
}

/* Splits: side = S or L, x = relaxed side + dual. */
static bool step_T(struct splitting *s, struct penalty_sums *sums)
{
	ptrdiff_t order = s->lift->order;

	for (ptrdiff_t j = 0; j < order; j++)
		for (ptrdiff_t i = 0; i < order; i++)
			mat_set(s->B, i, j,
				(real)(relaxed * (double)mat_get(s->S, i, j) +
				       (1 - relaxed) * (double)mat_get(s->T, i, j)) +
					mat_get(s->U, i, j));
	mat_copy(s->Z, s->T); /* that of before */
	if (!semidefinite_nearest(s->B, s->T, s->work, s->w))
		return false;
	for (ptrdiff_t j = 0; j < order; j++)
		for (ptrdiff_t i = 0; i < order; i++) {
			real x = mat_get(s->B, i, j), now = mat_get(s->T, i, j);

			penalty_count(sums, (double)mat_get(s->S, i, j),
				      (double)mat_get(s->Z, i, j), (double)now, (double)x);
			mat_set(s->U, i, j, x - now);
			mat_set(s->Z, i, j, (real)s->rho.rho * (now - x));
		}
	return true;
}

static void step_Q(struct splitting *s, struct penalty_sums *sums)
{
	ptrdiff_t n = s->lift->n;

	lift_products(s->lift, s->S, s->L);
	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = 0; i < 2 * n; i++) {
			double side = (double)mat_get(s->L, i, j);
			double before = (double)mat_get(s->Q, i, j);
			double x = relaxed * side + (1 - relaxed) * before +
				   (double)mat_get(s->V, i, j);
			double now = i - j == n || j - i == n ? 0 : fmax(0, x);

			penalty_count(sums, side, before, now, x);
			mat_set(s->Q, i, j, (real)now);
			mat_set(s->V, i, j, (real)(x - now));
			mat_set(s->Theta, i, j, (real)(s->rho.rho * (now - x)));
		}
}

static bool step(void *state, struct progress *progress)
{
	struct splitting *s = state;
	struct penalty_sums sums = {0};
	double ratio;

	step_S(s);
	if (!step_T(s, &sums))
		return false;
	step_Q(s, &sums);
	progress->objective = lift_residual(s->lift, s->S, s->R);
	progress->primal_residual = penalty_relative(sums.primal, sums.size);
	progress->dual_residual = penalty_relative(sums.change, sums.dual);
	ratio = penalty_change(&s->rho, ++s->iteration, progress->primal_residual,
			       progress->dual_residual);
	for (ptrdiff_t j = 0; j < s->U.cols && ratio != 1; j++)
		blas_scale((size_t)s->U.rows, 1 / ratio, mat_col(s->U, j));
	for (ptrdiff_t j = 0; j < s->V.cols && ratio != 1; j++)
		blas_scale((size_t)s->V.rows, 1 / ratio, mat_col(s->V, j));
	return true;
}

static void start(struct splitting *s)
{
	double unit = lift_scale(s->lift);

	decompose(s);
	s->rho = penalty_new(s->lift->gamma / unit, true);
}

struct lift_method lift_splitting_new(const struct lift *lift, struct arena *arena)
{
	struct splitting *s = ARENA_NEW(arena, struct splitting);
	ptrdiff_t order = lift->order, n = lift->n, q = n + lift->d, pairs = 2 * lift->d;
	struct mat *squares[] = {&s->S, &s->T, &s->U, &s->Z, &s->B, &s->work};
	struct mat *products[] = {&s->Q, &s->V, &s->L, &s->Theta};

	s->lift = lift;
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	for (size_t i = 0; i < sizeof products / sizeof *products; i++)
		*products[i] = mat_new(arena, 2 * n, 2 * n);
	s->P = mat_new(arena, q, pairs);
	s->W = mat_new(arena, pairs, q);
	s->G = mat_new(arena, pairs, q);
	s->E = mat_new(arena, pairs, pairs);
	s->h = ARENA_ARRAY(arena, real, pairs);
	s->gram = mat_new(arena, lift->rows, lift->rows);
	s->R = mat_new(arena, lift->rows, lift->c);
	s->FB = mat_new(arena, lift->rows, lift->c);
	s->e = ARENA_ARRAY(arena, real, lift->rows);
	s->w = ARENA_ARRAY(arena, real, order);
	blas_expect_eigen(arena, order);
	if (!arena_counts(arena))
		start(s);
	return (struct lift_method){s, step, s->T, s->R, s->Theta, s->Z};
}
