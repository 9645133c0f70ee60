/* What is bound at the top: of a spec, of the canonical text of a cell. */
#ifndef SPEC_SHEET_H
#define SPEC_SHEET_H

#include "harness/spec/schema.h"

/* The top level of a spec; entries of `data` and `train` are kept as nodes, since a sweep binds
 * them often. */
struct sheet {
	const char *name, *about;
	long seed, repeats, precision;
	struct resource_options resources;
	struct stop_options stop;
	struct groups data, train; /* const struct node * */
	struct groups attack, certify, plots, tables;
	bool samples;
	struct style_options style;
	struct groups claims;
};

/* What the canonical text of a cell says. */
struct cell_text {
	struct cell cell; /* first, so that its rows are of both */
	struct groups swept;
};

#endif
