/* The patterns [X u_j >= 0] of generated neurons, of the network that column generation over all
 * neurons comes to for the same loss and penalty. */
#include "solvers/gates/pattern_network.h"

static const struct option rows[] = {
	{OPTION_AS("solver", struct start_options, trainer), .initial = "generated",
	 .kind = KIND_TRAINER, .doc = "generated, and its options; its time is part of the setup"},
	{OPTION_AS("steps", struct start_options, steps), .initial = "100", .range = RANGE_FROM(0),
	 .doc = "most rounds of it, if it does not end by itself"},
	{0},
};

const struct pattern_source pattern_generated = {
	.base = {.name = "generated",
		 .doc = "patterns of neurons that are generated where they lower the objective",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct start_options)},
	.priced = true,
	.start = pattern_network_start,
	.open = pattern_network_open,
	.direction = pattern_network_direction,
};
