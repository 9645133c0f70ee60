/* What the verbs share: their table, options declared as rows, and loading a spec with its problems
 * shown. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "harness/sched/sched.h"
#include "harness/spec/spec.h"

#include <stdbool.h>
#include <stddef.h>

#ifndef BUILD_VERSION
#define BUILD_VERSION "0.1.0"
#endif

struct json_t;

/* What the options of all verbs are parsed into. */
struct cli_args {
	size_t count; /* operands */
	char **operand;
	size_t set_count; /* "path=value" of --set and of the options that stand for one */
	const char **set;
	const char *out, *filter;
	const char *shard;  /* "I/N" */
	const char *gate;   /* file of limits for compare */
	const char *output; /* file of archive */
	const char *data;   /* folder to look for moved data in */
	long n;             /* of bounds */
	double psi, xi;
	bool force, retry_failed, retime, fail_fast, quiet, no_color, json, markdown, help;
	struct arena arena; /* of the texts above; give it back with arena_release */
};

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

/* One of each harness/cmd_*.c. They return the exit status of the program. */
int cmd_run(struct cli_args *args);
int cmd_plan(struct cli_args *args);
int cmd_validate(struct cli_args *args);
int cmd_status(struct cli_args *args);
int cmd_show(struct cli_args *args);
int cmd_rerun(struct cli_args *args);
int cmd_report(struct cli_args *args);
int cmd_plot(struct cli_args *args);
int cmd_compare(struct cli_args *args);
int cmd_list(struct cli_args *args);
int cmd_describe(struct cli_args *args);
int cmd_env(struct cli_args *args);
int cmd_verify(struct cli_args *args);
int cmd_merge(struct cli_args *args);
int cmd_archive(struct cli_args *args);
int cmd_attack(struct cli_args *args);
int cmd_predict(struct cli_args *args);
int cmd_bounds(struct cli_args *args);

/* The operands and options of a verb, on stdout. */
void cli_help(const struct cli_verb *verb);

/* Read the arguments behind the verb, run it. An option may be given by its letter or by a
 * beginning that no other has. Returns the exit status. */
int cli_run_verb(const struct cli_verb *verb, int argc, char **argv);

/* "unknown <what> "name"; did you mean "x"? one of: ..." on stderr. Returns STATUS_SPEC. */
int cli_unknown(const char *what, const char *name, const char *const *names, size_t count);

/* Print problems on stderr. */
void cli_print_problems(const struct problems *problems);

/* Print an error on stderr and return its status. */
int cli_fail(const struct err *err);

/* Load the spec; all problems are printed. `sets` as in spec_load. */
enum status cli_load(const char *path, struct texts sets, struct arena *arena,
		     struct experiment *out);

/* The same, but attacks and certificates without a test part are warnings: they are left out, and
 * all else can be done. */
enum status cli_load_possible(const char *path, struct texts sets, struct arena *arena,
			      struct experiment *out);

/* What the spec of a results folder, as it was run, says on showing its records: spec_load_shown.
 * Problems are printed. */
enum status cli_load_results(const char *folder, struct arena *arena, struct experiment *out);

/* Say on stderr what the first lines of the data files leave to a guess; an error if they do not
 * fit the spec. Files that are not there are passed over. */
enum status cli_glance(const struct experiment *experiment, bool quiet, struct err *err);

/* The results folder of an experiment: <--out or results>/<name>. */
const char *cli_folder(const struct cli_args *args, const struct experiment *experiment,
		       struct arena *arena);

/* Path of this program, or NULL if the system does not say. */
const char *cli_program(struct arena *arena);

/* The folder where the workers lie. */
const char *cli_worker_folder(struct arena *arena);

/* The plan of what the arguments choose: the folder, --filter and --shard, which is also given
 * back. */
enum status cli_plan(const struct cli_args *args, struct experiment *experiment,
		     struct arena *arena, struct plan *plan, struct sched_shard *shard,
		     struct err *err);

/* The id of the cell of a results folder that starts with `prefix`, or NULL with a message on
 * stderr. Slashes at the end of `folder` are removed. */
const char *cli_find_cell(char *folder, const char *prefix, struct arena *arena);

/* Make --data an absolute path. False, with a message, if it is no folder. */
bool cli_find_data(struct cli_args *args);

/* The folder of the cell that the operands DIR CELL name, as an absolute path, and its id; the
 * current folder becomes the one the run was started in. NULL with a message on stderr if there is
 * no such cell. --data, if it was given, becomes absolute before. */
const char *cli_enter_cell(struct cli_args *args, const char **id);

/* Build what is derived from the records and say where it lies, below the table if it is asked for.
 * A damaged record does not keep the rest from being shown. */
enum status cli_build_report(const struct experiment *experiment, const char *folder,
			     bool with_table, struct err *err);

/* Print a JSON value on stdout and give it back. */
void cli_print_json(struct json_t *json);

/* Columns of the terminal: COLUMNS, or what the terminal of standard output has; 0 where it is
 * none. */
size_t cli_width(void);

/* Print what names and files may be part of: nothing in it commands a terminal (printable.h). */
void cli_say(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print lines of help: `doc` wrapped behind what stands before it, at this column. */
void cli_print_doc(size_t used, size_t column, const char *doc, FILE *to);

/* May colours be used on this stream? Not if it is no terminal, NO_COLOR is set or --no-color was
 * given. */
bool cli_color(const struct cli_args *args, int fd);

#endif
