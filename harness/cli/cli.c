/* Options, errors and loading of specs, for all verbs. */
#include "harness/cli/cli.h"
#include "harness/file/folder.h"
#include "harness/report/report.h"
#include "harness/spec/spec.h"
#include "harness/store/command.h"
#include "solvers/core/nearest.h"

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_unknown(const char *what, const char *name, const char *const *names, size_t count)
{
	const char *nearest = nearest_name(name, names, count);

	cli_say(stderr, "relubench: unknown %s \"%s\"", what, name);
	if (nearest)
		cli_say(stderr, "; did you mean \"%s\"?", nearest);
	cli_say(stderr, "\none of:");
	for (size_t i = 0; i < count; i++)
		cli_say(stderr, "%s %s", i ? "," : "", names[i]);
	cli_say(stderr, "\n");
	return STATUS_SPEC;
}

int cli_fail(const struct err *err)
{
	err_print(err, stderr);
	return (int)err->status;
}

void cli_print_problems(const struct problems *problems)
{
	size_t shown = problems->count;

	if (shown > sizeof problems->at / sizeof *problems->at)
		shown = sizeof problems->at / sizeof *problems->at;
	for (size_t i = 0; i < shown; i++)
		err_print(&problems->at[i], stderr);
	if (shown < problems->count)
		cli_say(stderr, "... and %zu more problems\n", problems->count - shown);
}

static enum status load(const char *path, struct texts sets, struct arena *arena,
			struct experiment *out, struct problems *untested)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	enum status status = spec_load(path, sets, arena, out, problems);

	if (status == STATUS_OK) {
		enum status plots = report_check_plots(out, problems);

		status = work_check(out, problems, untested ? untested : problems);
		status = plots == STATUS_OK ? status : plots;
	}
	cli_print_problems(problems);
	return status;
}

enum status cli_load(const char *path, struct texts sets, struct arena *arena,
		     struct experiment *out)
{
	return load(path, sets, arena, out, NULL);
}

enum status cli_load_possible(const char *path, struct texts sets, struct arena *arena,
			      struct experiment *out)
{
	struct problems *untested = ARENA_NEW(arena, struct problems);
	enum status status = load(path, sets, arena, out, untested);

	cli_print_problems(untested);
	if (untested->count > 0 && status == STATUS_OK)
		cli_say(stderr,
			"%s: warning: what needs a test part is left out where there is "
			"none\n",
			path);
	return status;
}

/* Lines of origin.txt: the spec's path, then one "path=value" each. */
static const char *split_origin(const char *text, struct arena *arena, struct texts *sets)
{
	size_t lines = 0, count = 0;
	const char **at, *origin = NULL;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	at = ARENA_ARRAY(arena, const char *, lines + 1);
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *copy = arena_text_n(arena, line, strcspn(line, "\n"));

		if (!origin)
			origin = copy;
		else
			at[count++] = copy;
	}
	*sets = (struct texts){count, at};
	return origin;
}

/* Where the spec of a results folder was copied from, and the values that were set for it. Problems
 * are printed. */
static enum status read_origin(const char *folder, struct arena *arena, const char **origin,
			       struct texts *sets)
{
	const char *text;
	struct err err = {0};

	if (access(arena_format(arena, "%s/spec.yaml", folder), R_OK) != 0) {
		cli_say(stderr, "%s: is not a results folder: it has no spec.yaml\n", folder);
		return STATUS_ENV;
	}
	if (store_read_text(arena_format(arena, "%s/" COMMAND_ORIGIN_FILE, folder), arena, &text,
			    &err) != STATUS_OK)
		return (enum status)cli_fail(&err);
	*origin = split_origin(text, arena, sets);
	return STATUS_OK;
}

enum status cli_load_results(const char *folder, struct arena *arena, struct experiment *out)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	enum status status;
	struct texts sets;
	const char *origin;

	TRY(read_origin(folder, arena, &origin, &sets));
	status = spec_load_shown(arena_format(arena, "%s/spec.yaml", folder), sets, arena, out,
				 problems);
	cli_print_problems(problems);
	return status;
}

void cli_print_json(struct json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	putchar('\n');
	json_decref(json);
}

const char *cli_folder(const struct cli_args *args, const struct experiment *experiment,
		       struct arena *arena)
{
	return arena_format(arena, "%s/%s", args->out ? args->out : "results", experiment->name);
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

bool cli_color(const struct cli_args *args, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return !args->no_color && !(no_color && *no_color) && isatty(fd);
}
