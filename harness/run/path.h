/* The penalties of a path, as they are done with: path.csv and models.npz of the record. */
#ifndef RUN_PATH_H
#define RUN_PATH_H

#include "harness/run/evaluate.h"
#include "harness/store/modelfile.h"
#include "harness/store/rows.h"

struct path_file {
	const char *folder; /* of the record */
	size_t room;        /* penalties of the path; 0: there is none */
	struct arena *arena;
	size_t count, kept;         /* points so far, and on disk */
	struct path_row *row;       /* count */
	const struct model **model; /* count */
};

/* One more point. */
void path_add(struct path_file *path, struct evaluator *evaluator, const struct penalty_done *done,
	      double seconds);

/* Of a point a bound on its objective that was found later; its row on disk is written anew. */
void path_bound(struct path_file *path, size_t point, double lower_bound);

/* Is the last penalty, beta, among the points? */
bool path_is_whole(const struct path_file *path, double beta);

/* Put the points so far on disk; `file` has the preparation. */
enum status path_keep(struct path_file *path, const struct modelfile *file, struct err *err);

#endif
