/* The door of the folder: what the verbs share, from loading a spec with its problems shown to its
 * report. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "harness/cli/cli_option.h"
#include "harness/cli/cli_print.h"
#include "harness/sched/sched.h"
#include "harness/spec/spec.h"

#ifndef BUILD_VERSION
#define BUILD_VERSION "0.1.0"
#endif

/* One of each verbs/cmd_*.c; they run to the exit status of the program. */
extern const struct cli_verb cmd_run, cmd_plan, cmd_validate, cmd_list, cmd_describe, cmd_status,
	cmd_show, cmd_rerun, cmd_verify, cmd_attack, cmd_transfer, cmd_predict, cmd_export,
	cmd_plot, cmd_report, cmd_claims, cmd_compare, cmd_merge, cmd_archive, cmd_bound,
	cmd_bounds, cmd_env, cmd_submit, cmd_cancel;

/* Load the spec; all problems are printed. `sets` as in spec_load. If what is `possible` is enough,
 * attacks and certificates without a test part are warnings: they are left out, and all else can be
 * done. */
enum status cli_load(const char *path, struct texts sets, bool possible, struct arena *arena,
		     struct experiment *out);

/* What the spec of a results folder, as it was run, says on showing its records: spec_load_shown.
 * Problems are printed. */
enum status cli_load_results(const char *folder, struct arena *arena, struct experiment *out);

/* Say on stderr what the first lines of the data files leave to a guess; an error if they do not
 * fit the spec. Files that are not there are passed over. */
enum status cli_glance(const struct experiment *experiment, bool quiet, struct err *err);

/* Count the rows and outputs of all data sets whose files are there, and print their errors and
 * each method that does not take them. A status. */
int cli_count(const struct experiment *experiment);

/* Path of this program, or NULL if the system does not say. */
const char *cli_program(struct arena *arena);

/* The folder where the workers lie. */
const char *cli_worker_folder(struct arena *arena);

/* The plan of what the arguments choose: the folder <--out or results>/<name>, --filter and
 * --shard, which is also given back. */
enum status cli_plan(const struct cli_args *args, const struct experiment *experiment,
		     struct arena *arena, struct plan *plan, struct sched_shard *shard,
		     struct err *err);

/* The id of the cell of a results folder that starts with `prefix`, or NULL with a message on
 * stderr. Slashes at the end of `folder` are removed. */
const char *cli_find_cell(char *folder, const char *prefix, struct arena *arena);

/* Make --data an absolute path. False, with a message, if it is no folder. */
bool cli_find_data(struct cli_args *args);

/* A results folder as an absolute path; the current folder becomes the one the run was started in.
 */
const char *cli_enter_folder(const char *folder, struct arena *arena);

/* The folder of the cell that the operands DIR CELL name, as an absolute path, and its id; the
 * current folder becomes the one the run was started in. NULL with a message on stderr if there is
 * no such cell. --data, if it was given, becomes absolute before. */
const char *cli_enter_cell(struct cli_args *args, const char **id);

/* Build what is derived from the records and say where it lies, below the table if it is asked for.
 * A damaged record does not keep the rest from being shown. */
enum status cli_build_report(const struct experiment *experiment, const char *folder,
			     bool with_table, struct err *err);

/* The same for the results folder that is the first operand, to an exit status. */
int cli_report_again(struct cli_args *args, bool with_table);

#endif
