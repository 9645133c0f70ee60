/* What a record holds beside its training, entry by entry, each under a key of its own: attacks,
 * certificates, the attacks on the validation part that selections ask for, and the table of
 * samples, which is there only where it is asked for. And what a row of
 * the plan asks for.
 *
 * The key of an entry is made of what its rows depend on (harness/assess/keys.h): an entry that the
 * record of a cell has under a key needs no computing there, whatever it is called. */
#ifndef STORE_ENTRIES_H
#define STORE_ENTRIES_H

#include "harness/store/cellfile.h"
#include "harness/store/rows.h"

#include <stdbool.h>
#include <stddef.h>

enum entry_kind { ENTRY_ATTACK, ENTRY_CERTIFY, ENTRY_SELECT, ENTRY_SAMPLES, ENTRY_KINDS };

extern const char *const entry_kind_names[]; /* "attack", "certify", "select", "samples", NULL */

struct entry_list {
	size_t count;
	struct entry_note *at; /* in the order of the rows */
};

/* entries.json of a record. */
struct entries {
	bool begun;        /* data and options were found good, training was started */
	bool trained;      /* ... and ended by itself with a finite network */
	const char *asked; /* 16 hex digits: all that the cell asked for */
	struct entry_list of[ENTRY_KINDS];
};

/* What a row of the plan asks for. */
struct request {
	struct entries entries;             /* key and name of each */
	const char *select_by, *select_per; /* NULL: nothing */
	long rung;                          /* of successive halving, from 1; 0: there is none */
	size_t swept_count;
	struct cellfile_swept *swept;
};

enum status entries_write(const struct entries *entries, const char *path, struct err *err);
enum status entries_read(const char *path, struct arena *arena, struct entries *out,
			 struct err *err);

/* Where in a list a key is, or list->count. */
size_t entries_find(const struct entry_list *list, const char *key);

/* How many rows an entry has; 0 if there is no such entry, or it does not say. */
size_t entries_rows(const struct entry_list *list, size_t entry);

/* The number of its first row. */
size_t entries_row(const struct entry_list *list, size_t entry);

/* Kinds of which something wanted is not held: a sum of 1 << kind, 0 if nothing lacks. */
unsigned entries_lacking(const struct entries *held, const struct entries *wanted);

/* "attacks, certificates" of such a sum. */
const char *entries_text(unsigned kinds, struct arena *arena);

/* One line of JSON. */
const char *request_text(const struct request *request, struct arena *arena);

/* False if it is no such text. */
bool request_read(const char *text, struct arena *arena, struct request *out);

#endif
