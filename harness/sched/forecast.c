/* Forecast of memory and work of a cell. */
#include "harness/sched/forecast.h"
#include "harness/data/data.h"
#include "harness/machine/cgroup.h"
#include "harness/run/amount.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

/* Program and libraries; and for each thread the buffers of OpenBLAS: 7 MiB resident were measured
 * for workers on tiny problems, 9 to 13 with products of large matrices. */
static const double program_bytes = 12.0 * 1024 * 1024, thread_bytes = 4.0 * 1024 * 1024;

/* Of a rank: buffers of MPI, and room for sums. */
static const double rank_bytes = 24.0 * 1024 * 1024;

enum status forecast_shape_of(const struct cell *cell, struct forecast_shape *out, struct err *err)
{
	struct data_options data = cell->data;
	struct data_shape shape;
	double n;

	data.split.fold = data.split.folds; /* the last one has the fewest rows */
	data.split.inner_fold = 0;          /* trained on all of the others */
	TRY(data_count(&data, (uint64_t)cell->seed, cell->repetition, &shape, err));
	n = (double)(shape.train + shape.validation + shape.test);
	*out = (struct forecast_shape){.n_train = (double)shape.train,
				       .n_all = n,
				       .n_test = (double)shape.test,
				       .d = (double)shape.d,
				       .raw_d = (double)shape.raw_d,
				       .k = (double)shape.k,
				       .classes = (double)shape.classes,
				       .raw_bytes = (double)shape.raw_bytes,
				       .read_bytes = (double)shape.read_bytes};
	return STATUS_OK;
}

void forecast_cell(const struct cell *cell, const struct forecast_shape *shape, double *bytes,
		   double *flops)
{
	const struct trainer *trainer = (const struct trainer *)cell->train.solver.item;
	const struct amount_shape rows = {
		.n_train = (size_t)shape->n_train,
		.n_validation = (size_t)(shape->n_all - shape->n_train - shape->n_test),
		.n_test = (size_t)shape->n_test,
		.raw_d = (size_t)shape->raw_d,
		.d = (size_t)shape->d,
		.k = (size_t)shape->k,
		.classes = (size_t)shape->classes,
		.raw_bytes = (size_t)shape->raw_bytes,
		.read_bytes = (size_t)shape->read_bytes,
		.ranks = (size_t)shape->ranks,
		.nodes = (size_t)shape->nodes,
	};
	struct forecast forecast = {0};
	double iterations, here = ceil(shape->ranks / fmax(shape->nodes, 1));

	trainer->forecast(cell->train.solver.options,
			  (struct trainer_shape){(ptrdiff_t)shape->n_train, (ptrdiff_t)shape->d,
						 (ptrdiff_t)shape->k,
						 (const struct loss *)cell->train.loss.item},
			  &forecast);
	*bytes = fmax(here, 1) * (program_bytes + omp_get_max_threads() * thread_bytes) +
		 here * rank_bytes + (double)amount_of_cell(cell, &rows);
	iterations = (double)cell->stop.iterations;
	if (forecast.most_iterations > 0)
		iterations = fmin(iterations, forecast.most_iterations);
	*flops = forecast.setup_flops + iterations * forecast.iteration_flops;
}

long forecast_cores(void)
{
	struct cgroup_limits limits = cgroup_read("");

	return cgroup_cores(&limits);
}

void forecast_share(bool exclusive, long *jobs, long *threads)
{
	long cores = forecast_cores();

	if (exclusive)
		*jobs = 1;
	if (*jobs <= 0)
		*jobs = *threads > 0 ? cores / *threads : cores;
	if (*jobs < 1)
		*jobs = 1;
	if (*threads <= 0)
		*threads = cores / *jobs;
	if (*threads < 1)
		*threads = 1;
}

void forecast_share_ranks(bool exclusive, long ranks, long *jobs, long *threads)
{
	long all = *threads > 0 || (*jobs <= 0 && ranks > 1) ? ranks * (*threads > 0 ? *threads : 1)
							     : 0;

	forecast_share(exclusive, jobs, &all);
	*threads = *threads > 0 ? *threads : all / ranks;
	if (*threads < 1)
		*threads = 1;
}

double forecast_memory_available(void)
{
	const double kib = 1024.0;
	FILE *file = fopen("/proc/meminfo", "re");
	double bytes = NAN;
	char line[256];

	while (file && isnan(bytes) && fgets(line, sizeof line, file))
		if (sscanf(line, "MemAvailable: %lf", &bytes) != 1)
			bytes = NAN;
	if (file)
		fclose(file);
	bytes = fmin(bytes * kib, cgroup_read("").memory); /* fmin ignores NaN */
	return isnan(bytes) ? HUGE_VAL : bytes;
}

void forecast_bytes_text(double bytes, char *text, size_t room)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	const double step = 1024.0;
	size_t unit = 0;

	for (; bytes >= step && unit + 1 < sizeof units / sizeof *units; unit++)
		bytes /= step;
	snprintf(text, room, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.3g %s", bytes, units[unit]);
}
