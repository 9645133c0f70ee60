/* Work that a well-formed spec asks for and that cannot be done: found before anything is run, with
 * its position. */
#ifndef SPEC_WORK_H
#define SPEC_WORK_H

#include "harness/spec/schema.h"
#include "harness/spec/tree/tree.h"

/* Add a problem for options that a trainer refuses, for raw units behind a step of `prepare` that
 * mixes columns, for pictures of data in a feature space and for files that cannot be read; and one
 * to `untested`, which may be the same, for every attack and certificate of a test part that a data
 * set does not have: the others can be done. An attack that a selection needs may stand without a
 * test part. STATUS_ENV if only files are to blame, which are no fault of the spec. */
enum status work_check(const struct experiment *experiment, struct problems *problems,
		       struct problems *untested);

/* Add a problem where resources.nodes are more than ranks, or ranks more than one and `mpi` is not
 * there, or where a method needs all rows in one process. */
void work_check_ranks(const struct experiment *experiment, bool mpi, struct problems *problems);

/* What a data set asks of a method: struct dataset. */
struct work_outputs {
	size_t k, classes;
};

/* Whether the method of a cell does not take the outputs or the class weights of its data; if so,
 * the problem is added. */
bool work_refuses(const struct experiment *experiment, const struct cell *cell,
		  struct work_outputs data, struct problems *problems);

/* An error of data_glance or data_count about a data set, "csv.label: ..." or about a line of a
 * file, gets the position in the spec of what it names. */
void work_locate(const struct experiment *experiment, const struct data_options *data,
		 struct err *err);

#endif
