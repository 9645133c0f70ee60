/* The one place where the samples of an attack or a certificate are walked: in blocks, which ranks
 * share.
 *
 * A block is computed as if there were no other: its random numbers are keyed by sample, and how
 * its rows are packed into products depends on nothing else. So any number of ranks gives the bits
 * of one process, of which without blocks not even one attack would be sure: a product of matrices
 * rounds a row by its place. The first rank has the samples and asks; the others wait, compute and
 * hand back, knowing the cell. What travels, for each sample two rows there and one back, is small
 * against the passes through the network that an attack makes. */
#ifndef ASSESS_TEAM_H
#define ASSESS_TEAM_H

#include "harness/assess/target.h"
#include "solvers/core/ranks.h"
#include "solvers/model/certify.h"

struct team {
	struct ranks *ranks;     /* NULL: one process */
	const struct cell *cell; /* whose entries of `attack`, `certify`, `selects` are aims */
};

/* Of n samples those of this rank: whole blocks. */
struct ranks_rows team_rows(const struct ranks *ranks, ptrdiff_t n);

/* job->worst and job->margin by the attack of aim->entry. `team` NULL: in this process. On a
 * counting arena what a block needs. */
void team_attack(const struct team *team, const struct aim *aim, struct attack_job *job,
		 const struct arena *beside);

/* certify_margins by the certificate of aim->entry. */
void team_certify(const struct team *team, const struct aim *aim, const struct model *model,
		  const int *label, struct certify_job *job, const struct arena *beside);

/* On every rank but the first: what it asks for, until it has called team_end. */
void team_serve(const struct team *team);
void team_end(const struct team *team);

#endif
