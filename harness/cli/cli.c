/* What the verbs do alike: load a spec, look at its data, plan, build the report, find a cell. */
#include "harness/cli/cli.h"

#include "harness/file/folder.h"
#include "harness/machine/env.h"
#include "harness/machine/mpi.h"
#include "harness/report/report.h"
#include "harness/sched/filter.h"
#include "harness/sched/stage.h"
#include "harness/store/command.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status cli_load(const char *path, struct texts sets, bool possible, struct arena *arena,
		     struct experiment *out)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	struct problems *untested = ARENA_NEW(arena, struct problems);
	enum status status = spec_load(path, sets, arena, out, problems);

	if (status == STATUS_OK) {
		enum status plots = report_check_plots(out, problems);

		status = work_check(out, problems, possible ? untested : problems);
		work_check_ranks(out, mpi_is_there(), problems);
		status = plots == STATUS_OK ? status : plots;
		status = status == STATUS_OK && problems->count > 0 ? STATUS_SPEC : status;
	}
	cli_print_problems(problems);
	cli_print_problems(untested);
	if (untested->count > 0 && status == STATUS_OK)
		cli_say(stderr,
			"%s: warning: what needs a test part is left out where there is "
			"none\n",
			path);
	return status;
}

enum status cli_load_results(const char *folder, struct arena *arena, struct experiment *out)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	const char *spec = arena_format(arena, "%s/spec.yaml", folder), *text, **at;
	size_t lines = 0, count = 0;
	struct texts sets = {0};
	struct err err = {0};
	enum status status;

	if (access(spec, R_OK) != 0) {
		cli_say(stderr, "%s: is not a results folder: it has no spec.yaml\n", folder);
		return STATUS_ENV;
	}
	if (store_read_text(arena_format(arena, "%s/" COMMAND_ORIGIN_FILE, folder), arena, &text,
			    &err) != STATUS_OK)
		return (enum status)cli_fail(&err);

	/* what was set: the lines below the spec's path, one "path=value" each */
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	at = ARENA_ARRAY(arena, const char *, lines + 1);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		at[count++] = arena_text_n(arena, line, strcspn(line, "\n"));
	if (count)
		sets = (struct texts){count - 1, at + 1};

	status = spec_load_shown(spec, sets, arena, out, problems);
	cli_print_problems(problems);
	return status;
}

const char *cli_program(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path);

	if (length <= 0 || (size_t)length >= sizeof path)
		return NULL;
	return arena_text_n(arena, path, (size_t)length);
}

/* Beside this program in a build folder; in libexec where it is installed. */
const char *cli_worker_folder(struct arena *arena)
{
	const char *program = cli_program(arena);
	const char *folder = program ? dirname(arena_text(arena, program)) : ".";
	const char *beside = arena_format(arena, "%s/relubench-worker-double", folder);

	if (access(beside, X_OK) == 0)
		return folder;
	return arena_format(arena, "%s/../libexec/relubench", folder);
}

/* --- data files at a glance ------------------------------------------------------------------
 */

/* The part of a cell's text that tells its data. */
static const char *text_of_data(const struct cell *cell, size_t *length)
{
	const char *from = strstr(cell->text, "\"data\":"), *to;

	from = from ? from : cell->text;
	to = strstr(from, "\"train\":");
	*length = to ? (size_t)(to - from) : strlen(from);
	return from;
}

static bool same_data(const struct cell *a, const struct cell *b)
{
	size_t of_a, of_b;
	const char *text_a = text_of_data(a, &of_a), *text_b = text_of_data(b, &of_b);

	return of_a == of_b && memcmp(text_a, text_b, of_a) == 0;
}

/* Whether an earlier cell has the same data. */
static bool is_known(const struct experiment *experiment, size_t index)
{
	for (size_t i = index; i-- > 0;)
		if (same_data(&experiment->cells[i], &experiment->cells[index]))
			return true;
	return false;
}

/* A file that is not there is another's business (work_check). */
static bool has_files(const struct data_options *data)
{
	struct arena arena = {0};
	struct texts paths = option_paths(&data->source, &arena);
	size_t there = 0;

	while (there < paths.count && access(paths.at[there], R_OK) == 0)
		there++;
	arena_release(&arena);
	return there == paths.count;
}

int cli_count(const struct experiment *experiment)
{
	struct err err = {0};
	struct arena arena = {0};
	struct problems *unfit = ARENA_NEW(&arena, struct problems);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < experiment->cell_count && status == STATUS_OK; i++) {
		const struct cell *cell = &experiment->cells[i];
		struct data_shape shape;

		if (is_known(experiment, i) || !has_files(&cell->data))
			continue;
		status = data_count(&cell->data, (uint64_t)cell->seed, cell->repetition, &shape,
				    &err);
		if (status != STATUS_OK) {
			work_locate(experiment, &cell->data, &err);
			cli_fail(&err);
		}
		for (size_t j = i; j < experiment->cell_count && status == STATUS_OK; j++)
			if (same_data(cell, &experiment->cells[j]))
				work_refuses(experiment, &experiment->cells[j],
					     (struct work_outputs){shape.k, shape.classes}, unfit);
	}
	cli_print_problems(unfit);
	if (status == STATUS_OK && unfit->count > 0)
		status = STATUS_SPEC;
	arena_release(&arena);
	return (int)status;
}

enum status cli_glance(const struct experiment *experiment, bool quiet, struct err *err)
{
	for (size_t i = 0; i < experiment->cell_count; i++) {
		const struct data_options *data = &experiment->cells[i].data;
		struct arena arena = {0};
		const char *note = NULL;
		enum status status = STATUS_OK;

		if (((const struct source *)data->source.item)->glance && has_files(data) &&
		    !is_known(experiment, i))
			status = data_glance(data, &arena, &note, err);
		if (status != STATUS_OK)
			work_locate(experiment, data, err);
		if (note && !quiet)
			cli_say(stderr, "note: data \"%s\": %s\n", data->name, note);
		arena_release(&arena);
		TRY(status);
	}
	return STATUS_OK;
}

/* --- plan and report -------------------------------------------------------------------------
 */

/* Digits only, and no more than an int holds: strtoul alone takes "-1" and blanks. */
static size_t count_of(const char *text, char end)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length < 10 && text[length] == end ? strtoul(text, NULL, 10) : 0;
}

enum status cli_plan(const struct cli_args *args, const struct experiment *experiment,
		     struct arena *arena, struct plan *plan, struct sched_shard *shard,
		     struct err *err)
{
	const char *slash = args->shard ? strchr(args->shard, '/') : NULL;
	const char *folder =
		arena_format(arena, "%s/%s", args->out ? args->out : "results", experiment->name);
	struct experiment own = *experiment;
	enum status status;

	*shard = (struct sched_shard){0};
	if (slash) {
		/* of a 0 nothing is less than the count */
		shard->index = count_of(args->shard, '/') - 1;
		shard->count = count_of(slash + 1, '\0');
	}
	if (args->shard && shard->index >= shard->count)
		return err_set(err, STATUS_SPEC,
			       "--shard: expected I/N with 1 <= I <= N, like 2/4, got \"%s\"",
			       args->shard);
	/* the plan writes into its cells, and they may be planned again */
	own.cells = ARENA_ARRAY(arena, struct cell, own.cell_count);
	memcpy(own.cells, experiment->cells, own.cell_count * sizeof *own.cells);
	status = sched_plan(&own, folder, arena, plan, err);
	if (status != STATUS_OK && plan->unfit && plan->unfit->count > 0) {
		plan->unfit->count--; /* the last one is the error */
		cli_print_problems(plan->unfit);
	}
	TRY(status);
	if (shard->count > 1) { /* of all cells, also those that are not chosen yet */
		TRY(filter_apply(plan, args->filter, err));
		sched_assign_shards(plan, shard->count);
	}
	stage_choose(plan, experiment->most_cells, arena);
	TRY(filter_apply(plan, args->filter, err));
	if (args->cells)
		TRY(pack_read(plan, args->cells, args->group, err));
	sched_keep_shard(plan, *shard);
	return STATUS_OK;
}

enum status cli_build_report(const struct experiment *experiment, const char *folder,
			     bool with_table, struct err *err)
{
	enum status status = report_build(experiment, folder, err);

	if (status != STATUS_OK && status != STATUS_FAILED)
		return status;
	if (with_table)
		TRY(report_print_table(experiment, folder, cli_width(), stdout, err));
	printf("%s%s/%s\n", with_table ? "\n" : "", folder, with_table ? "report.html" : "plots");
	return status;
}

int cli_report_again(struct cli_args *args, bool with_table)
{
	const char *folder = args->operand[0];
	struct experiment experiment;
	struct err err = {0};
	enum status status = cli_load_results(folder, &args->arena, &experiment);

	if (status != STATUS_OK)
		return (int)status;
	status = cli_build_report(&experiment, folder, with_table, &err);
	return status == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

/* --- cells of a results folder ------------------------------------------------------------------
 */

const char *cli_find_cell(char *folder, const char *prefix, struct arena *arena)
{
	const char *cells, *found = NULL;
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	for (size_t end = strlen(folder); end > 1 && folder[end - 1] == '/'; end--)
		folder[end - 1] = '\0';
	cells = arena_format(arena, "%s/cells", folder);
	dir = opendir(cells);
	while (dir && (entry = readdir(dir))) {
		if (strchr(entry->d_name, '.') ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		found = arena_text(arena, entry->d_name);
		count++;
	}
	if (dir)
		closedir(dir);
	if (count == 1)
		return found;
	cli_say(stderr, "%s: %s cell starts with \"%s\"\n", cells, count ? "more than one" : "no",
		prefix);
	return NULL;
}

bool cli_find_data(struct cli_args *args)
{
	char *path = args->data ? realpath(args->data, NULL) : NULL;
	struct stat info;
	bool good = !args->data || (path && stat(path, &info) == 0 && S_ISDIR(info.st_mode));

	if (!good)
		cli_say(stderr, "--data: %s: %s\n", args->data,
			path ? "is not a folder" : strerror(errno));
	else if (path)
		args->data = arena_text(&args->arena, path);
	free(path);
	return good;
}

const char *cli_enter_folder(const char *folder, struct arena *arena)
{
	const char *start = env_read_folder(arena_format(arena, "%s/env.json", folder), arena);
	char *path = realpath(folder, NULL);

	if (path)
		folder = arena_text(arena, path);
	free(path);
	if (start && chdir(start) != 0)
		return folder; /* that folder is gone: absolute paths still work */
	return folder;
}

const char *cli_enter_cell(struct cli_args *args, const char **id)
{
	struct arena *arena = &args->arena;

	if (!cli_find_data(args))
		return NULL;
	*id = cli_find_cell(args->operand[0], args->operand[1], arena);
	if (!*id)
		return NULL;
	return arena_format(arena, "%s/cells/%s", cli_enter_folder(args->operand[0], arena), *id);
}
