/* What every kind of model promises, on random ones and in both precisions. */
#include "harness/store/modelfile.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 600, D = 5, M = 7, MOST = 3 }; /* more rows than a block */

struct fixture {
	struct arena arena;
	struct rng rng;
	struct mat X, G;
	ptrdiff_t K; /* outputs: as many as there may be, up to MOST */
	real f[N * MOST], other[N * MOST], y[N];
	int label[N];
	struct model_margin margin;
	struct model *model;
	struct model_work work;
};

static void fill(struct model *model, struct rng *rng)
{
	for (const struct model_array *a = model->kind->arrays; a->name; a++) {
		struct model_part part = model_part(model, a);

		for (ptrdiff_t i = 0; part.vector && i < part.rows; i++)
			part.vector[i] = (real)rng_normal(rng);
		if (part.mat)
			toy_fill(*part.mat, rng);
	}
}

static void each(void (*check)(struct fixture *t))
{
	for (size_t i = 0; i < registry_count(KIND_MODEL); i++) {
		const struct model_kind *kind =
			(const struct model_kind *)(const void *)registry_at(KIND_MODEL, i);
		static struct fixture t;

		t = (struct fixture){.rng = rng_stream(3, "test_models", i)};
		t.X = mat_new(&t.arena, N, D);
		t.G = mat_new(&t.arena, N, D);
		t.K = kind->pullback ? MOST : 1;
		t.model = model_new(kind, &t.arena, (struct model_size){D, M, t.K});
		t.work = model_work_new(&t.arena, kind, model_size(t.model));
		for (ptrdiff_t k = 0; k < N; k++) {
			t.y[k] = k % 2 ? 1 : -1;
			t.label[k] = (int)(k % t.K);
		}
		t.margin = (struct model_margin){
			.y = {.n = N, .k = t.K, .at = t.y, .label = t.K > 1 ? t.label : NULL},
			.margin = t.other};
		toy_fill(t.X, &t.rng);
		fill(t.model, &t.rng);
		check(&t);
		arena_release(&t.arena);
	}
}

/* Output c of row k by the definition. */
static double output(const struct model *model, struct mat X, ptrdiff_t k, ptrdiff_t c,
		     double *size)
{
	double f[MOST];

	model->kind->sample(model, X, k, f, size);
	return f[c];
}

/* y f, or f_y - the largest other. */
static double margin(const struct fixture *t, struct mat X, ptrdiff_t k, ptrdiff_t row)
{
	double f[MOST], size, rival = -HUGE_VAL;

	t->model->kind->sample(t->model, X, row, f, &size);
	if (t->K == 1)
		return (double)t->y[k] * f[0];
	for (int c = 0; c < t->K; c++)
		rival = c != t->label[k] ? fmax(rival, f[c]) : rival;
	return f[t->label[k]] - rival;
}

static void check_outputs(struct fixture *t)
{
	assert_int_equal(model_outputs(t->model), t->K);
	model_forward(t->model, t->X, t->f, &t->work);
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t c = 0; c < t->K; c++) {
			double size, f = output(t->model, t->X, k, c, &size);

			check_close(t->f[k + c * N], f, 0, 2 * (D + M) * REAL_EPSILON * size);
			check_at_least(size, fabs(f) * (1 - 1e-9));
		}
}

static void outputs_are_those_of_the_definition(void **state)
{
	(void)state;
	each(check_outputs);
}

/* Alone and with their gradient. */
static void check_margins(struct fixture *t)
{
	model_margin(t->model, t->X, &t->margin, &t->work);
	memcpy(t->f, t->other, sizeof t->f);
	model_margin_gradient(t->model, t->X, &t->margin, t->G, &t->work);
	for (ptrdiff_t k = 0; k < N; k++) {
		double size, m = margin(t, t->X, k, k);

		output(t->model, t->X, k, 0, &size);
		check_close(t->f[k], m, 0, 4 * (D + M) * REAL_EPSILON * size);
		check_close(t->other[k], m, 0, 4 * (D + M) * REAL_EPSILON * size);
	}
}

static void margins_are_those_of_the_definition(void **state)
{
	(void)state;
	each(check_margins);
}

/* Every kind can have one output alone, whose gradient is that of its margin. */
static void check_one_output(struct fixture *t)
{
	struct model *one = model_new(t->model->kind, &t->arena, (struct model_size){D, M, 1});
	struct model_work work = model_work_new(&t->arena, one->kind, model_size(one));
	struct mat G = mat_new(&t->arena, N, D);
	const struct model_margin m = {.y = {.n = N, .k = 1, .at = t->y}, .margin = t->other};

	fill(one, &t->rng);
	model_gradient(one, t->X, t->f, t->G, &work);
	model_margin_gradient(one, t->X, &m, G, &work);
	for (ptrdiff_t k = 0; k < N; k++) {
		check_close(t->other[k], t->y[k] * t->f[k], 1e3 * REAL_EPSILON, 1e3 * REAL_EPSILON);
		for (ptrdiff_t i = 0; i < D; i++)
			check_close(mat_get(G, k, i), t->y[k] * mat_get(t->G, k, i),
				    1e3 * REAL_EPSILON, 1e3 * REAL_EPSILON);
	}
}

static void the_margin_of_one_output_is_y_f(void **state)
{
	(void)state;
	each(check_one_output);
}

/* The slope of the margin along coordinate i of row k over a step to either side. */
static double slope(struct fixture *t, struct mat x, ptrdiff_t k, ptrdiff_t i, double step)
{
	double low, high, from, to;

	mat_copy(x, mat_rows(t->X, k, 1));
	mat_set(x, 0, i, mat_get(t->X, k, i) - (real)step);
	from = (double)mat_get(x, 0, i);
	low = margin(t, x, k, 0);
	mat_set(x, 0, i, mat_get(t->X, k, i) + (real)step);
	to = (double)mat_get(x, 0, i);
	high = margin(t, x, k, 0);
	return (high - low) / (to - from);
}

/* A step that crosses no kink: of those that two step lengths agree about. */
static void check_gradient(struct fixture *t)
{
	const double step = sizeof(real) < sizeof(double) ? 1e-2 : 1e-5;
	struct mat x = mat_new(&t->arena, 1, D);
	long smooth = 0;

	model_margin_gradient(t->model, t->X, &t->margin, t->G, &t->work);
	for (ptrdiff_t k = 0; k < 60; k++)
		for (ptrdiff_t i = 0; i < D; i++) {
			double whole = slope(t, x, k, i, step), half = slope(t, x, k, i, step / 2);

			if (!(fabs(whole - half) <= 1e-3 * (1 + fabs(whole))))
				continue;
			smooth++;
			check_close(half, mat_get(t->G, k, i), 1e-2, 1e-2);
		}
	check_above(smooth, 60 * D / 2);
}

static void gradients_match_differences(void **state)
{
	(void)state;
	each(check_gradient);
}

/* The outputs of `other` at its points are those of the model at X. */
static void check_same_function(const struct fixture *t, const struct model *other, struct mat at)
{
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t c = 0; c < t->K; c++) {
			double size, f = output(t->model, t->X, k, c, &size);

			check_close(output(other, at, k, c, &size), f, 0,
				    1e3 * REAL_EPSILON * size);
		}
}

/* f of x in other units, and of fewer coordinates. */
static void check_maps(struct fixture *t)
{
	struct model *scaled =
			     model_new(t->model->kind, &t->arena, (struct model_size){D, M, t->K}),
		     *mapped = model_new(t->model->kind, &t->arena,
					 (struct model_size){D + 2, M, t->K});
	struct mat B = mat_new(&t->arena, D + 2, D), Z = mat_new(&t->arena, N, D + 2),
		   X = mat_new(&t->arena, N, D);
	real scale[D];

	toy_fill(B, &t->rng);
	toy_fill(Z, &t->rng);
	for (ptrdiff_t i = 0; i < D; i++) {
		scale[i] = (real)(0.5 + rng_uniform(&t->rng));
		for (ptrdiff_t k = 0; k < N; k++)
			mat_set(X, k, i, mat_get(t->X, k, i) / scale[i]);
	}
	model_rescale(scale, t->model, scaled);
	check_same_function(t, scaled, X);
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t i = 0; i < D; i++) {
			double sum = 0;

			for (ptrdiff_t j = 0; j < D + 2; j++)
				sum += (double)mat_get(Z, k, j) * (double)mat_get(B, j, i);
			mat_set(t->X, k, i, (real)sum);
		}
	if (!model_maps(t->model->kind))
		return;
	model_map(B, false, t->model, mapped);
	check_same_function(t, mapped, Z);
}

static void maps_of_features_leave_the_function(void **state)
{
	(void)state;
	each(check_maps);
}

/* What is read back is, bit by bit, what was written; a narrower model too. */
static void check_file(struct fixture *t)
{
	struct modelfile file = {.model = t->model, .stages = stages_none(D)};
	char path[] = "/tmp/test_models_XXXXXX";
	int fd = mkstemp(path);
	struct err err = {0};

	check_at_least(fd, 0);
	assert_int_equal(modelfile_save(path, &file, &err), STATUS_OK);
	assert_int_equal(modelfile_load(path, &t->arena, &file, &err), STATUS_OK);
	close(fd);
	unlink(path);
	assert_ptr_equal(file.model->kind, t->model->kind);
	assert_int_equal(model_features(file.model), D);
	assert_int_equal(model_width(file.model), M);
	assert_int_equal(model_outputs(file.model), t->K);
	model_forward(t->model, t->X, t->f, &t->work);
	model_forward(file.model, t->X, t->other, &t->work);
	assert_memory_equal(t->f, t->other, sizeof t->f);
	check_equal(file.model->kind->decay(file.model), t->model->kind->decay(t->model));
}

static void files_hold_every_kind(void **state)
{
	(void)state;
	each(check_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_those_of_the_definition),
		cmocka_unit_test(margins_are_those_of_the_definition),
		cmocka_unit_test(the_margin_of_one_output_is_y_f),
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(maps_of_features_leave_the_function),
		cmocka_unit_test(files_hold_every_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
