/* examples.npz of a record: samples before and after its attacks, for pictures; only of entries of
 * `attack` with `keep`.
 *
 * For an entry with key K, of the first `keep` samples of the test part that are classified
 * correctly, at the largest radius: K_clean and K_attacked (samples x features, in raw coordinates
 * without the bias, in the order of the prepared columns), K_outputs (samples x 3: y, f at both;
 * with three classes or more class numbers, those that the network gives at both).
 * Nothing of data whose preparation mixes columns. */
#ifndef ASSESS_EXAMPLES_H
#define ASSESS_EXAMPLES_H

#include "harness/assess/target.h"
#include "harness/spec/spec.h"
#include "harness/store/entries.h"

struct npz_entry;

struct examples {
	const struct cell *cell;
	const struct dataset *data;
	const struct entry_list *wanted; /* keys of the entries of cell->attack */
	struct arena *arena;
	size_t count;
	struct npz_entry *at;
};

struct examples examples_new(const struct cell *cell, const struct dataset *data,
			     const struct entry_list *wanted, struct arena *arena);

/* The `look` of an evidence; `context` is a struct examples. */
void examples_look(void *context, const struct aim *aim, const struct attack_job *job);

/* Add those of attack `entry` that the file of an earlier record has. */
enum status examples_keep(struct examples *examples, size_t entry, const char *path,
			  struct err *err);

/* Write them; nothing if there are none. */
enum status examples_write(struct examples *examples, const char *path, struct err *err);

#endif
