/* A cell at work, and what its record says of it. */
#ifndef RUN_DESCRIBE_H
#define RUN_DESCRIBE_H

#include "harness/assess/team.h"
#include "harness/run/coordinates.h"
#include "harness/run/evaluate.h"
#include "harness/run/loop.h"
#include "harness/run/path.h"
#include "harness/run/timing.h"
#include "harness/spec/spec.h"
#include "harness/store/modelfile.h"
#include "harness/store/result.h"

struct run {
	const char *folder;
	struct arena arena;  /* lives as long as the run */
	struct ranks *ranks; /* that share the rows of training; NULL: this process alone */
	struct team team;    /* the same for samples of attacks and certificates */
	struct cell cell;
	struct dataset data;
	struct problem problem;
	struct coordinates posed; /* the problem as the trainer gets it */
	const struct trainer *trainer;
	void *state;
	struct evaluator evaluator;
	struct path_file path; /* of several penalties */
	const char *bound;     /* what is said of the bound behind training, or NULL */
	struct timing began;   /* before setup */
	struct result here; /* what describe_cell knows: of this process, whatever is completed */
	struct result result;
};

/* Fields of run->result, as soon as they are known: names and machine; shapes; everything that
 * training gave, where `end` may be a state on the way. */
void describe_cell(struct run *run);
void describe_data(struct run *run);
void describe_training(struct run *run, const struct loop_result *end);

/* One more note. */
void describe_add(struct run *run, const char *note);

#endif
