/* What a cell will need: memory and work, known before anything is computed. */
#ifndef SCHED_FORECAST_H
#define SCHED_FORECAST_H

#include "harness/spec/spec.h"

/* Shapes of one data set, all parts. */
struct forecast_shape {
	double n_train, n_all, d; /* n_all: of all parts */
	double n_test;
	double raw_d;      /* features before preparation */
	double k, classes; /* outputs; 0 classes: a regression */
	double raw_bytes;  /* of the table as read, in double, alive only while loading */
	double read_bytes; /* with what is held besides while it is read */
	double ranks;      /* of the worker, set by the caller; 0: it is one process */
	double nodes;      /* that these are spread over */
};

/* Count the rows and columns of the cell's data (data_count). */
enum status forecast_shape_of(const struct cell *cell, struct forecast_shape *out, struct err *err);

/* Peak memory of the worker, of all its ranks on a node (bytes; with the threads that OpenMP may
 * use now), and work (floating point operations up to stop.iterations, or as many as the method
 * makes at most). */
void forecast_cell(const struct cell *cell, const struct forecast_shape *shape, double *bytes,
		   double *flops);

/* Cores this process may use. */
long forecast_cores(void);

/* How many workers at once, and threads in each; a value of 0 is chosen: threads = cores / jobs,
 * jobs = cores / threads, and one thread each if neither is given. Exclusive timing has one job. */
void forecast_share(bool exclusive, long *jobs, long *threads);

/* The same for workers of several processes, with threads each. */
void forecast_share_ranks(bool exclusive, long ranks, long *jobs, long *threads);

/* Bytes of memory that can be used without swapping: what is available, at most the control
 * group's limit. */
double forecast_memory_available(void);

/* "1.5 GiB" */
void forecast_bytes_text(double bytes, char *text, size_t room);

#endif
