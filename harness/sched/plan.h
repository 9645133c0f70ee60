/* The cells of an experiment, and what is there of each. */
#ifndef SCHED_PLAN_H
#define SCHED_PLAN_H

#include "harness/spec/spec.h"
#include "harness/store/entries.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdio.h>

/* What there is of a cell. */
struct planned_record {
	bool present;       /* a record, done or not, when the plan was made */
	bool done;          /* it has all that is asked for (a skipped cell is not done) */
	bool trained;       /* it has a network: one that is not done can be completed */
	bool disturbed;     /* its times are not to be trusted */
	unsigned lacks;     /* kinds (entries.h) that the record of a trained cell lacks */
	const char *status; /* "damaged" of one that is computed again */
	const char *damage; /* what is wrong with it, or NULL */
	double seconds;     /* that it says it took; NaN: there is none, or it does not say */
	double peak;        /* bytes that it held at most; NaN: not known */
	double validation[SELECTS]; /* by enum select_by; NaN: not known */
	struct entry_list selects;  /* accuracies of the validation part under attack */
};

struct planned {
	const struct cell *cell;
	char key[65];              /* SHA-256 of what makes the cell; its id is the start of it */
	const char *data_checksum; /* of the files of its data */
	struct planned_record record; /* equal cells share one */
	size_t first;                 /* the first cell of the plan with this id */
	size_t shard;                 /* whose it is, from 0 (sched_assign_shards) */
	bool completes;         /* by a run: what lacks is computed on the network of the record */
	bool shared;            /* by a run: an equal cell before it is computed for both */
	struct request request; /* what the row shows: names, and keys of what it asks for */
	struct entries wanted;  /* what all cells of this id ask for */
	bool left_out;          /* by a filter: neither computed nor counted */
	bool elsewhere;         /* other tasks of a batch have it */
	bool again;             /* to be computed anew, though there is a record (pack_read) */
	bool passed;            /* computed or reused by the same run already */
	const char *refusal;    /* why it cannot be computed here, or NULL */
	double bytes;           /* forecast of the worker's peak memory; NaN for a done cell */
	double flops; /* forecast: setup + stop.iterations iterations; NaN for a done cell */
	double work;  /* the same, done or not */
};

/* A data set of the plan: an entry of `data` with the values swept in it. */
struct planned_data {
	const char *name;
	const char *swept; /* "generate.noise=0.1;...", or "" */
	const char *files; /* paths that it reads, separated by ';', or "" for a generator */
	char checksum[65]; /* SHA-256 over the bytes of all of them, in this order */
};

struct plan {
	const char *folder; /* results/<name> */
	size_t count;
	struct planned *at;
	size_t most; /* cells that there can be when those that some wait for are done */
	size_t data_count;
	struct planned_data *data;
	struct problems *unfit; /* methods that do not take the outputs of their data */
};

/* Part `index` of `count`, from 0; count 0 or 1 is the whole. */
struct sched_shard {
	size_t index, count;
	bool claims; /* no fixed part: cells are claimed one by one (harness/share/lease.h) */
};

/* Fill cell ids (text of the training + data checksum), look up which are done, forecast memory and
 * work. A damaged record is not done; one of a newer format is refused (STATUS_ENV), and so are
 * methods that do not take their data (STATUS_SPEC; `err` is the last one of `unfit`). */
enum status sched_plan(struct experiment *experiment, const char *folder, struct arena *arena,
		       struct plan *out, struct err *err);

/* Mark the cells that an earlier plan of the same run had as passed. False if it had the same ones:
 * nothing was chosen since then. */
bool sched_goes_on(struct plan *plan, const struct plan *before);

/* A line for each damaged record that is not left out. */
void sched_tell_damage(const struct plan *plan, FILE *to);

/* Give each cell of the plan, which is still that of all cells of the spec, to one of `count`
 * shards: by forecast work, the longest first; those that are left out to none. It depends on what
 * all shards see alike: spec, data and filter, and neither on records nor on measured times, which
 * change between the starts of two shards. Each rung of successive halving is shared out for
 * itself. */
void sched_assign_shards(struct plan *plan, size_t count);

/* Leave out the cells of other shards. */
void sched_keep_shard(struct plan *plan, struct sched_shard shard);

/* The swept values of a cell, "rho=0.1;patterns=60", with `separator` between them. */
const char *sched_swept(const struct cell *cell, const char *separator, struct arena *arena);

#endif
