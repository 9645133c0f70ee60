/* Cells to text and back. */
#include "harness/spec/cell.h"

#include "harness/spec/bind/bind.h"
#include "harness/spec/check.h"
#include "harness/spec/schema.h"

#include <math.h>

static struct cell_sheet sheet_of(const struct cell *cell)
{
	return (struct cell_sheet){
		.seed = cell->seed,
		.repetition = cell->repetition,
		.precision = cell->precision,
		.data = cell->data,
		.train = cell->train,
		.stop = cell->stop,
		.attack = cell->attack,
		.certify = cell->certify,
		.selects = cell->selects,
		.swept = {cell->swept_count, cell->swept},
	};
}

void cell_write(struct text *w, const struct cell *cell)
{
	const struct cell_sheet sheet = sheet_of(cell);

	canon_rows(w, schema_cell, &sheet);
}

/* `select` chooses among what is trained, by what is evaluated later. */
void cell_write_training(struct text *w, const struct cell *cell)
{
	struct cell_sheet sheet = sheet_of(cell);

	sheet.data.name = NULL;
	sheet.train.name = NULL;
	sheet.train.select = (struct select_options){.eps = NAN};
	canon_rows(w, schema_training, &sheet);
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
	return (struct groups){1, entry};
}

static bool read_sheet(const char *text, const char *source, struct arena *arena,
		       struct problems *problems, struct cell_sheet *out)
{
	struct bind bind = {.arena = arena, .problems = problems};
	const struct node *root = node_read(text, source, arena, problems);

	return root && bind_rows(&bind, schema_cell, root, NULL, out) && problems->count == 0;
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
	struct cell_sheet sheet = {0};
	struct text w = text_new(arena);

	if (!read_sheet(text, source, arena, problems, &sheet))
		return first_problem(problems, source, err);
	*out = (struct cell){
		.seed = sheet.seed,
		.repetition = sheet.repetition,
		.precision = sheet.precision,
		.data = sheet.data,
		.train = sheet.train,
		.stop = sheet.stop,
		.attack = sheet.attack,
		.certify = sheet.certify,
		.selects = sheet.selects,
		.swept_count = sheet.swept.count,
		.swept = sheet.swept.at,
	};
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
