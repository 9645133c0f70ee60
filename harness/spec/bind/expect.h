/* What a row expects, in words: for messages and for `describe`. */
#ifndef SPEC_EXPECT_H
#define SPEC_EXPECT_H

#include "harness/spec/tree/tree.h"
#include "solvers/core/desc.h"

#include <stddef.h>

enum {
	EXPECT_ROOM = 768, /* of a phrase; longer lists of names are cut */
	EXPECT_NAMES = 96
};

struct names { /* a list of valid names */
	size_t count;
	const char *at[EXPECT_NAMES];
};

void expect_add_name(struct names *names, const char *name);
/* Keys of a map described by rows; a keyed choice stands for the names it picks from. */
void expect_add_keys(struct names *names, const struct option *rows);

/* "one of a, b, c" */
void expect_names(const struct names *names, const char *before, char *text, size_t room);
/* "; did you mean "x"?" or "" */
void expect_suggestion(const struct names *names, const char *given, char *text, size_t room);

/* Names a value of the row picks from: of an enumeration or a choice, words of a number. */
void expect_row_names(const struct option *row, struct names *names);
/* "a number > 0", "true or false", "one of dual, pcg or null" */
void expect_row(const struct option *row, char *text, size_t room);

/* The row says that it may be left unset. */
bool expect_nullable(const struct option *row);

/* The row of this name, or NULL; the style of a keyed choice hides its own name. */
const struct option *expect_find(const struct option *rows, const char *name);
/* The row of a keyed choice among whose items one has this name, or NULL. */
const struct option *expect_keyed(const struct option *rows, const char *name);
/* The flat choice among the rows, or NULL. */
const struct option *expect_flat(const struct option *rows);

#endif
