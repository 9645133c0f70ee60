/* The attacks and certificates that occur in the records, for tables and plots. */
#ifndef REPORT_ATTACKS_H
#define REPORT_ATTACKS_H

#include "harness/report/records/records.h"
#include "harness/report/records/stat.h"

#include <stdbool.h>
#include <stddef.h>

struct attack_kind {
	const char *attack; /* NULL: the one with the lowest robust accuracy */
	const char *norm, *units;
	double eps;        /* the one looked at; set to the largest that occurs */
	const char *label; /* "pgd linf", with the units only if they differ between kinds, or are
			      of a feature space */
	bool certified;    /* certificates: `attack` NULL is the highest one */
	const char *part;  /* of the data, "train"; NULL: test */
};

struct attack_kinds {
	size_t count;
	struct attack_kind *at; /* in order of appearance */
};

/* Those of the test part in the records of one data set, or of all if `data` is NULL. */
struct attack_kinds attacks_of(const struct records *records, const char *data);

/* One kind per norm and units of the certificates of the test part, the highest over them. */
struct attack_kinds attacks_certified(const struct records *records, const char *data);

/* Both of a part of the data, "train", over all data sets. */
void attacks_of_part(const struct records *records, const char *part, struct attack_kinds *attacks,
		     struct attack_kinds *certified);

/* Both lists in one. */
struct attack_kinds attacks_join(const struct attack_kinds *a, const struct attack_kinds *b,
				 struct arena *arena);

/* The rows of a record that can be of this kind: those of attacks, or of certificates. */
const struct attack_row *attacks_rows(const struct record *record, const struct attack_kind *kind,
				      size_t *count);

/* Is the row of this kind and part, at whatever eps? */
bool attacks_match(const struct attack_row *row, const struct attack_kind *kind);

/* Has the record an attack or certificate of its test part? */
bool attacks_tests(const struct record *record);

/* One kind per norm and units, the lowest over their attacks. */
struct attack_kinds attacks_worst(const struct attack_kinds *kinds, struct arena *arena);

/* The row of a record at kind->eps, or NULL. */
const struct attack_row *attacks_find(const struct record *record, const struct attack_kind *kind);

/* The box of a row, "[0, 1]", or "none"; NULL: an earlier version did not say. */
const char *attacks_box(const struct attack_row *row, struct arena *arena);

/* stat_pick: the accuracy without the attack; `what` is a struct attack_kind. */
double attacks_clean(const struct record *record, const void *what);

/* stat_picks at kind->eps; `what` is a struct attack_kind. */
double attacks_robust(const struct record *record, const void *what);
double attacks_low(const struct record *record, const void *what);
double attacks_high(const struct record *record, const void *what);

/* The same of the distances: median, 10 % and 90 % quantile over points. */
double attacks_distance(const struct record *record, const void *what);
double attacks_near(const struct record *record, const void *what);
double attacks_far(const struct record *record, const void *what);

#endif
