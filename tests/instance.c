/* Small instances with known optima. */
#include "tests/instance.h"
#include "tests/toy.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void instance_load(struct instance *in, const char *name)
{
	char path[256];
	json_t *X, *D, *y;
	real *target;

	memset(in, 0, sizeof *in);
	snprintf(path, sizeof path, "tests/golden/optima/%s.json", name);
	in->json = json_load_file(path, 0, NULL);
	assert(in->json);
	X = json_object_get(in->json, "X");
	D = json_object_get(in->json, "D");
	y = json_object_get(in->json, "y");
	in->problem.X = mat_new(&in->arena, (ptrdiff_t)json_array_size(X),
				(ptrdiff_t)json_array_size(json_array_get(X, 0)));
	in->D = mat_new(&in->arena, in->problem.X.rows,
			(ptrdiff_t)json_array_size(json_array_get(D, 0)));
	target = ARENA_ARRAY(&in->arena, real, in->problem.X.rows);
	in->problem.y = targets_of(target, in->problem.X.rows);
	for (ptrdiff_t k = 0; k < in->problem.X.rows; k++) {
		json_t *x = json_array_get(X, (size_t)k), *d = json_array_get(D, (size_t)k);

		for (ptrdiff_t j = 0; j < in->problem.X.cols; j++)
			mat_set(in->problem.X, k, j,
				(real)json_number_value(json_array_get(x, (size_t)j)));
		for (ptrdiff_t j = 0; j < in->D.cols; j++)
			mat_set(in->D, k, j, (real)json_number_value(json_array_get(d, (size_t)j)));
		target[k] = (real)json_number_value(json_array_get(y, (size_t)k));
	}
	toy_file(&in->problem, (struct problem_file){.path = "in memory", .array = in->D},
		 &in->arena);
}

/* The loss of an optimum as a spec writes it. */
struct loss_term instance_loss(json_t *optimum, struct arena *arena)
{
	const char *name = json_string_value(json_object_get(optimum, "loss"));
	const struct desc *desc = registry_find(KIND_LOSS, name);
	const char *options = strcmp(name, "logistic") == 0 ? "{loss_scale: 2}" : "{}";

	assert(desc);
	return (struct loss_term){.loss = (const struct loss *)(const void *)desc,
				  .options = toy_options(desc, options, arena),
				  .weight = 1};
}
