/* A problem whose rows lie on several ranks (tests/forked.h), and trainers on it. */
#ifndef TESTS_SHARED_ROWS_H
#define TESTS_SHARED_ROWS_H

#include "tests/toy.h"

#include <stddef.h>

enum { SHARED_ROWS = 90 };

struct shared_rows {
	const char *loss;
	ptrdiff_t d, k;
	bool twice; /* each row once more, and a column of zeros */
	double beta;
	bool classes;                 /* an output each: the loss couples them */
	const char *solver, *options; /* of shared_rows_train, whose steps they are */
	int steps;
};

/* The problem of a rank: its rows of SHARED_ROWS; a mean loss; 20 validation samples, which all
 * have. The arrays lie in toy->arena. */
void shared_rows_pose(const struct shared_rows *t, struct ranks *ranks, struct toy *toy,
		      struct problem *problem);

/* What shared_rows_train fills. NaN where the trainer has no certificate. */
struct shared_rows_found {
	double objective;          /* of the network, over all ranks */
	double upper, lower_bound; /* of the certificate */
	double progress;           /* objective of the last step */
	double size;               /* sum of the squares of the weights */
	int width;
};

/* For forked_run: a struct shared_rows_found of `steps` steps of the solver. */
void shared_rows_train(struct ranks *ranks, const void *given, void *out);

/* The steps of the solver on so many ranks (0: one process), which must find the same bits. */
const struct shared_rows_found *shared_rows_on(const struct shared_rows *t, int ranks);

/* Every trial on 1, 2 and 4 ranks finds what one process finds, up to `tolerance`, and all ranks
 * the same bits. */
void shared_rows_check(const struct shared_rows *trials, size_t count, double tolerance);

#endif
