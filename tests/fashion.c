/* Loading and timing for benchmarks; see fashion.h. */
#include "tests/fashion.h"

#include "solvers/core/blas.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char stand_in[] =
	"name: bench\n"
	"precision: double\n"
	"data:\n"
	"  - {name: image_like, generate: {kind: image_like, n: 12000, side: 28}}\n"
	"train:\n"
	"  - {solver: admm, loss: {logistic: {loss_scale: 2}}, beta: 1e-4, patterns: 72}\n";

bool fashion_is_real(void)
{
	const char *data = getenv("RELUBENCH_DATA");
	char probe[512];

	snprintf(probe, sizeof probe, "%s/fashion-mnist", data ? data : "data");
	return access(probe, R_OK) == 0;
}

static const char *spec_path(void)
{
	const char *path = "build/bench_admm.yaml";
	FILE *file;

	if (fashion_is_real())
		return "experiments/fashion_2v8.yaml";
	file = fopen(path, "w");
	if (!file || fputs(stand_in, file) < 0 || fclose(file) != 0)
		return NULL;
	return path;
}

int fashion_load(struct fashion *f)
{
	struct problems problems = {0};
	struct err err = {0};
	const char *path = spec_path();

	if (!path ||
	    spec_load(path, (struct texts){0}, &f->arena, &f->experiment, &problems) != STATUS_OK) {
		err_print(&problems.at[0], stderr);
		return 1;
	}
	f->cell = &f->experiment.cells[0];
	if (data_load(&f->cell->data, 1, 0, &f->arena, &f->data, &err) != STATUS_OK) {
		err_print(&err, stderr);
		return 1;
	}
	f->problem = (struct problem){.X = f->data.train.X,
				      .y = targets_of(f->data.train.y, f->data.train.X.rows),
				      .beta = f->cell->train.beta,
				      .seed = 1};
	f->problem.loss.loss = (const struct loss *)(const void *)f->cell->train.loss.item;
	f->problem.loss.options = f->cell->train.loss.options;
	f->problem.loss.weight = 1;
	printf("%s: n %td, d %td, %s precision, %d threads\n", f->cell->data.name,
	       f->problem.X.rows, f->problem.X.cols, REAL_NAME, blas_threads());
	return 0;
}

int fashion_start(struct fashion_run *run, const struct problem *problem, const char *solver,
		  const char *options)
{
	const struct desc *desc = registry_find(KIND_TRAINER, solver);
	struct err err = {0};
	double start;
	void *bound;

	*run = (struct fashion_run){.problem = problem, .best = HUGE_VAL};
	run->trainer = (const struct trainer *)(const void *)desc;
	bound = toy_options(desc, options, &run->arena);
	start = omp_get_wtime();
	run->posed = coordinates_choose(problem, run->trainer, bound, &run->arena);
	if (run->trainer->setup(&run->posed.problem, bound, &run->arena, &run->state, &err) !=
	    STATUS_OK) {
		err_print(&err, stderr);
		return 1;
	}
	run->setup = run->seconds = omp_get_wtime() - start;
	run->net = net_new(&run->arena, problem->X.cols, run->trainer->width(run->state));
	run->inner = net_new(&run->arena, run->posed.problem.X.cols, run->net.U.cols);
	run->work = net_work_new(&run->arena, run->net.U.cols);
	run->f = ARENA_ARRAY(&run->arena, real, problem->X.rows);
	return 0;
}

void fashion_step(struct fashion_run *run)
{
	double start = omp_get_wtime(), seconds;

	run->progress = (struct progress){NAN, NAN, NAN, .end = OUTCOME_RUNNING};
	run->trainer->step(run->state, &run->progress);
	seconds = omp_get_wtime() - start;
	run->seconds += seconds;
	run->best = fmin(run->best, seconds);
}

double fashion_objective(struct fashion_run *run)
{
	run->trainer->model(run->state, run->posed.rowspace ? &run->inner.base : &run->net.base);
	if (run->posed.rowspace)
		rowspace_lift(run->posed.rowspace, &run->inner.base, &run->net.base);
	return trainer_objective(run->problem, &run->net.base, run->f, &run->work);
}

void fashion_end(struct fashion_run *run)
{
	arena_release(&run->arena);
}
