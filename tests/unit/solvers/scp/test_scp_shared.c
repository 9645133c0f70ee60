/* Sampled program of several outputs with shared neurons: optimality conditions by plain loops, the
 * optimum of a slow method of the tests' own, one output as the program of one, two opposite
 * outputs as one. */
#include "solvers/model/trainer.h"
#include "solvers/scp/scp_shared.h"
#include "tests/close.h"
#include "tests/options.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 26, D = 4, K = 3, NEURONS = 15, SAMPLES_BEYOND_A_BLOCK = 2500, DEFAULT_NEURONS = 500 };

static const char *const losses[] = {"squared", "logistic", "hinge"};
static const double betas[] = {0.03, 0.5, 3};

enum { LOSSES = sizeof losses / sizeof *losses, BETAS = sizeof betas / sizeof *betas };

struct fixture {
	struct toy toy;
	struct mat U, Phi; /* D x NEURONS, n x NEURONS */
	struct scp_shared *shared;
	struct progress progress;
	struct certificate certificate;
};

static void form_features(struct fixture *t)
{
	struct mat X = t->toy.problem.X;

	t->Phi = mat_new(&t->toy.arena, X.rows, t->U.cols);
	for (ptrdiff_t r = 0; r < X.rows; r++)
		for (ptrdiff_t j = 0; j < t->U.cols; j++) {
			double sum = 0;

			for (ptrdiff_t i = 0; i < t->U.rows; i++)
				sum += (double)mat_get(X, r, i) * (double)mat_get(t->U, i, j);
			mat_set(t->Phi, r, j, (real)fmax(0, sum));
		}
}

static void directions(struct fixture *t, ptrdiff_t count)
{
	t->U = mat_new(&t->toy.arena, t->toy.problem.X.cols, count);
	for (ptrdiff_t i = 0; i < count; i++) {
		struct rng rng = rng_stream(t->toy.problem.seed, "neurons", (uint64_t)i);

		net_direction(&rng, t->U.rows, mat_col(t->U, i));
	}
	form_features(t);
}

/* k classes by the signs and sizes of the features, every `turn` the same classes under other
 * numbers. */
static struct fixture make(ptrdiff_t n, ptrdiff_t k, const char *loss, double beta, int turn)
{
	struct fixture t = {.toy = toy_make(n, D, loss, beta)};
	real *at = ARENA_ARRAY(&t.toy.arena, real, n * k);
	int *label = ARENA_ARRAY(&t.toy.arena, int, n);

	for (ptrdiff_t r = 0; r < n; r++) {
		double x = (double)mat_get(t.toy.problem.X, r, 0) +
			   0.4 * (double)mat_get(t.toy.problem.X, r, 1);
		int c = x < -0.4 ? 0 : (x < 0.3 ? 1 : 2);

		label[r] = (int)((c + turn) % k);
		at[r + label[r] * n] = 1;
	}
	t.toy.problem.y = (struct targets){.n = n, .k = k, .at = at, .label = label};
	directions(&t, NEURONS);
	return t;
}

static void drop(struct fixture *t)
{
	arena_release(&t->toy.arena);
}

static double gap_of(const struct fixture *t)
{
	return t->certificate.objective - t->certificate.lower_bound;
}

/* Newton steps, or those of ADMM. */
static int most_steps(const char *loss)
{
	return strcmp(loss, "squared") == 0 || strcmp(loss, "logistic") == 0 ? 80 : 20000;
}

static void solve(struct fixture *t, int steps, double gap)
{
	t->shared = scp_shared_new(&t->toy.problem, t->U, &t->toy.arena);
	for (int step = 0; step < steps; step++) {
		scp_shared_step(t->shared, &t->progress);
		if (step > 30 && step % 50)
			continue;
		scp_shared_certify(t->shared, &t->certificate);
		if (gap_of(t) <= gap)
			break;
	}
}

static double feature(const struct fixture *t, ptrdiff_t r, ptrdiff_t j)
{
	return (double)mat_get(t->Phi, r, j);
}

/* F = Phi A */
static void outputs(const struct fixture *t, struct mat A, struct mat F)
{
	for (ptrdiff_t r = 0; r < F.rows; r++)
		for (ptrdiff_t c = 0; c < F.cols; c++) {
			double sum = 0;

			for (ptrdiff_t j = 0; j < A.rows; j++)
				sum += feature(t, r, j) * (double)mat_get(A, j, c);
			mat_set(F, r, c, (real)sum);
		}
}

static double row_norm(struct mat A, ptrdiff_t j)
{
	double square = 0;

	for (ptrdiff_t c = 0; c < A.cols; c++)
		square += (double)mat_get(A, j, c) * (double)mat_get(A, j, c);
	return sqrt(square);
}

static double objective(const struct fixture *t, struct mat A, struct mat F)
{
	double sum = loss_outputs_value(t->toy.problem.loss, F, t->toy.problem.y);

	for (ptrdiff_t j = 0; j < A.rows; j++)
		sum += t->toy.problem.beta * row_norm(A, j);
	return sum;
}

/* S = Phi' grad L(Phi A) */
static void slopes(const struct fixture *t, struct mat A, struct mat F, struct mat S)
{
	static real g[N * K];
	struct mat G = {F.rows, F.cols, F.rows, g};

	outputs(t, A, F);
	loss_outputs_gradient(t->toy.problem.loss, F, t->toy.problem.y, G);
	for (ptrdiff_t j = 0; j < S.rows; j++)
		for (ptrdiff_t c = 0; c < S.cols; c++) {
			double sum = 0;

			for (ptrdiff_t r = 0; r < F.rows; r++)
				sum += feature(t, r, j) * (double)mat_get(G, r, c);
			mat_set(S, j, c, (real)sum);
		}
}

/* Certificates close, and are of what the network gives on the raw data. */
static void gaps_close(void **state)
{
	(void)state;
	for (int i = 0; i < LOSSES * BETAS; i++) {
		struct fixture t = make(N, K, losses[i / BETAS], betas[i % BETAS], 0);
		real f[N * K];
		struct mat F = {N, K, N, f};

		solve(&t, most_steps(losses[i / BETAS]), 1e-8);
		outputs(&t, t.shared->A, F);
		check_close(t.certificate.objective, objective(&t, t.shared->A, F), 1e-12, 0);
		check_close(t.progress.objective, t.certificate.objective, 1e-9, 0);
		check_at_most(gap_of(&t), 1e-8);
		check_at_least(gap_of(&t), -1e-10);
		drop(&t);
	}
}

/* S_j = -beta A_j / |A_j| for a row in use, |S_j| <= beta for any. */
static void solutions_are_optimal(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * BETAS; i++) {
		struct fixture t = make(N, K, losses[i / BETAS], betas[i % BETAS], 0);
		real f[N * K], s[NEURONS * K];
		struct mat F = {N, K, N, f}, S = {NEURONS, K, NEURONS, s}, A;
		double beta = t.toy.problem.beta;

		solve(&t, most_steps(losses[i / BETAS]), 1e-10);
		A = t.shared->A;
		slopes(&t, A, F, S);
		for (ptrdiff_t j = 0; j < NEURONS; j++) {
			check_at_most(row_norm(S, j), beta * (1 + 1e-4));
			for (ptrdiff_t c = 0; c < K && row_norm(A, j) > 0; c++)
				check_close(mat_get(S, j, c),
					    -beta * (double)mat_get(A, j, c) / row_norm(A, j), 0,
					    1e-4 * beta);
		}
		drop(&t);
	}
}

/* Accelerated proximal gradient with restart (O'Donoghue and Candes 2015), by plain loops. */
static double slow_optimum(const struct fixture *t, int steps)
{
	static real a[NEURONS * K], z[NEURONS * K], s[NEURONS * K], f[N * K];
	struct mat A = {NEURONS, K, NEURONS, a}, Z = {NEURONS, K, NEURONS, z},
		   S = {NEURONS, K, NEURONS, s}, F = {N, K, N, f};
	double lipschitz = 0, momentum = 1;

	memset(a, 0, sizeof a);
	memset(z, 0, sizeof z);
	for (ptrdiff_t r = 0; r < N; r++)
		for (ptrdiff_t j = 0; j < NEURONS; j++)
			lipschitz += pow(feature(t, r, j), 2);
	lipschitz *= loss_outputs_curvature(t->toy.problem.loss, K);
	for (int step = 0; step < steps; step++) {
		double against = 0, next = (1 + sqrt(1 + 4 * momentum * momentum)) / 2;

		slopes(t, Z, F, S);
		for (int i = 0; i < NEURONS * K; i++)
			s[i] = (real)((double)z[i] - (double)s[i] / lipschitz);
		for (ptrdiff_t j = 0; j < NEURONS; j++) {
			double norm = row_norm(S, j);
			double keep =
				fmax(0, 1 - t->toy.problem.beta / lipschitz / fmax(norm, 1e-300));

			for (ptrdiff_t c = 0; c < K; c++) {
				double now = keep * (double)mat_get(S, j, c),
				       before = (double)mat_get(A, j, c);

				against += ((double)mat_get(Z, j, c) - now) * (now - before);
				mat_set(A, j, c, (real)now);
				mat_set(Z, j, c,
					(real)(now + (momentum - 1) / next * (now - before)));
			}
		}
		momentum = next;
		if (against > 0) {
			momentum = 1;
			memcpy(z, a, sizeof z);
		}
	}
	outputs(t, A, F);
	return objective(t, A, F);
}

static void optima_are_those_of_a_slow_method(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * BETAS; i++) {
		struct fixture t = make(N, K, losses[i / BETAS], betas[i % BETAS], 0);
		double want = slow_optimum(&t, 9000);

		solve(&t, most_steps(losses[i / BETAS]), 1e-10);
		check_close(t.certificate.objective, want, 0, 1e-7 * want);
		check_at_most(t.certificate.lower_bound, want + 1e-9);
		drop(&t);
	}
}

/* No bound on the way is above the optimum. */
static void bounds_hold_from_the_start(void **state)
{
	(void)state;
	for (int i = 0; i < LOSSES * BETAS; i++) {
		struct fixture t = make(N, K, losses[i / BETAS], betas[i % BETAS], 0), u;

		solve(&t, most_steps(losses[i / BETAS]), 1e-9);
		u = make(N, K, losses[i / BETAS], betas[i % BETAS], 0);
		u.shared = scp_shared_new(&u.toy.problem, u.U, &u.toy.arena);
		for (int step = 0; step < 8; step++) {
			scp_shared_step(u.shared, &u.progress);
			scp_shared_certify(u.shared, &u.certificate);
			check_at_most(u.certificate.lower_bound, t.certificate.objective + 1e-9);
			check_at_least(u.certificate.objective, t.certificate.lower_bound - 1e-9);
		}
		drop(&u);
		drop(&t);
	}
}

/* One output: the objective of the trainer of one output, for every loss. */
static void one_output_is_the_program_of_one(void **state)
{
	static const char *const all[] = {"squared", "logistic", "hinge", "huber", "squared_hinge"};

	(void)state;
	for (int i = 0; i < 5; i++) {
		struct fixture t = {.toy = toy_make(N, D, all[i], 0.2)};
		const struct desc *desc = registry_find(KIND_SOLVER, "scp");
		const struct trainer *trainer = (const struct trainer *)(const void *)desc;
		struct progress progress = {0};
		struct certificate want = {0};
		struct err err = {0};
		void *one;

		directions(&t, NEURONS);
		solve(&t, most_steps(all[i]), 1e-10);
		assert_int_equal(trainer->setup(&t.toy.problem,
						toy_options(desc, "{neurons: 15}", &t.toy.arena),
						&t.toy.arena, &one, &err),
				 STATUS_OK);
		for (int step = 0; step < 60 && progress.end == OUTCOME_RUNNING; step++)
			trainer->step(one, &progress);
		trainer->certify(one, &want);
		check_close(t.certificate.objective, want.objective, 0, 1e-8);
		check_close(t.certificate.lower_bound, want.lower_bound, 0, 1e-8);
		drop(&t);
	}
}

/* Outputs f and -f for targets y and -y: rows (a, -a) of length sqrt(2) |a|, twice the loss. */
static void two_opposite_outputs_are_one(void **state)
{
	struct fixture two = {.toy = toy_make(N, D, "squared", 0.2 * sqrt(2))},
		       one = {.toy = toy_make(N, D, "squared", 0.2)};
	real *at = ARENA_ARRAY(&two.toy.arena, real, 2 * N);

	(void)state;
	for (int r = 0; r < N; r++) {
		at[r] = one.toy.problem.y.at[r];
		at[r + N] = -at[r];
	}
	two.toy.problem.y = (struct targets){.n = N, .k = 2, .at = at};
	directions(&two, NEURONS);
	directions(&one, NEURONS);
	solve(&two, 30, 1e-11);
	solve(&one, 30, 1e-11);
	check_close(two.certificate.objective, 2 * one.certificate.objective, 1e-9, 0);
	for (ptrdiff_t j = 0; j < NEURONS; j++) {
		check_close(mat_get(two.shared->A, j, 0), mat_get(one.shared->A, j, 0), 1e-6, 1e-7);
		check_close(mat_get(two.shared->A, j, 1), -mat_get(two.shared->A, j, 0), 1e-9,
			    1e-9);
	}
	drop(&one);
	drop(&two);
}

static void the_order_of_classes_changes_nothing(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t = make(N, K, losses[l], 0.5, 0), u = make(N, K, losses[l], 0.5, 1);

		solve(&t, 25, 0);
		solve(&u, 25, 0);
		check_close(u.certificate.objective, t.certificate.objective, 1e-13, 0);
		check_close(u.certificate.lower_bound, t.certificate.lower_bound, 1e-11, 0);
		for (ptrdiff_t j = 0; j < NEURONS; j++)
			for (ptrdiff_t c = 0; c < K; c++)
				check_close(mat_get(u.shared->A, j, (c + 1) % K),
					    mat_get(t.shared->A, j, c), 0, 1e-10);
		drop(&u);
		drop(&t);
	}
}

/* Above the largest slope at 0 nothing is used, just below it something is; neurons that are active
 * nowhere stay out. */
static void a_large_beta_leaves_nothing(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++)
		for (int below = 0; below < 2; below++) {
			struct fixture t = make(N, K, losses[l], 1, 0);
			real a[NEURONS * K] = {0}, s[NEURONS * K], f[N * K];
			struct mat A = {NEURONS, K, NEURONS, a}, S = {NEURONS, K, NEURONS, s},
				   F = {N, K, N, f};
			double largest = 0, zero;

			for (ptrdiff_t i = 0; i < D; i++) /* active nowhere */
				mat_set(t.U, i, 4, 0);
			form_features(&t);
			slopes(&t, A, F, S);
			zero = objective(&t, A, F);
			for (ptrdiff_t j = 0; j < NEURONS; j++)
				largest = fmax(largest, row_norm(S, j));
			t.toy.problem.beta = largest * (below ? 0.7 : 1.01);
			solve(&t, most_steps(losses[l]), 1e-9);
			check_at_most(gap_of(&t), 1e-9);
			if (below)
				check_below(t.certificate.objective, zero - 1e-3);
			else
				check_close(t.certificate.objective, zero, 1e-10, 0);
			check_equal(row_norm(t.shared->A, 4), 0);
			drop(&t);
		}
}

/* More samples than a block of features has. */
static void blocks_of_rows_add_up(void **state)
{
	static real f[SAMPLES_BEYOND_A_BLOCK * K];
	struct mat F = {SAMPLES_BEYOND_A_BLOCK, K, SAMPLES_BEYOND_A_BLOCK, f};

	(void)state;
	for (int l = 0; l < 2; l++) {
		struct fixture t = make(SAMPLES_BEYOND_A_BLOCK, K, losses[l], 5, 0);

		solve(&t, 30, 1e-4);
		outputs(&t, t.shared->A, F);
		check_close(t.certificate.objective, objective(&t, t.shared->A, F), 1e-11, 0);
		check_at_most(gap_of(&t), 1e-4);
		drop(&t);
	}
}

static void steps_allocate_nothing(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t = make(N, K, losses[l], 0.5, 0);
		size_t calls;

		t.shared = scp_shared_new(&t.toy.problem, t.U, &t.toy.arena);
		calls = t.toy.arena.calls;
		scp_shared_step(t.shared, &t.progress);
		scp_shared_certify(t.shared, &t.certificate);
		assert_int_equal(t.toy.arena.calls, calls);
		drop(&t);
	}
}

/* The forecast of an iteration says when evaluations are due: of losses whose iterations go through
 * the samples it grows with these, or a run passes its gap unseen. */
static void forecasts_count_the_samples(void **state)
{
	extern const struct trainer trainer_scp;

	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t = make(N, K, losses[l], 0.5, 0);
		const void *options = options_default(&trainer_scp.base, &t.toy.arena);
		struct trainer_shape shape = {1000, D, K, t.toy.problem.loss.loss};
		struct forecast few = {0}, many = {0};
		bool smooth = strcmp(losses[l], "logistic") == 0;

		trainer_scp.forecast(options, shape, &few);
		shape.n = 1000000;
		trainer_scp.forecast(options, shape, &many);
		if (l == 0)
			check_equal(many.iteration_flops, few.iteration_flops);
		else
			check_at_least(many.iteration_flops - few.iteration_flops,
				       999e3 * DEFAULT_NEURONS * (smooth ? DEFAULT_NEURONS : K));
		drop(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_close),
		cmocka_unit_test(solutions_are_optimal),
		cmocka_unit_test(optima_are_those_of_a_slow_method),
		cmocka_unit_test(bounds_hold_from_the_start),
		cmocka_unit_test(one_output_is_the_program_of_one),
		cmocka_unit_test(two_opposite_outputs_are_one),
		cmocka_unit_test(the_order_of_classes_changes_nothing),
		cmocka_unit_test(a_large_beta_leaves_nothing),
		cmocka_unit_test(blocks_of_rows_add_up),
		cmocka_unit_test(steps_allocate_nothing),
		cmocka_unit_test(forecasts_count_the_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
