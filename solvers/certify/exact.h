/* Bounds of min y f by CROWN and branch and bound, for callers that are no entry of a spec. */
#ifndef CERTIFY_EXACT_H
#define CERTIFY_EXACT_H

#include "solvers/certify/tree.h"

/* All samples of the job: `root_steps` of CROWN at most, then a search within the limits. */
void exact_run(struct certify_job *job, const struct tree_limits *limits, long root_steps,
	       struct arena *arena);

#endif
