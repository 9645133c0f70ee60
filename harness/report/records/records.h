/* All records of a results folder in memory, in the order of its plan, and grouped for statistics.
 */
#ifndef REPORT_RECORDS_H
#define REPORT_RECORDS_H

#include "harness/file/csv.h"
#include "harness/store/cellfile.h"
#include "harness/store/result.h"
#include "solvers/core/arena.h"
#include "solvers/core/option.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where a record is from whose names stand beside those of other folders (folders.h). */
struct record_origin {
	size_t folder;             /* its index */
	const char *label;         /* of that folder */
	const char *key;           /* records_key there */
	const char *data, *method; /* names there */
};

struct request; /* harness/store/entries.h */

/* Several may be of one folder: cells that are equal but for their names. */
struct record {
	const char *id, *folder; /* folder: <results>/cells/<id> */
	struct result result; /* a damaged record has status "damaged" and says why in `message` */
	size_t swept_count;
	const struct cellfile_swept *swept;
	const char *select_by, *select_per; /* as in struct cellfile */
	struct cellfile_objective objective;
	double data_draw, method_draw;
	bool resampled;
	const char *sample, *files; /* what makes its data (struct cellfile), and the checksum of
				       their files; NULL if it is not known */
	const struct record_origin
		*origin;        /* of a record among those of several folders; or NULL */
	struct csv_table trace; /* 0 rows if there is none */
	size_t attack_count, certificate_count;
	struct attack_row *attack, *certificate;
	size_t decision_count; /* rows of confusion.csv */
	const struct confusion_row *decision;
	struct result probed; /* an attack or certificate of it that was computed elsewhere: by
				 what, and where; status NULL: there is none */
	long rung;            /* of successive halving, from 1; 0: there is none */
	const struct request *asked; /* attacks and certificates under the names of the plan; NULL:
					all that there are */
	bool contradicted;           /* by another record (global_bound.h) */
	bool lacks; /* some of the attacks, certificates and selections that it is asked for */
	size_t group;
};

/* The repetitions of one (data, method, swept values); of nested cross-validation there are two,
 * the cells of inner folds and those that are tested. */
struct group {
	const char *data, *method;
	const char *setting; /* "rho=0.1, beta=1e-4" of the swept values that vary; "" if none */
	size_t count;        /* members, in order of records */
	const struct record **member;
	const char *problem; /* the data set and its swept options: "moons, noise=0.1" */
	bool inner;          /* of inner folds: its cells have no test part */
	bool left_out;       /* another setting of a method with `select` was chosen (select.h) */
	bool composed;       /* of several settings, the one chosen in each repetition (select.h):
				its members belong to other groups too, which are left out */
};

struct records {
	struct arena *arena;          /* owner of everything here; plots take scratch from it too */
	const char *folder, *caption; /* caption: the hardware, from env.json */
	const char *out; /* where tables and plots are written: `folder`, or one beside them */
	size_t count;
	struct record *at;
	size_t path_count;
	const char **paths; /* swept paths that occur, in order of appearance */
	size_t group_count;
	struct group *groups;
	size_t data_count;
	const char **data; /* names, in order of appearance */
	size_t method_count;
	const char **methods;
	size_t folds;        /* most of a repetition; 0: there are none */
	size_t contradicted; /* records that cannot both be right with another */
	size_t incomplete;   /* records that lack something asked for, but are ok */
	size_t missing;      /* cells of the plan that are not computed yet */
	size_t left_out; /* records that plan.csv does not name: left by an earlier version of the
			      spec */
	/* Of several folders: what differs between those, for the caption of any figure, and of one
	 * that shows times; else NULL. */
	const char *warning, *time_warning;
	size_t transfer_count, transfer_outdated; /* rows of transfer.csv (store/transfers.h) */
	const struct transfer_row *transfer;
	/* Of `count`: as they were written, not so, of earlier versions without checksums. */
	size_t checked, damaged, unchecked;
};

/* Every record is checked against its manifest. STATUS_ENV for a record of a newer format. */
enum status records_load(const char *folder, struct arena *arena, struct records *out,
			 struct err *err);

/* A line for each damaged record and each file of the folder that is not as it was written, and a
 * note on unchecked records. STATUS_FAILED if something is damaged. */
enum status records_tell(const struct records *records, FILE *to);

/* Fill names and groups from the records; records_load calls it. */
void records_group(struct records *records);

/* The same records, with groups and methods in another order: those of the named methods first, as
 * they are named. */
const struct records *records_ordered(const struct records *records, const struct texts *methods);

/* Pointers to all of them, as members. */
const struct record **records_all(const struct records *records);

/* Text of a swept value, or NULL if the record does not sweep `path`. */
const char *records_swept(const struct record *record, const char *path);

/* A swept option of the data makes another problem, not another setting of the method. */
bool records_of_data(const struct cellfile_swept *swept);

/* Its swept values, "rho=0.1, beta=1e-4"; the data set and its swept options, "moons, noise=0.1".
 */
const char *records_setting(const struct record *record, struct arena *arena);
const char *records_problem(const struct record *record, struct arena *arena);

/* Last part of a swept path: "u_update.pcg.rank" -> "rank". */
const char *records_short(const char *path);

/* Data, method, swept values and repetition in one text: what names a cell in any results folder.
 */
const char *records_key(const struct record *record, struct arena *arena);

/* Are two cells of one repetition and fold, whatever the inner one: of the same draw of the data?
 */
bool records_same_draw(const struct result *a, const struct result *b);

/* The member of a group on the same draw of the data, or NULL. */
const struct record *records_at_draw(const struct group *group, const struct record *draw);

/* "2", or with folds "2 fold 3", or "2 fold 3 inner 1": repetition and fold. */
const char *records_draw(const struct result *result, struct arena *arena);

/* "5 repetitions", of `values` in a group; with folds "2 repetitions of 5 folds", which share
 * training samples and are not independent. */
const char *records_repeats(const struct records *records, size_t values);

/* How many members ended with status "ok". */
size_t records_ok_count(const struct group *group);

/* Did the cell end with status "ok"? */
bool records_ok(const struct record *record);

/* A text field of a result by its column name; NULL if it is empty, or for an unknown name. */
const char *records_text(const struct result *result, const char *name);

/* A numeric field of a result by its column name; NaN for an unknown name. */
double records_number(const struct result *result, const char *name);

/* Is `name` one of a list of names, or the list empty: all are wanted? */
bool records_wanted(const struct texts *names, const char *name);

/* Index of `name` in a list, or `count`. */
size_t records_index(const char *const *names, size_t count, const char *name);

#endif
