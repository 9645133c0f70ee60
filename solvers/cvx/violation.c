/* Fresh neurons and patterns against a dual point; see violation.h. Fresh patterns that the program
 * lacks and that have
 *
 *     min over eta >= 0 |X'(+-d o alpha) + X'(e o eta)| > beta for either sign
 *
 * lower the optimum, if alpha is the dual optimum (Bai, Gautam, Sojoudi 2023, section 2). At the
 * optimum a pattern of the program breaks nothing, but those in use are at the limit and alpha is
 * not exact: they are left out by definition. A least norm need not be known to the end: the
 * verdict is certain once a norm is below beta, or a feasible u shows that none is. */
#include "solvers/cvx/violation.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/cvx/cvx.h"
#include "solvers/cvx/cvx_lanes.h"

#include <math.h>
#include <string.h>

enum {
	FIRST_STEPS = 60, /* projected gradients before a block is solved to the end */
	CHECK_EVERY = 10
};

/* beta, and room for rounding: a constraint that holds with equality, as that of every active
 * pattern, is not broken. */
static double limit_of(const struct problem *problem)
{
	const double slack = 1 + 1e4 * REAL_EPSILON; /* sums of n terms are no better */

	return problem->beta * slack;
}

void violation_neurons(const struct problem *problem, const real *alpha, long draws,
		       struct violation *out)
{
	struct arena arena = {0};
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	real *u = ARENA_ARRAY(&arena, real, d), *phi = ARENA_ARRAY(&arena, real, n);
	double most = limit_of(problem);

	*out = (struct violation){.draws = draws};
	for (long i = 0; i < draws; i++) {
		struct rng rng = rng_stream(problem->seed, "fresh neurons", (uint64_t)i);
		double norm = 0; /* of one output |sum| */

		net_direction(&rng, d, u);
		blas_gemv(1, problem->X, PLAIN, u, 0, phi);
		for (ptrdiff_t c = 0; c < problem->y.k; c++) {
			double sum = 0;

			for (ptrdiff_t k = 0; k < n; k++)
				sum += phi[k] > 0 ? (double)phi[k] * (double)alpha[c * n + k] : 0;
			norm = hypot(norm, sum);
		}
		out->violated += norm > most;
	}
	arena_release(&arena);
}

/* Blocks still open, as lanes. */
struct fresh {
	const struct cvx *cvx;
	struct arena arena;
	struct cvx_lanes lanes;
	struct nnls nnls;
	struct mat H, XH, D; /* of CVX_LANES / 2 draws, D as 0 and 1 */
	struct gates one;    /* n x 1 */
	double *g;
	double limit;
};

/* g'u / |u| of lane l at the feasible point u = r + t h next to its residual r: no more than the
 * minimum. lanes.G holds X r. */
static double lower_bound(const struct fresh *f, ptrdiff_t l)
{
	const real *d = f->lanes.block[l].d, *s = mat_col(f->lanes.G, l), *r, *h, *g;
	const real *push = mat_col(f->XH, l / 2);
	double step = 0, square = 0, along = 0;

	for (ptrdiff_t k = 0; k < f->D.rows; k++) {
		double e = d[k] > 0 ? 1 : -1, slack = e * (double)s[k];

		if (slack < 0)
			step = fmax(step, -slack / (e * (double)push[k]));
	}
	r = mat_col(f->lanes.R, l);
	h = mat_col(f->H, l / 2);
	g = mat_col(f->lanes.g, l);
	for (ptrdiff_t j = 0; j < f->H.rows; j++) {
		double u = (double)r[j] + step * (double)h[j];

		square += u * u;
		along += u * (double)g[j];
	}
	return square > 0 && isfinite(step) ? along / sqrt(square) : 0;
}

/* Verdicts that are certain already: -1 holds, 1 broken, 0 open. Returns how many are open. */
static ptrdiff_t judge(struct fresh *f, int *verdict)
{
	struct cvx_lanes *lanes = &f->lanes;
	ptrdiff_t open = 0;

	blas_gemm(1, lanes->X, PLAIN, mat_cols(lanes->R, 0, lanes->count), PLAIN, 0,
		  mat_cols(lanes->G, 0, lanes->count));
	for (ptrdiff_t l = 0; l < lanes->count; l++) {
		if (lanes->norm[l] <= f->limit)
			verdict[l] = -1;
		else if (verdict[l] == 0 && lower_bound(f, l) > f->limit)
			verdict[l] = 1;
		open += verdict[l] == 0;
	}
	return open;
}

/* Lanes 2 i and 2 i + 1 are pattern i with its two signs; how many patterns are broken. */
static long count_broken(struct fresh *f, ptrdiff_t patterns)
{
	struct cvx_lanes *lanes = &f->lanes;
	ptrdiff_t open = 0;
	int verdict[CVX_LANES] = {0};
	long broken = 0;

	lanes->count = 2 * patterns;
	for (ptrdiff_t l = 0; l < lanes->count; l++)
		lanes->block[l] =
			(struct cvx_block){.d = mat_col(f->D, l / 2), .sign = l % 2 ? -1 : 1};
	if (!f->cvx->exact) { /* a few steps for all lanes, until every verdict is certain */
		cvx_lanes_gradients(lanes, f->cvx->alpha);
		cvx_lanes_start(lanes);
		open = judge(f, verdict);
	}
	for (int step = 1; step <= FIRST_STEPS && open > 0; step++) {
		cvx_lanes_step(lanes);
		if (step % CHECK_EVERY == 0)
			open = judge(f, verdict);
	}
	for (ptrdiff_t l = 0; l < lanes->count; l++) { /* to the end, if need be */
		const struct cvx_block *b = &lanes->block[l];
		struct nnls_block block = {b->d, mat_col(f->H, l / 2), f->g};

		if (verdict[l] != 0 || verdict[l ^ 1] == 1)
			continue;
		nnls_gradient(lanes->X, b->d, f->cvx->alpha, b->sign, f->g);
		verdict[l] =
			nnls_solve(&f->nnls, block, f->limit, f->limit).upper > f->limit ? 1 : -1;
	}
	for (ptrdiff_t i = 0; i < patterns; i++)
		broken += verdict[2 * i] == 1 || verdict[2 * i + 1] == 1;
	return broken;
}

/* Drop the patterns of the program from the first `count` draws; how many are left. */
static ptrdiff_t drop_known(struct fresh *f, ptrdiff_t count)
{
	const struct mat all[] = {f->H, f->XH, f->D};
	struct gates D = f->cvx->patterns.D;
	ptrdiff_t kept = 0;

	for (ptrdiff_t i = 0; i < count; i++) {
		ptrdiff_t p = 0;

		gates_threshold(f->one, 0, mat_col(f->XH, i));
		while (p < D.cols && !gates_same(D, p, f->one, 0))
			p++;
		if (p < D.cols)
			continue;
		for (size_t a = 0; a < 3 && kept < i; a++)
			memcpy(mat_col(all[a], kept), mat_col(all[a], i),
			       (size_t)all[a].rows * sizeof(real));
		kept++;
	}
	return kept;
}

/* H = directions of patterns drawn anew, in a stream of their own, from the index `first` on. */
static void draw_directions(const struct problem *problem, const struct pattern_options *options,
			    uint64_t first, struct mat H)
{
	const struct choice *from = pattern_independent(options);
	const struct pattern_source *source =
		(const struct pattern_source *)(const void *)from->item;
	struct problem other = *problem;
	struct pattern_stream stream = {.problem = &other, .options = from->options};
	struct rng rng = rng_stream(problem->seed, "fresh patterns", 0);

	other.seed = rng_bits(&rng);
	for (ptrdiff_t i = 0; i < H.cols; i++)
		source->direction(&stream, first + (uint64_t)i, mat_col(H, i));
}

/* The first `count` columns of H, XH and D from the draws of index `first` on. */
static void draw(struct fresh *f, uint64_t first, ptrdiff_t count)
{
	const struct problem *problem = f->cvx->problem;
	struct mat H = mat_cols(f->H, 0, count);

	draw_directions(problem, f->cvx->patterns.options, first, H);
	blas_gemm(1, problem->X, PLAIN, H, PLAIN, 0, mat_cols(f->XH, 0, count));
	for (ptrdiff_t i = 0; i < count; i++)
		for (ptrdiff_t k = 0; k < f->D.rows; k++)
			mat_set(f->D, k, i, mat_get(f->XH, k, i) >= 0 ? 1 : 0);
}

void violation_gates(const struct problem *problem, const struct patterns *patterns, struct mat A,
		     long draws, struct violation *out)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct arena arena = {0};
	struct mat h = mat_new(&arena, d, 1), z = mat_new(&arena, d, A.cols);
	struct mat masked = mat_new(&arena, n, A.cols);
	struct gates one = gates_new(&arena, n, 1);

	*out = (struct violation){0};
	if (!patterns->options->file && pattern_independent(patterns->options) && draws > 0)
		out->draws = draws;
	for (long i = 0; i < out->draws; i++) {
		ptrdiff_t p = 0;

		draw_directions(problem, patterns->options, (uint64_t)i, h);
		blas_gemv(1, problem->X, PLAIN, h.at, 0, masked.at);
		gates_threshold(one, 0, masked.at);
		while (p < patterns->D.cols && !gates_same(patterns->D, p, one, 0))
			p++;
		if (p < patterns->D.cols)
			continue;
		for (ptrdiff_t c = 0; c < A.cols; c++)
			gates_mask(gates_col(one, 0), n, mat_col(A, c), mat_col(masked, c));
		blas_gemm(1, problem->X, TRANSPOSED, masked, PLAIN, 0, z);
		out->violated += blas_mat_norm(z) > limit_of(problem);
	}
	arena_release(&arena);
}

void violation_patterns(const struct cvx *cvx, long draws, struct violation *out)
{
	struct mat X = cvx->problem->X;
	struct fresh f = {.cvx = cvx};

	*out = (struct violation){0};
	if (cvx->patterns.options->file || !pattern_independent(cvx->patterns.options) || draws < 1)
		return;
	out->draws = draws;
	f.lanes = cvx_lanes_new(X, &f.arena);
	f.nnls = nnls_new(X, &f.arena);
	f.H = mat_new(&f.arena, X.cols, CVX_LANES / 2);
	f.XH = mat_new(&f.arena, X.rows, CVX_LANES / 2);
	f.D = mat_new(&f.arena, X.rows, CVX_LANES / 2);
	f.one = gates_new(&f.arena, X.rows, 1);
	f.g = ARENA_ARRAY(&f.arena, double, X.cols);
	f.limit = limit_of(cvx->problem);
	for (long first = 0; first < draws; first += CVX_LANES / 2) {
		ptrdiff_t count = draws - first < CVX_LANES / 2 ? draws - first : CVX_LANES / 2;

		draw(&f, (uint64_t)first, count);
		count = drop_known(&f, count);
		if (count > 0)
			out->violated += count_broken(&f, count);
	}
	arena_release(&f.arena);
}
