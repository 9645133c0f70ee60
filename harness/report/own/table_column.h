/* What a name in `columns` of a table stands for: which number of a record, how it is called and
 * written, and which of two is better. */
#ifndef REPORT_TABLE_COLUMN_H
#define REPORT_TABLE_COLUMN_H

#include "harness/report/records/attacks.h"
#include "harness/report/records/records.h"
#include "harness/report/records/stat.h"
#include "harness/spec/table.h"

#include <stdbool.h>

enum table_part {
	TABLE_DATA,
	TABLE_METHOD,
	TABLE_SETTING,
	TABLE_OBJECTIVE_OF,
	TABLE_CELLS,
	TABLE_ENDED,
	TABLE_SWEPT, /* an option */
	TABLE_NUMBER
};

/* Names of those before TABLE_SWEPT; ends with NULL. */
extern const char *const table_column_words[];

/* "distance ", before the name of an attack. */
extern const char table_column_distance[];

/* The columns of a table that names none. */
extern const struct texts table_column_usual;

struct table_column {
	const char *name;
	enum table_part part;
	const char *head, *unit; /* "Test accuracy", "%"; unit: "" where there is none */
	const char *family;      /* of an attack at one radius: "pgd linf"; else NULL */
	const char *radius;      /* " 0.1", as the name writes it */
	/* of a number */
	stat_pick *pick; /* in the units of summary.csv */
	const void *what;
	double factor;                  /* to the number shown */
	char form;                      /* f: decimals; g, e: significant digits */
	int digits;                     /* of that many */
	enum table_better better;       /* which of two is the better one */
	const struct attack_kind *kind; /* of an attack; else NULL */
	bool distance;                  /* its number is how far the nearest point is */
	const char *stored;             /* unit of summary.csv */
	const char *data;               /* whose number it is: train, validation, test; or "" */
	const char *meaning;
};

/* Of the records. A name of nothing that is there is a number that no cell has. */
struct table_column table_column_of(const struct records *records, const char *name,
				    const struct table_options *options);

/* "pgd linf 0.1", "worst linf raw 8/255", "certified l2 0.5 train", "distance fab l2 3" as the kind
 * of that radius; its units are NULL where they are not said, and so is the test part. False: it is
 * no such name. */
bool table_column_probe(const char *name, struct arena *arena, struct attack_kind *out);

/* "test_recall rose": of the samples of that class on that part. False: it is no such name. */
struct table_recall {
	const char *part, *class;
};
bool table_column_recall(const char *name, struct arena *arena, struct table_recall *out);

/* "15.90" of a number of the column as it is stored; "" of one that is not known. */
const char *table_column_text(const struct table_column *column, double value, struct arena *arena);

#endif
