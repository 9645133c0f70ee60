/* The patterns [X u_j >= 0] of the neurons of a network: of a model file, or of one that another
 * method trains first. */
#include "solvers/gates/pattern_network.h"

#include "solvers/core/blas.h"
#include "solvers/model/trainer.h"

#include <string.h>

static const struct option rows[] = {
	{OPTION_AS("file", struct start_options, file), .initial = "null", .path = PATH_MODEL,
	 .doc = "the network: a model.npz on the same prepared features"},
	{OPTION_AS("start", struct start_options, trainer), .initial = "null", .kind = KIND_TRAINER,
	 .doc = "or a method that trains it, with its options; its time is part of the setup"},
	{OPTION_AS("steps", struct start_options, steps), .initial = "1000", .range = RANGE_FROM(0),
	 .doc = "most steps of `start`, if it does not end by itself"},
	{0},
};

const struct start_options *pattern_network_start(const void *options)
{
	return options;
}

enum status pattern_network_open(struct pattern_stream *stream, struct arena *arena,
				 struct err *err)
{
	struct start found;
	struct mat *U = ARENA_NEW(arena, struct mat);
	ptrdiff_t d = stream->problem->X.cols, kept = 0;

	TRY(start_network(stream->problem, stream->options, arena, &found, err));
	if (!found.note && arena_counts(arena)) /* a file that has not been read */
		return STATUS_OK;
	if (!found.note)
		return err_set(err, STATUS_SPEC,
			       "patterns: network: expected a model file or a solver to start "
			       "with, got neither");
	*U = mat_new(arena, d, found.net.U.cols);
	if (arena_counts(arena))
		return STATUS_OK;
	for (ptrdiff_t j = 0; j < found.net.U.cols; j++) {
		mat_copy(mat_cols(*U, kept, 1), mat_cols(found.net.U, j, 1));
		kept += blas_norm((size_t)d, mat_col(found.net.U, j)) > 0;
	}
	stream->state = U;
	stream->count = (uint64_t)kept;
	return STATUS_OK;
}

void pattern_network_direction(const struct pattern_stream *stream, uint64_t index, real *h)
{
	const struct mat *U = stream->state;

	memcpy(h, mat_col(*U, (ptrdiff_t)index), (size_t)U->rows * sizeof *h);
}

const struct pattern_source pattern_network = {
	.base = {.name = "network",
		 .doc = "patterns [X u >= 0] of the neurons of a network",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct start_options)},
	.start = pattern_network_start,
	.open = pattern_network_open,
	.direction = pattern_network_direction,
};
