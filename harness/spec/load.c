/* From a file to an experiment: read, override, bind, expand, check, write out the cells. */
#include "harness/spec/load.h"
#include "harness/file/filekind.h"
#include "harness/file/folder.h"

#include "harness/spec/cell.h"
#include "harness/spec/check.h"
#include "harness/spec/schema.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 4 << 20 }; /* a spec is written by hand */

struct load {
	struct bind bind;
	struct problems *problems;
	const char *path;
	bool (*kept)(const char *key); /* top-level keys that are read */
	const struct node *root;
	struct sheet sheet;
	struct variants data, train;
};

static const char *read_file(struct load *l)
{
	struct err err = {0};
	struct stat info;
	const char *text, *why = NULL;

	if (filekind_check(l->path, FILEKIND_PLAIN, &err) != STATUS_OK)
		why = err.text;
	else if (stat(l->path, &info) != 0 || info.st_size > FILE_MAX_BYTES)
		why = "expected a spec of at most 4 MiB";
	else if (store_read_text(l->path, l->bind.arena, &text, &err) != STATUS_OK)
		why = err.text;
	else if (strlen(text) != (size_t)info.st_size)
		why = "expected a text without NUL bytes";
	if (!why)
		return text;
	problem_add(l->problems, (struct err_place){l->path, 0, 0}, NULL, "%s", why);
	return NULL;
}

static const char *default_name(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');

	if (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
		return arena_text_n(arena, base, (size_t)(dot - base));
	return base;
}

/* Of the whole spec: the file's look below the one of `style`. Of a stored spec `kept` is where the
 * file lies beside it. */
static void read_style(struct load *l, const char *kept)
{
	struct style_options *style = &l->sheet.style;
	struct arena *arena = l->bind.arena;
	struct style file = style_unset();
	const char *text, *path = style->file;
	const struct node *tree;
	struct err err = {0};

	if (kept && path && access(kept, R_OK) == 0)
		path = kept;
	if (!path)
		return;
	if (store_read_text(path, arena, &text, &err) != STATUS_OK) {
		struct trail top = {.key = "style"}, step = {&top, "file", 0};

		problem_add(l->problems, check_place(node_get(l->root, "style"), "file"), &step,
			    "%s: %s", path, err.text);
		return;
	}
	tree = node_read(text, path, arena, l->problems);
	if (tree && bind_rows(&l->bind, schema_style, tree, NULL, &file))
		style->look = style_below(&style->look, &file, arena);
}

/* Keys "x-..." are a place for anchors. */
static bool is_bound(const char *key)
{
	return strncmp(key, "x-", 2) != 0;
}

static bool read_tree(struct load *l, const char *text, struct texts sets)
{
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3; /* a byte order mark */
	l->root = node_read(text, l->path, l->bind.arena, l->problems);
	if (!l->root)
		return false;
	if (l->root->kind == NODE_MAP)
		l->root = node_only(override_apply(l->root, sets, l->bind.arena, l->problems),
				    l->kept, l->bind.arena);
	return true;
}

static void check_filled(struct load *l, const char *key, const struct groups *list)
{
	const struct node *node = node_get(l->root, key);
	struct trail trail = {.key = key};

	if (node && node->kind == NODE_LIST && !list->count)
		problem_add(l->problems, node->at, &trail,
			    "expected at least one entry, got an empty list");
}

static void bind_sheet(struct load *l)
{
	struct sheet *sheet = &l->sheet;
	bool good = bind_rows(&l->bind, schema_sheet, l->root, NULL, sheet);

	if (l->root->kind != NODE_MAP)
		return;
	if (!sheet->name)
		sheet->name = default_name(l->bind.arena, l->path);
	check_name(l->problems, l->root, sheet);
	check_filled(l, "data", &sheet->data);
	check_filled(l, "train", &sheet->train);
	if (!good)
		return;
	check_attacks(l->problems, l->root, &sheet->attack);
	claim_check(l->problems, l->root, &sheet->claims);
	table_check_all(l->problems, l->root, &sheet->tables);
	read_style(l, NULL);
}

/* What a pair is run on and how often. */
struct layers {
	size_t rungs; /* at least 1 */
	size_t inner; /* parts that a setting is chosen on; 0: there are none */
	size_t draws; /* repetitions, or folds of all of them */
};

static struct layers layers_of(const struct load *l, const struct variant *data,
			       const struct variant *train)
{
	const struct split_options *split = &((const struct data_options *)data->options)->split;
	const struct train_options *method = train->options;

	return (struct layers){
		.rungs = method->halving.rungs > 0 ? (size_t)method->halving.rungs : 1,
		.inner = method->select.by != SELECT_NONE ? (size_t)split->inner : 0,
		.draws = (size_t)l->sheet.repeats * (split->folds > 0 ? (size_t)split->folds : 1)};
}

/* Those of every rung, and where there are inner folds one on all of the rows outside a fold. */
static size_t cells_of_pair(const struct layers *layers)
{
	return layers->draws * (layers->inner ? layers->rungs * layers->inner + 1 : layers->rungs);
}

/* Calls check_pair for every pair that is run and counts the cells of all; *most are run. */
static size_t count_cells(struct load *l, size_t *most)
{
	size_t count = 0, left = 0;

	for (size_t i = 0; i < l->data.count; i++)
		for (size_t j = 0; j < l->train.count; j++) {
			const struct variant *data = &l->data.at[i], *train = &l->train.at[j];
			const struct train_options *method = train->options;
			struct layers layers = layers_of(l, data, train);
			size_t cells = layers.draws * (layers.inner ? layers.inner : 1);

			if (!check_runs_on(method, data->options))
				continue;
			check_pair(l->problems, l->root, &l->sheet, data, train);
			count += cells_of_pair(&layers);
			left++; /* settings of the entry */
			if (j + 1 < l->train.count && train[1].entry == train->entry)
				continue;
			*most += layers.inner ? layers.draws : 0;
			for (; layers.rungs > 0; layers.rungs--) {
				*most += cells * left;
				left = spec_survivors(&method->halving, left);
			}
			left = 0;
		}
	return count;
}

static struct stop_options merge_stop(struct stop_options stop, const struct stop_options *own)
{
	if (own->iterations > 0)
		stop.iterations = own->iterations;
	if (own->patience >= 0)
		stop.patience = own->patience;
	if (!isnan(own->gap))
		stop.gap = own->gap;
	if (own->gap_scale >= 0)
		stop.gap_scale = own->gap_scale;
	if (!isnan(own->residual))
		stop.residual = own->residual;
	if (!isnan(own->seconds))
		stop.seconds = own->seconds;
	return stop;
}

/* Its budget, which is swept. */
static void set_rung(struct cell *cell, long rung, struct arena *arena)
{
	const struct halving_options *halving = &cell->train.halving;
	double budget = halving->from * pow((double)halving->eta, (double)rung - 1);
	bool seconds = halving->budget == HALVING_SECONDS;
	struct swept *swept = ARENA_ARRAY(arena, struct swept, cell->swept_count + 1);
	char text[SCALAR_ROOM];

	if (cell->swept_count)
		memcpy(swept, cell->swept, cell->swept_count * sizeof *swept);
	scalar_print_real(budget, text);
	swept[cell->swept_count++] = (struct swept){seconds ? "stop.seconds" : "stop.iterations",
						    arena_text(arena, text)};
	cell->swept = swept;
	cell->rung = rung;
	if (seconds)
		cell->stop.seconds = budget;
	else
		cell->stop.iterations = (long)budget;
	cell->train.stop = cell->stop;
}

/* A cell of all but its place in the layers: repetition, fold, inner fold. */
static void fill_layer(const struct cell *like, const struct layers *layers, size_t inner,
		       struct text *w, struct cell *cells, struct arena *arena)
{
	struct cell cell = *like;
	long folds = cell.data.split.folds;

	if (inner > 0) /* there is no test part */
		cell.attack = cell.certify = (struct groups){0}, cell.samples = false;
	cell.data.split.inner_fold = (long)inner;
	for (size_t i = 0; i < layers->draws; i++) {
		cell.repetition = folds > 0 ? (long)i / folds : (long)i;
		cell.data.split.fold = folds > 0 ? 1 + (long)i % folds : 0;
		w->length = 0;
		cell_write(w, &cell);
		cell.text = arena_text_n(arena, w->at, w->length);
		w->length = 0;
		cell_write_training(w, &cell);
		cell.training = arena_text_n(arena, w->at, w->length);
		cells[i] = cell;
	}
}

static void fill_cells(struct load *l, const struct variant *data, const struct variant *train,
		       struct text *w, struct cell *cells)
{
	struct layers layers = layers_of(l, data, train);
	struct arena *arena = l->bind.arena;
	struct swept *swept =
		ARENA_ARRAY(arena, struct swept, data->swept_count + train->swept_count);
	struct cell cell = {
		.seed = l->sheet.seed,
		.precision = l->sheet.precision,
		.data = *(const struct data_options *)data->options,
		.train = *(const struct train_options *)train->options,
		.attack = l->sheet.attack,
		.certify = l->sheet.certify,
		.samples = l->sheet.samples,
		.swept_count = data->swept_count + train->swept_count,
		.swept = swept,
	};

	memcpy(swept, data->swept, data->swept_count * sizeof *swept);
	memcpy(swept + data->swept_count, train->swept, train->swept_count * sizeof *swept);
	cell.stop = merge_stop(l->sheet.stop, &cell.train.stop);
	cell.train.stop = cell.stop;
	cell.train.data = (struct texts){0};
	cell.selects = cell_own_selects(&cell, arena);
	for (size_t rung = 1; rung <= layers.rungs; rung++) {
		struct cell here = cell;

		if (cell.train.halving.rungs > 0)
			set_rung(&here, (long)rung, arena);
		for (size_t inner = layers.inner > 0; inner <= layers.inner; inner++) {
			fill_layer(&here, &layers, inner, w, cells, arena);
			cells += layers.draws;
		}
		if (layers.inner && rung == layers.rungs)
			fill_layer(&here, &layers, 0, w, cells, arena);
	}
}

static void make_cells(struct load *l, size_t count, struct experiment *out)
{
	size_t at = 0;
	struct arena scratch = {0};
	struct text w = text_new(&scratch);

	out->cell_count = count;
	out->cells = ARENA_ARRAY(l->bind.arena, struct cell, out->cell_count);
	for (size_t i = 0; i < l->data.count; i++)
		for (size_t j = 0; j < l->train.count; j++) {
			const struct variant *data = &l->data.at[i], *train = &l->train.at[j];
			struct layers layers = layers_of(l, data, train);

			if (!check_runs_on(train->options, data->options))
				continue;
			fill_cells(l, data, train, &w, out->cells + at);
			at += cells_of_pair(&layers);
		}
	arena_release(&scratch);
}

static enum status finish(struct load *l, struct experiment *out)
{
	const struct sheet *sheet = &l->sheet;
	size_t most = 0, count = count_cells(l, &most);

	if (!l->problems->count && count > SWEEP_MAX_CELLS)
		problem_add(l->problems, l->root->at, NULL, "expected at most %d cells",
			    SWEEP_MAX_CELLS);
	if (l->problems->count)
		return STATUS_SPEC;
	*out = (struct experiment){
		.name = sheet->name,
		.about = sheet->about,
		.path = l->path,
		.tree = l->root,
		.seed = sheet->seed,
		.repeats = sheet->repeats,
		.precision = sheet->precision,
		.resources = sheet->resources,
		.stop = sheet->stop,
		.attack = sheet->attack,
		.certify = sheet->certify,
		.samples = sheet->samples,
		.plots = sheet->plots,
		.tables = sheet->tables,
		.style = sheet->style,
		.claims = sheet->claims,
	};
	out->most_cells = most;
	make_cells(l, count, out);
	return STATUS_OK;
}

/* What a report shows of a spec beside its records. */
static bool is_shown(const char *key)
{
	static const char *const keys[] = {"name",  "about",  "plots", "tables",
					   "style", "claims", NULL};
	size_t i = 0;

	while (keys[i] && strcmp(keys[i], key) != 0)
		i++;
	return keys[i];
}

static struct load load_new(const char *path, struct arena *arena, struct problems *problems)
{
	struct load l = {.problems = problems, .path = arena_text(arena, path), .kept = is_bound};
	const char *slash = strrchr(path, '/');
	size_t folder = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);

	memset(problems, 0, sizeof *problems);
	l.bind = (struct bind){
		.arena = arena, .problems = problems, .folder = arena_text_n(arena, path, folder)};
	return l;
}

static enum status load_all(struct load *l, const char *text, struct texts sets,
			    struct experiment *out)
{
	const struct sweep_list data = {"data", "data.", &l->sheet.data, data_rows};
	const struct sweep_list train = {"train", "", &l->sheet.train, schema_train};

	if (!text || !read_tree(l, text, sets))
		return STATUS_SPEC;
	bind_sheet(l);
	sweep_entries(&l->bind, &data, &l->data);
	sweep_entries(&l->bind, &train, &l->train);
	check_data_names(&l->bind, &l->sheet, &l->data);
	check_train_names(&l->bind, &l->sheet, &l->train);
	check_folds(l->problems, &l->sheet, &l->data);
	check_references(l->problems, &l->sheet);
	check_losses(&l->bind, &l->sheet, &l->train);
	check_gaps(l->problems, l->root, &l->sheet, &l->train);
	return finish(l, out);
}

enum status spec_load(const char *path, struct texts sets, struct arena *arena,
		      struct experiment *out, struct problems *problems)
{
	struct load l = load_new(path, arena, problems);

	return load_all(&l, read_file(&l), sets, out);
}

enum status spec_load_shown(const char *path, struct texts sets, struct arena *arena,
			    struct experiment *out, struct problems *problems)
{
	struct load l = load_new(path, arena, problems);
	const char *text = read_file(&l), **at = ARENA_ARRAY(arena, const char *, sets.count);
	struct texts shown = {0, at};

	l.kept = is_shown;
	for (size_t i = 0; i < sets.count; i++)
		if (is_shown(arena_text_n(arena, sets.at[i], strcspn(sets.at[i], ".[="))))
			at[shown.count++] = sets.at[i];
	if (!text || !read_tree(&l, text, shown))
		return STATUS_SPEC;
	bind_rows(&l.bind, schema_shown, l.root, NULL, &l.sheet);
	if (!l.sheet.name)
		l.sheet.name = default_name(arena, path);
	if (!problems->count)
		read_style(&l, arena_format(arena, "%s/" SPEC_STYLE_FILE, l.bind.folder));
	if (problems->count)
		return STATUS_SPEC;
	*out = (struct experiment){.name = l.sheet.name,
				   .about = l.sheet.about,
				   .path = l.path,
				   .plots = l.sheet.plots,
				   .tables = l.sheet.tables,
				   .style = l.sheet.style,
				   .claims = l.sheet.claims};
	return STATUS_OK;
}

enum status spec_load_figures(const char *path, struct arena *arena, struct experiment *out,
			      struct problems *problems)
{
	struct load l = load_new(path, arena, problems);
	const char *text = read_file(&l);

	if (!text || !read_tree(&l, text, (struct texts){0}))
		return STATUS_SPEC;
	if (bind_rows(&l.bind, schema_figures, l.root, NULL, &l.sheet))
		read_style(&l, NULL);
	if (problems->count)
		return STATUS_SPEC;
	*out = (struct experiment){
		.path = l.path, .tree = l.root, .plots = l.sheet.plots, .style = l.sheet.style};
	return STATUS_OK;
}

enum status spec_load_text(const char *text, const char *path, struct texts sets,
			   struct arena *arena, struct experiment *out, struct problems *problems)
{
	struct load l = load_new(path, arena, problems);

	return load_all(&l, text, sets, out);
}
