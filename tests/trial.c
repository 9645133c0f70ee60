/* Tiny random training problems. See trial.h. */
#include "tests/trial.h"

#include "solvers/core/rng.h"
#include "tests/toy.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { KINDS = 10, MOST = 100 };

static const char *const losses[] = {"squared", "logistic", "hinge", "squared_hinge", "huber"};
static const char *const loss_texts[] = {"squared", "{logistic: {loss_scale: 2}}", "hinge",
					 "squared_hinge", "{huber: {delta: 0.5}}"};
static const double loss_options[] = {0, 2, 0, 0, 0.5};

/* Make the columns or rows of x special in one way. */
static void degrade(struct dense *p, int kind)
{
	for (int k = 0; k < p->n; k++) {
		double *x = p->x[k];

		if (kind == 1) /* ties */
			x[0] = round(x[0]), x[1] = round(x[1]);
		if (kind == 2 && k == 0) /* a row that no neuron sees */
			x[0] = x[1] = 0;
		if (kind == 3 && k > 0 && k % 2) /* rows twice, and their opposites */
			for (int i = 0; i < 2; i++)
				x[i] = (k % 4 == 1 ? 1 : -1) * p->x[k - 1][i];
		if (kind == 4) /* rank 1 */
			x[1] = 2 * x[0];
		if (kind == 5) /* a column of zeros */
			x[p->d - 1] = 0;
		if (kind == 6) /* a constant one */
			x[p->d - 1] = 1;
		if (kind == 7 || kind == 8)
			x[0] *= kind == 7 ? 1e3 : 1e-3, x[1] *= kind == 7 ? 1e3 : 1e-3;
		if (kind == 9) /* one class */
			p->y[k] = 1;
	}
}

static void draw(struct trial *t)
{
	struct rng rng = rng_stream(t->seed, "differential", 0);
	struct dense *p = &t->dense;
	int loss = (int)(t->seed % 5);

	p->n = 1 + (int)rng_below(&rng, DENSE_SAMPLES);
	p->d = 1 + (int)rng_below(&rng, 2);
	p->loss = losses[loss];
	p->option = loss_options[loss];
	p->beta = pow(10, -3 + 4 * rng_uniform(&rng));
	p->weight = rng_below(&rng, 3) ? 1 : 1 / (double)p->n;
	for (int k = 0; k < p->n; k++) {
		p->x[k][0] = rng_normal(&rng);
		p->x[k][1] = rng_normal(&rng);
		p->y[k] = rng_below(&rng, 2) ? 1 : -1;
	}
	degrade(p, (int)(t->seed / 5 % KINDS));
	t->given = 1 + (int)rng_below(&rng, 3);
}

/* X and y in `real`, and their values there in the reference. */
static void copy_data(struct trial *t)
{
	struct dense *p = &t->dense;
	struct mat X = mat_new(&t->arena, p->n, p->d);
	real *y = ARENA_ARRAY(&t->arena, real, p->n);

	for (int k = 0; k < p->n; k++) {
		y[k] = (real)p->y[k];
		for (int i = 0; i < 2; i++) {
			if (i < p->d)
				mat_set(X, k, i, (real)p->x[k][i]);
			p->x[k][i] = i < p->d ? (double)mat_get(X, k, i) : 0;
		}
	}
	t->problem = (struct problem){
		.X = X, .y = targets_of(y, X.rows), .beta = p->beta, .seed = t->seed};
	t->data = (struct dataset){.train = {.X = X, .y = y}, .bias = -1, .k = 1};
	t->data.validation.X = t->data.test.X = mat_rows(X, 0, 0);
	t->data.stages = stages_none((size_t)p->d);
}

/* Some of the patterns that X admits; every seventh time one that it need not admit. */
static void choose_patterns(struct trial *t)
{
	struct rng rng = rng_stream(t->seed, "chosen", 0);
	bool cells[TRIAL_CELLS][DENSE_N];
	int count = dense_cells(&t->dense, cells, TRIAL_CELLS);

	t->D = mat_new(&t->arena, t->dense.n, t->given);
	for (int i = 0; i < t->given; i++)
		for (int k = 0, at = count > 0 ? (int)rng_below(&rng, (size_t)count) : -1;
		     k < t->dense.n; k++) {
			bool any = at < 0 || (t->seed % 7 == 0 && i == 0);

			t->active[i][k] = any ? rng_below(&rng, 2) : cells[at][k];
			mat_set(t->D, k, i, t->active[i][k]);
		}
	toy_file(&t->problem, (struct problem_file){.path = "in memory", .array = t->D}, &t->arena);
}

struct trial *trial_new(uint64_t seed)
{
	static struct trial t;
	struct toy toy;

	t = (struct trial){.seed = seed};
	draw(&t);
	copy_data(&t);
	toy = toy_make(2, 2, loss_texts[seed % 5], 1); /* for its loss */
	t.problem.loss = toy.problem.loss;
	t.problem.loss.options = arena_alloc(&t.arena, 1, sizeof(double));
	memcpy((void *)t.problem.loss.options, &t.dense.option, sizeof(double));
	t.problem.loss.weight = t.dense.weight;
	arena_release(&toy.arena);
	choose_patterns(&t);
	for (int k = 0; k < t.dense.n; k++)
		t.zero += t.dense.weight * dense_loss(&t.dense, 0, t.dense.y[k]);
	t.all = dense_all(&t.dense);
	return &t;
}

void trial_free(struct trial *t)
{
	arena_release(&t->arena);
}

struct dense_value trial_given(const struct trial *t)
{
	return dense_patterns(&t->dense, t->given, (const bool(*)[DENSE_N])t->active);
}

struct dense_value trial_directions(const struct trial *t, int count)
{
	double u[MOST][2] = {{0}};

	assert(count <= MOST);

	for (int j = 0; j < count; j++) {
		struct rng rng = rng_stream(t->seed, "neurons", (uint64_t)j);
		double length;

		for (int i = 0; i < t->dense.d; i++)
			u[j][i] = rng_normal(&rng);
		length = hypot(u[j][0], u[j][1]);
		u[j][0] /= length;
		u[j][1] /= length;
	}
	return dense_directions(&t->dense, count, (const double(*)[2])u);
}

struct dense_value trial_ball(const struct trial *t, int q, double eps)
{
	if (t->problem.loss.loss->regression)
		return (struct dense_value){HUGE_VAL, -HUGE_VAL};
	return dense_robust(&t->dense, q, eps);
}

double trial_worst_loss(const struct trial *t, const struct net *net, int k, enum norm norm,
			double eps)
{
	static const double corners[][2] = {{1, 1},  {1, -1}, {-1, 1}, {-1, -1}, {1, 0},
					    {-1, 0}, {0, 1},  {0, -1}, {0, 0}};
	const struct dense *p = &t->dense;
	double worst = 0;

	for (size_t c = 0; c < sizeof corners / sizeof *corners; c++) {
		double one = fabs(corners[c][0]) + (p->d > 1) * fabs(corners[c][1]), f = 0;
		double size = norm == NORM_LINF ? 1
			      : norm == NORM_L1 ? fmax(1, one)
						: sqrt(fmax(1, one));

		for (ptrdiff_t j = 0; j < net->U.cols; j++) {
			double z = 0;

			for (int i = 0; i < p->d; i++)
				z += (double)mat_get(net->U, i, j) *
				     (p->x[k][i] + eps * corners[c][i] / size);
			f += fmax(0, z) * (double)net->alpha[j];
		}
		worst = fmax(worst, dense_loss(p, f, p->y[k]));
	}
	return worst;
}
