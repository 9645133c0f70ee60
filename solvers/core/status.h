/* Errors in input or environment, and how a solve ended.
 *
 * A function that can meet bad input returns an `enum status` and takes a caller-owned `struct err
 * *` as its last argument. The first error wins: a filled `struct err` is never overwritten. The
 * numeric values of `enum status` are the exit codes of the program. */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#include <stdio.h>

enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1, /* ran, but a cell failed, timed out or diverged */
	STATUS_SPEC = 2,   /* usage or spec error */
	STATUS_GATE = 3,   /* a comparison or a gate failed */
	STATUS_ENV = 4,    /* environment or input data missing or damaged */
	STATUS_INTERRUPTED = 130
};

struct err {
	enum status status;
	int line, col;    /* 1-based; 0 = no position */
	char source[512]; /* file the error lies in; "" = none */
	char text[1024];
};

/* How an iteration ended. Not an error. */
enum outcome {
	OUTCOME_RUNNING = 0,
	OUTCOME_CONVERGED,
	OUTCOME_ITERATION_LIMIT,
	OUTCOME_TIME_LIMIT,
	OUTCOME_STALLED,
	OUTCOME_DIVERGED
};

/* Fill `err` (if it is still empty) and return `status`. */
enum status err_set(struct err *err, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with a position: `where` is "file" or NULL, line and col may be 0. */
struct err_place {
	const char *source;
	int line, col;
};
enum status err_at(struct err *err, enum status status, struct err_place at, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

/* "source:line:col: text" with the parts that are known; what names and data brought into it cannot
 * command a terminal (printable.h). */
void err_print(const struct err *err, FILE *to);

const char *outcome_name(enum outcome outcome);

/* Propagate a failure to the caller. The only macro of the project that returns. */
#define TRY(call)                                 \
	do {                                      \
		enum status try_status_ = (call); \
		if (try_status_ != STATUS_OK)     \
			return try_status_;       \
	} while (0)

#endif
