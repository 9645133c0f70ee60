/* adversarial.npz of a record: the worst points that its attacks with `export` have found, as NPY
 * arrays of doubles.
 *
 * For an entry with key K the i-th radius has K_<i>_points (n x p) in the units of the source, and
 * the entry K_rows (n): places of the samples in the source, as in samples.csv. `columns` (p) are
 * the columns of the source behind those of the points: all that the preparation keeps. */
#ifndef ASSESS_ADVERSARIAL_H
#define ASSESS_ADVERSARIAL_H

#include "harness/assess/target.h"
#include "harness/file/npz.h"
#include "harness/store/entries.h"

#define ADVERSARIAL_FILE "adversarial.npz"

struct adversarial {
	const struct cell *cell;
	const struct dataset *data;
	const struct entry_list *wanted; /* keys of the entries of cell->attack */
	struct arena *arena;
	size_t count, room;
	struct npz_entry *at;
};

struct adversarial adversarial_new(const struct cell *cell, const struct dataset *data,
				   const struct entry_list *wanted, struct arena *arena);

/* Add the points of an attack that has just been run; `context` is a struct adversarial. */
void adversarial_look(void *context, const struct aim *aim, const struct attack_job *job);

/* Add those of attack `entry` that the file of an earlier record has. */
enum status adversarial_keep(struct adversarial *adversarial, size_t entry, const char *path,
			     struct err *err);

/* Write them; nothing if there are none. */
enum status adversarial_write(struct adversarial *adversarial, const char *path, struct err *err);

/* What the file of a record has of one radius of an entry of `attack`. */
struct adversarial_points {
	const struct attack_options *of;
	const char *key;
	size_t radius, n, p;
	const double *points, *rows, *columns; /* n x p row-major; n; p */
};

/* All of them; *count = 0 for a record without. `cell` is that of the record. */
enum status adversarial_points(const char *record, const struct cell *cell, struct arena *arena,
			       struct adversarial_points **out, size_t *count, struct err *err);

/* The arrays of a record as files in `folder`: adversarial_pgd_linf_0.1_test.npy (n x p, in the
 * columns of the source that adversarial_columns.npy names), and with _rows before .npy its rows
 * (n). Nothing of a record without. */
enum status adversarial_export(const char *record, const char *folder, struct err *err);

/* K_<radius>_points.npy */
const char *adversarial_name(const char *key, size_t radius, struct arena *arena);

#endif
