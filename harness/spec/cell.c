/* Cells to text and back. */
#include "harness/spec/cell.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/check.h"
#include "harness/spec/schema.h"

#include <math.h>

void cell_write(struct text *w, const struct cell *cell)
{
	const struct cell_text text = {*cell, {cell->swept_count, cell->swept}};

	canon_rows(w, schema_cell, &text);
}

/* `select` chooses among what is trained, by what is evaluated later. */
void cell_write_training(struct text *w, const struct cell *cell)
{
	struct cell trained = *cell;

	trained.data.name = NULL;
	trained.train.name = NULL;
	trained.train.select = (struct select_options){.eps = NAN};
	canon_rows(w, schema_training, &trained);
}

double spec_fold(const struct cell *cell)
{
	return cell->data.split.fold > 0 ? (double)cell->data.split.fold : NAN;
}

double spec_inner_fold(const struct cell *cell)
{
	long inner = cell->data.split.inner_fold;

	return inner > 0 ? (double)inner : NAN;
}

const char *spec_draw(const struct cell *cell, struct arena *arena)
{
	const struct split_options *split = &cell->data.split;
	const char *text = arena_format(arena, "%ld", cell->repetition);

	if (split->fold > 0)
		text = arena_format(arena, "%s fold %ld", text, split->fold);
	if (split->inner_fold > 0)
		text = arena_format(arena, "%s inner %ld", text, split->inner_fold);
	return text;
}

struct groups cell_own_selects(const struct cell *cell, struct arena *arena)
{
	const struct select_options *select = &cell->train.select;
	const struct attack_options *chosen = spec_select_attack(select, &cell->attack);
	struct attack_options *entry;
	double *eps;

	if (select->by != SELECT_VALIDATION_ROBUST_ACCURACY || !chosen)
		return (struct groups){0};
	entry = ARENA_NEW(arena, struct attack_options);
	eps = ARENA_NEW(arena, double);
	*eps = isnan(select->eps) ? chosen->eps.at[chosen->eps.count - 1] : select->eps;
	*entry = *chosen;
	entry->eps = (struct reals){1, eps};
	entry->export = false;
	entry->part = SPEC_TEST; /* the validation part stands in its place */
	return (struct groups){1, entry};
}

static enum status first_problem(const struct problems *problems, const char *source,
				 struct err *err)
{
	const struct err *first = &problems->at[0];

	return err_at(err, STATUS_SPEC, (struct err_place){source, first->line, first->col}, "%s",
		      first->text);
}

enum status spec_read_attacks(const char *text, struct arena *arena, struct groups *out,
			      struct err *err)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	struct bind bind = {.arena = arena, .problems = problems};
	const struct node *root = node_read(text, NULL, arena, problems);
	struct sheet sheet = {0};

	if (root && bind_rows(&bind, schema_attacks, root, NULL, &sheet))
		check_attacks(problems, root, &sheet.attack);
	if (problems->count)
		return first_problem(problems, NULL, err);
	*out = sheet.attack;
	return STATUS_OK;
}

enum status spec_read_cell(const char *text, const char *source, struct arena *arena,
			   struct cell *out, struct err *err)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	struct bind bind = {.arena = arena, .problems = problems};
	const struct node *root = node_read(text, source, arena, problems);
	struct cell_text sheet = {0};
	struct text w = text_new(arena);

	if (root)
		bind_rows(&bind, schema_cell, root, NULL, &sheet);
	if (problems->count)
		return first_problem(problems, source, err);
	*out = sheet.cell;
	out->swept_count = sheet.swept.count;
	out->swept = sheet.swept.at;
	out->train.stop = out->stop;
	if (out->selects.count == 0) /* one that an earlier version wrote */
		out->selects = cell_own_selects(out, arena);
	cell_write(&w, out);
	out->text = w.at;
	return STATUS_OK;
}

const char *spec_cell_text(const struct cell *cell, struct arena *arena)
{
	struct text w = text_new(arena);

	cell_write(&w, cell);
	return arena_text_n(arena, w.at, w.length);
}
