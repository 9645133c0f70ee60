/* Trainer `external`: a program of the user's that trains a two-layer ReLU network.
 *
 * It is started in a folder of its own with X_train.npy (n x d, prepared), y_train.npy,
 * X_validation.npy, y_validation.npy and problem.json: loss and its options, beta, weight (of the
 * sum of losses), seed, threads, seconds (null: no limit), columns, and the spec's `options`. It
 * writes lines of JSON: {"ready": true} once it has loaded what it needs, which ends the setup, and
 * for each iterate to be looked at {"iteration": k, "model": "k.npz"}, a file with U (d x m) and
 * alpha (m), f(x) = sum_j alpha_j relu(u_j' x); "objective", what the program takes for its
 * objective; "end": "converged" or "iteration_limit" says that it is the last one. The program is
 * held while an iterate is evaluated, so that the clock of the method is the time in which it could
 * run.
 *
 * With `writes: outputs` it is given X_test.npy, too, never the targets of these rows, and writes
 * {"iteration": k, "outputs": "k"} for files k_train.npy, k_validation.npy and k_test.npy of f, a
 * number for each row; there is none for a part without rows. */
#include "harness/external/program.h"
#include "harness/file/folder.h"
#include "harness/file/jsonfile.h"
#include "harness/file/npy_file.h"
#include "harness/file/npz.h"
#include "solvers/core/blas.h"
#include "solvers/model/net.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WRITES_MODEL, WRITES_OUTPUTS };

static const char *const writes_names[] = {"model", "outputs", NULL};

struct external_options {
	struct texts command;
	const char *script;
	struct text_map options;
	long width, writes;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct external_options, command),
	 .doc = "program and its first arguments: [python3, -u]"},
	{OPTION_FIELD(struct external_options, script), .initial = "null", .path = PATH_OTHER,
	 .doc = "file that is its last argument"},
	{OPTION_FIELD(struct external_options, options), .initial = "null",
	 .doc = "handed on in problem.json: {width: 64}; a list of such maps is a sweep"},
	{OPTION_FIELD(struct external_options, width), .initial = "1024",
	 .range = RANGE_WITHIN(1, 1000000), .doc = "most neurons of its networks"},
	{OPTION_FIELD(struct external_options, writes), .initial = "model", .names = writes_names,
	 .later = true,
	 .doc = "model: ReLU networks; outputs: of any method, its outputs on all parts, which are "
		"evaluated; attacks, certificates and the objective are empty"},
	{.name = NULL},
};

struct external {
	struct arena *arena; /* of the reason for which it failed */
	struct arena texts;  /* names of its files, until it is released */
	const struct external_options *options;
	char folder[64];
	struct program program;
	struct net net;              /* the last iterate */
	struct outputs outputs;      /* the same of a program that writes these */
	double iteration, objective; /* as the program counts them; NaN: it does not */
	bool pending;                /* the first iterate came in the place of "ready" */
	enum outcome end;
};

static enum status save(struct external *e, const char *name, struct mat X, bool vector,
			struct err *err)
{
	struct npy_array shape = {.kind = 'f',
				  .size = sizeof(real),
				  .fortran = !vector,
				  .dimensions = vector ? 1 : 2,
				  .shape = {(size_t)X.rows, (size_t)X.cols}};

	return npy_write(arena_format(&e->texts, "%s/%s.npy", e->folder, name), &shape, X.at,
			 sizeof(real) * (size_t)X.stride, err);
}

static struct mat column(const struct targets *y, ptrdiff_t n)
{
	return (struct mat){.rows = n, .cols = n ? 1 : 0, .stride = n, .at = (real *)y->at};
}

/* The network of a file of the program. */
static enum status load_model(struct external *e, const char *name, struct arena *scratch,
			      struct err *err)
{
	const char *path = arena_format(scratch, "%s/%s", e->folder, name);
	struct npy_array U, alpha;
	struct npz_file file;
	double *u, *a;

	TRY(npz_open(&file, path, scratch, err));
	TRY(npz_array(&file, "U.npy", scratch, &U, &u, err));
	TRY(npz_array(&file, "alpha.npy", scratch, &alpha, &a, err));
	if (U.rows != (size_t)e->net.U.rows || alpha.rows * alpha.cols != U.cols)
		return err_set(err, STATUS_FAILED,
			       "%s: expected U of %td x m and alpha of m numbers, got %zu x %zu "
			       "and %zu",
			       path, e->net.U.rows, U.rows, U.cols, alpha.rows * alpha.cols);
	if (U.cols > (size_t)e->options->width)
		return err_set(err, STATUS_FAILED, "%s: %zu neurons, `width` allows %ld", path,
			       U.cols, e->options->width);
	e->net.U.cols = (ptrdiff_t)U.cols;
	for (size_t j = 0; j < U.cols; j++) {
		for (size_t i = 0; i < U.rows; i++)
			mat_set(e->net.U, (ptrdiff_t)i, (ptrdiff_t)j, (real)u[i * U.cols + j]);
		e->net.alpha[j] = (real)a[j];
	}
	remove(path);
	return STATUS_OK;
}

/* Outputs of one part. */
static enum status load_part(struct external *e, const char *path, int part, struct arena *scratch,
			     struct err *err)
{
	const char *name = path + strlen(e->folder) + 1, *data = NULL;
	size_t n = (size_t)e->outputs.count[part];
	char found[NPY_TEXT_ROOM];
	struct npy_array array;
	struct err unread = {0};
	double *f;

	if (npy_read_raw(path, scratch, &array, &data, &unread) != STATUS_OK)
		return err_set(err, STATUS_FAILED, "%s: expected %zu numbers of shape (%zu,): %s",
			       name, n, n, unread.text);
	if (!npy_is_number(&array) || array.rows != n || array.cols != 1)
		return err_set(err, STATUS_FAILED,
			       "%s: expected %zu numbers of shape (%zu,), one for each row of the "
			       "part, got %s",
			       name, n, n, npy_text(&array, found));
	f = ARENA_ARRAY(scratch, double, n);
	npy_convert(&array, data, f);
	for (size_t k = 0; k < n; k++) {
		if (!isfinite(f[k]))
			return err_set(err, STATUS_FAILED,
				       "%s: expected %zu finite numbers of shape (%zu,), got %g in "
				       "row %zu",
				       name, n, n, f[k], k);
		e->outputs.at[part][k] = (real)f[k];
	}
	remove(path);
	return STATUS_OK;
}

static enum status load_outputs(struct external *e, const char *name, struct arena *scratch,
				struct err *err)
{
	static const char *const parts[OUTPUTS_PARTS] = {"train", "validation", "test"};

	for (int p = 0; p < OUTPUTS_PARTS; p++)
		if (e->outputs.count[p] > 0)
			TRY(load_part(
				e, arena_format(scratch, "%s/%s_%s.npy", e->folder, name, parts[p]),
				p, scratch, err));
	return STATUS_OK;
}

static double number_of(const json_t *said, const char *name)
{
	const json_t *value = json_object_get(said, name);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* What a line says; *ready: that the setup is over. */
static enum status take(struct external *e, const char *line, bool *ready, struct err *err)
{
	struct arena scratch = {0};
	json_error_t where;
	json_t *said = json_loads(line, 0, &where);
	const char *writes = writes_names[e->options->writes];
	const char *shown = jsonfile_text(said, writes, &scratch);
	const char *end = jsonfile_text(said, "end", &scratch);
	enum status status = STATUS_OK;

	*ready = json_is_true(json_object_get(said, "ready"));
	if (!said)
		status = err_set(err, STATUS_FAILED, "the program wrote no JSON: %s: %.80s",
				 where.text, line);
	else if (shown)
		status = e->options->writes == WRITES_OUTPUTS
				 ? load_outputs(e, shown, &scratch, err)
				 : load_model(e, shown, &scratch, err);
	else if (!*ready)
		status = err_set(err, STATUS_FAILED,
				 "expected \"%s\" (`writes: %s`) or \"ready\" from the program, "
				 "got %.80s",
				 writes, writes, line);
	e->iteration = number_of(said, "iteration");
	e->objective = number_of(said, "objective");
	if (end && strcmp(end, "converged") == 0)
		e->end = OUTCOME_CONVERGED;
	else if (end)
		e->end = OUTCOME_ITERATION_LIMIT;
	json_decref(said);
	arena_release(&scratch);
	return status;
}

/* problem.json */
static enum status write_problem(struct external *e, const struct problem *problem, struct err *err)
{
	json_t *own = json_object(), *columns = json_array(), *loss = json_object(), *all;

	for (size_t i = 0; i < e->options->options.count; i++) {
		/* a number, true or false as such, else a text */
		json_t *value = json_loads(e->options->options.at[i].text, JSON_DECODE_ANY, NULL);

		json_object_set_new(own, e->options->options.at[i].key,
				    value ? value : json_string(e->options->options.at[i].text));
	}
	for (ptrdiff_t j = 0; problem->columns && j < problem->X.cols; j++)
		json_array_append_new(columns, problem->columns[j]
						       ? json_string(problem->columns[j])
						       : json_null());
	for (const struct option *row = problem->loss.loss->base.options; row && row->name; row++)
		if (row->type == OPTION_REAL)
			json_object_set_new(
				loss, row->name,
				json_real(*(const double *)(const void *)((const char *)problem
										  ->loss.options +
									  row->offset)));
	all = json_pack("{s:s, s:o, s:f, s:f, s:I, s:i, s:o, s:I, s:s, s:o, s:o}", "loss",
			problem->loss.loss->base.name, "loss_options", loss, "beta", problem->beta,
			"weight", problem->loss.weight, "seed", (json_int_t)(problem->seed >> 1),
			"threads", blas_threads(), "seconds",
			problem->seconds > 0 ? json_real(problem->seconds) : json_null(), "width",
			(json_int_t)e->options->width, "writes", writes_names[e->options->writes],
			"columns", columns, "options", own);
	return jsonfile_write(all, arena_format(&e->texts, "%s/problem.json", e->folder), 1, err);
}

static enum status start(struct external *e, const struct problem *problem, struct err *err)
{
	const struct texts *command = &e->options->command;
	char **argv = ARENA_ARRAY(&e->texts, char *, command->count + 2);
	char *script = e->options->script ? realpath(e->options->script, NULL) : NULL;
	const char *tmp = getenv("TMPDIR"), *line;
	bool ready;

	snprintf(e->folder, sizeof e->folder, "%.40s/relubench-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(e->folder))
		return err_set(err, STATUS_ENV, "%s: cannot make a folder", e->folder);
	for (size_t i = 0; i < command->count; i++)
		argv[i] = arena_text(&e->texts, command->at[i]);
	if (e->options->script)
		argv[command->count] = arena_text(&e->texts, script ? script : e->options->script);
	free(script);
	TRY(save(e, "X_train", problem->X, false, err));
	TRY(save(e, "y_train", column(&problem->y, problem->X.rows), true, err));
	TRY(save(e, "X_validation", problem->X_validation, false, err));
	TRY(save(e, "y_validation", column(&problem->y_validation, problem->X_validation.rows),
		 true, err));
	if (e->options->writes == WRITES_OUTPUTS)
		TRY(save(e, "X_test", problem->X_test, false, err));
	TRY(write_problem(e, problem, err));
	TRY(program_start(&e->program, argv, e->folder, err));
	line = program_line(&e->program, err);
	if (!line && err->status == STATUS_OK)
		err_set(err, STATUS_FAILED, "the program ended without %s",
			e->options->writes == WRITES_OUTPUTS ? "outputs" : "a model");
	if (!line)
		return err->status;
	TRY(take(e, line, &ready, err));
	e->pending = !ready;
	return STATUS_OK;
}

static void release(void *state)
{
	struct external *e = state;
	struct err ignored = {0}; /* a folder that stays is in the system's own one */

	program_end(&e->program);
	if (e->folder[0])
		folder_remove(e->folder, &ignored);
	e->folder[0] = '\0';
	arena_release(&e->texts);
}

static void make_outputs(struct external *e, const struct problem *problem, struct arena *arena)
{
	const ptrdiff_t n[] = {problem->X.rows, problem->X_validation.rows, problem->X_test.rows};

	for (int p = 0; p < OUTPUTS_PARTS; p++) {
		e->outputs.count[p] = n[p];
		e->outputs.at[p] = ARENA_ARRAY(arena, real, n[p]);
	}
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct external *e = ARENA_NEW(arena, struct external);

	*e = (struct external){.arena = arena, .options = options};
	if (e->options->writes == WRITES_OUTPUTS)
		make_outputs(e, problem, arena);
	else
		e->net = net_new(arena, problem->X.cols, e->options->width);
	*state = e;
	if (arena_counts(arena))
		return STATUS_OK;
	if (e->options->command.count == 0)
		return err_set(err, STATUS_SPEC, "external: expected a command, got an empty list");
	if (start(e, problem, err) != STATUS_OK)
		release(e);
	return err->status;
}

static void step(void *state, struct progress *progress)
{
	struct external *e = state;
	struct err err = {0};
	const char *line = NULL;
	bool ready = false;

	if (!e->pending && e->end == OUTCOME_RUNNING)
		line = program_line(&e->program, &err);
	if (line)
		take(e, line, &ready, &err);
	else if (!e->pending && e->end == OUTCOME_RUNNING)
		e->end = OUTCOME_ITERATION_LIMIT;
	e->pending = false;
	progress->objective = e->objective;
	progress->end = e->end;
	if (err.status != STATUS_OK)
		progress->failure = arena_text(e->arena, err.text);
}

static ptrdiff_t width(const void *state)
{
	return ((const struct external *)state)->options->width;
}

static void model(const void *state, struct model *out)
{
	const struct external *e = state;
	struct net *net = net_of(out);

	net->U.cols = e->net.U.cols;
	mat_copy(net->U, e->net.U);
	memcpy(net->alpha, e->net.alpha, (size_t)e->net.U.cols * sizeof *net->alpha);
}

static bool outputs_only(const void *options)
{
	return ((const struct external_options *)options)->writes == WRITES_OUTPUTS;
}

static const struct outputs *outputs(const void *state)
{
	return &((const struct external *)state)->outputs;
}

/* Nobody knows; so much that every iterate it shows is evaluated. */
static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	(void)options;
	(void)shape;
	*out = (struct forecast){.iteration_flops = 1e12};
}

static void facts(const void *state, struct facts *facts)
{
	const struct external *e = state;

	facts_number(facts, "program_iteration", e->iteration);
	facts_note(facts, "processor times and memory are without the program's");
}

const struct trainer trainer_external = {
	.base = {.name = "external",
		 .doc = "a program of yours that writes networks, or outputs (README, Methods from "
			"outside)",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct external_options)},
	.makes = &model_relu,
	.outputs_only = outputs_only,
	.outputs = outputs,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = model,
	.facts = facts,
	.release = release,
};
