/* Verbs, and their options as rows. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include "solvers/core/arena.h"
#include "solvers/core/option.h"

#include <stdbool.h>
#include <stddef.h>

/* What the options of all verbs are parsed into. */
struct cli_args {
	size_t count; /* operands */
	char **operand;
	size_t set_count; /* "path=value" of --set and of the options that stand for one */
	const char **set;
	const char *out, *filter;
	const char *shard;  /* "I/N" */
	const char *gate;   /* file of limits for compare */
	const char *spec;   /* file of figures for plot */
	const char *output; /* file of archive */
	const char *data;   /* folder to look for moved data in */
	const char *format; /* of export */
	long n;             /* of bounds */
	double psi, xi;
	double seconds;                  /* of bound */
	double lease;                    /* s */
	const char *cells;               /* file of a batch, for run */
	long group;                      /* in that file */
	double cell_memory;              /* bytes */
	const char *partition, *account; /* of submit, as what follows */
	const char *engine, *hosts, *options;
	long workers, throttle, grace, rounds, round;
	double minutes;
	double memory, memory_up_to, time_up_to; /* bytes, s */
	bool force, retry_failed, retime, fail_fast, claim, dry_run, quiet, no_color, json,
		markdown, figures, help;
	struct arena arena; /* of the texts above; give it back with arena_release */
};

enum { CLI_ANY = 1 << 16 }; /* operands: as many as the shell passes */

struct cli_option {
	struct option row;    /* of a struct cli_args; `initial` NULL: it must be given */
	char letter;          /* "-q" stands for "--quiet"; 0: none */
	const char *argument; /* name of its value in the help; NULL: a flag */
	const char *path;     /* of the spec: the value is set there and checked by the row there,
				 "": it is "path=value" itself; NULL: none */
};

struct cli_verb {
	const char *name;
	const char *operands;             /* as the help shows them: "SPEC" */
	const char *doc;                  /* one line */
	size_t least, most;               /* operands */
	const struct cli_option *options; /* ends with a row without name; NULL: only --help */
	int (*run)(struct cli_args *args);
};

/* Members of a row: of a flag, a text, a path, a value of the spec, a number that must be given. */
#define CLI_FLAG(field, doc_) \
	.row = {OPTION_FIELD(struct cli_args, field), .initial = "false", .doc = (doc_)}
#define CLI_FLAG_AS(name, field, doc_) \
	.row = {OPTION_AS(name, struct cli_args, field), .initial = "false", .doc = (doc_)}
#define CLI_TEXT(field, argument_, doc_)                                                 \
	.row = {OPTION_FIELD(struct cli_args, field), .initial = "null", .doc = (doc_)}, \
	.argument = (argument_)
#define CLI_PATH(field, argument_, doc_)                                                     \
	.row = {OPTION_FIELD(struct cli_args, field), .initial = "null", .path = PATH_OTHER, \
		.doc = (doc_)},                                                              \
	.argument = (argument_)
#define CLI_SPEC(name_, path_, argument_, doc_)                                          \
	.row = {.name = (name_), .type = OPTION_TEXT, .initial = "null", .doc = (doc_)}, \
	.argument = (argument_), .path = (path_)
#define CLI_NUMBER(field, argument_, range_, doc_)                                     \
	.row = {OPTION_FIELD(struct cli_args, field), .range = range_, .doc = (doc_)}, \
	.argument = (argument_)

/* Options of several verbs. */
#define CLI_OPTIONS_OF_SPEC                                                                 \
	{CLI_SPEC("set", "", "PATH=VALUE", "change a value of the spec: train[0].rho=0.1"), \
	 .letter = 's'},                                                                    \
		{CLI_SPEC("seed", "seed", "N", "the master seed")},                         \
	{                                                                                   \
		CLI_SPEC("precision", "precision", "TYPE", "scalar type of the solvers")    \
	}
#define CLI_OPTIONS_OF_PLAN                                                                        \
	{CLI_SPEC("jobs", "resources.jobs", "N", "workers at once, cores / threads by default"),   \
	 .letter = 'j'},                                                                           \
		{CLI_SPEC("threads", "resources.threads", "N",                                     \
			  "threads of each, cores / jobs by default"),                             \
		 .letter = 't'},                                                                   \
		{CLI_SPEC("timeout", "resources.time_limit", "TIME",                               \
			  "wall-clock limit of a cell")},                                          \
		{CLI_TEXT(filter, "EXPR", "only these cells: method=admm,rho=0.1,repetition=0")},  \
		{CLI_TEXT(shard, "I/N",                                                            \
			  "the I-th of N shares of about the same work; shards may run at once")}, \
	{                                                                                          \
		CLI_PATH(out, "DIR", "results go to DIR/<name> (default: results)"), .letter = 'o' \
	}
#define CLI_OPTION_JSON                      \
	{                                    \
		CLI_FLAG(json, "print JSON") \
	}
#define CLI_OPTIONS_END                \
	{                              \
		.row = {.name = NULL } \
	}
#define CLI_OPTION_DATA                                                                      \
	{                                                                                    \
		CLI_PATH(data, "DIR",                                                        \
			 "look here for data that are not where they were; their checksums " \
			 "decide"),                                                          \
			.letter = 'd'                                                        \
	}

/* The operands and options of a verb, on stdout. */
void cli_help(const struct cli_verb *verb);

/* Read the arguments behind the verb, run it. An option may be given by its letter or by a
 * beginning that no other has. Returns the exit status. */
int cli_run_verb(const struct cli_verb *verb, int argc, char **argv);

#endif
