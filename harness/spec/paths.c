/* A walk over bound options along their rows. */
#include "harness/spec/paths.h"
#include "harness/spec/cell.h"

struct walk {
	spec_path_visit *visit;
	void *context;
};

static void each_row(const struct walk *walk, const struct option *rows, void *base);

static void each_choice(const struct walk *walk, const struct choice *choice)
{
	if (choice->item && choice->item->options)
		each_row(walk, choice->item->options, (void *)choice->options);
}

static void each_text(const struct walk *walk, const struct option *row, struct texts *list)
{
	for (size_t i = 0; i < list->count; i++)
		walk->visit(row, (const char **)&list->at[i], walk->context);
}

static void each_group(const struct walk *walk, const struct option *row, const struct groups *list)
{
	for (size_t i = 0; i < list->count && row->rows; i++)
		each_row(walk, row->rows, (char *)list->at + i * row->size);
}

static void each_row(const struct walk *walk, const struct option *rows, void *base)
{
	for (const struct option *row = rows; row && row->name; row++) {
		void *field = (char *)base + row->offset;
		const struct choices *choices = field;

		if (row->type == OPTION_TEXT && row->path && *(const char **)field)
			walk->visit(row, field, walk->context);
		else if (row->type == OPTION_TEXTS && row->path)
			each_text(walk, row, field);
		else if (row->type == OPTION_CHOICE)
			each_choice(walk, field);
		else if (row->type == OPTION_GROUP)
			each_row(walk, row->rows, field);
		else if (row->type == OPTION_GROUPS)
			each_group(walk, row, field);
		for (size_t i = 0; row->type == OPTION_CHOICES && i < choices->count; i++)
			each_choice(walk, &choices->at[i]);
	}
}

void spec_each_data_path(const struct cell *cell, spec_path_visit *visit, void *context)
{
	each_choice(&(struct walk){visit, context}, &cell->data.source);
}

void spec_each_train_path(const struct cell *cell, spec_path_visit *visit, void *context)
{
	each_choice(&(struct walk){visit, context}, &cell->train.solver);
}

const char *spec_cell_text(const struct cell *cell, struct arena *arena)
{
	struct text w = text_new(arena);

	cell_write(&w, cell);
	return arena_text_n(arena, w.at, w.length);
}
