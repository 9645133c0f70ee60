/* What the plan asks of the records: which ones, in which order, under which names, and which of
 * their attacks and certificates. Names are those of the plan, not those of the day a record was
 * made; two rows of the plan may show one record. */
#ifndef REPORT_ASKED_H
#define REPORT_ASKED_H

#include "harness/report/records/records.h"
#include "harness/store/entries.h"

struct asked_row {
	const char *id;
	const char *data, *method; /* NULL: as the record says */
	double repetition;
	bool requests; /* the plan says what is asked for */
	struct request request;
};

/* The rows of a plan.csv that have a record or should, of the sorted `ids` of all *count records;
 * of an empty plan all records. Sets *count to their number, and counts what is missing and left
 * out. */
struct asked_row *asked_rows(struct records *records, const struct field_rows *plan,
			     const char *const *ids, size_t *count);

/* A record that has been read, as the row shows it. Entries that are not asked for go, and the
 * others have the names and the order of the plan. */
void asked_show(struct record *record, const struct asked_row *row, struct arena *arena);

#endif
