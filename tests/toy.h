/* A small random classification problem, options written as a spec writes them, and naive twins in
 * double of what solvers compute fast. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/rng.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"

struct toy {
	struct arena arena;
	struct problem problem;
};

/* n points in d dimensions, Gaussian but for the last column, which is 1; labels -1 and +1 that no
 * linear function of x separates. `loss` as in a spec: "hinge", "{huber: {delta: 2}}". The problem
 * does not depend on the loss. */
struct toy toy_make(ptrdiff_t n, ptrdiff_t d, const char *loss, double beta);

/* The loss of such a text. */
struct loss_term toy_loss_term(const char *loss, struct arena *arena);

/* Options of an item from a map as a spec has it, e.g. "{rho: 0.5, u_update: cholesky}", with the
 * defaults of the others. */
void *toy_options(const struct desc *item, const char *text, struct arena *arena);

/* Pattern options from such a map, e.g. "{count: 12, from: [constant, gaussian]}". */
struct pattern_options toy_patterns(const char *text, struct arena *arena);

/* A file that options name, as if it had been read; owned by `arena`. */
void toy_file(struct problem *problem, struct problem_file file, struct arena *arena);

/* What a trainer tells: NULL or NaN where it tells nothing of this name. */
const char *toy_text(const struct trainer *trainer, const void *state, const char *name,
		     struct arena *arena);
double toy_number(const struct trainer *trainer, const void *state, const char *name);

/* Penalties that a trainer is done with until it ends by itself, at most `room`; how many. */
int toy_path(const struct trainer *trainer, const struct problem *problem, const void *options,
	     struct penalty_done *done, int room, struct arena *arena);

/* Fill A with normal numbers. */
void toy_fill(struct mat A, struct rng *rng);

/* Whether column i of A is column j of B, bit by bit; whether no two columns of A are the same. */
bool toy_same_column(struct mat A, ptrdiff_t i, struct mat B, ptrdiff_t j);
bool toy_distinct(struct gates D);

/* l(f, y) without the weight, from the definition of the loss. */
double toy_loss(struct loss_term loss, double f, double y);
/* f(x_k) */
double toy_output(const struct net *net, struct mat X, ptrdiff_t k);
/* weight sum_k l(f(x_k), y_k) + beta (decay), by the definition of its kind. */
double toy_model_objective(const struct problem *problem, const struct model *model);
/* The same of a network: (beta / 2) (|U|^2 + |alpha|^2) */
double toy_objective(const struct problem *problem, const struct net *net);

#endif
