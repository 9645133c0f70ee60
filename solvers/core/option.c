/* A walk over bound options along their rows. */
#include "solvers/core/option.h"
#include "solvers/core/desc.h"

struct walk {
	option_path_visit *visit;
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

void option_each_path(const struct choice *choice, option_path_visit *visit, void *context)
{
	each_choice(&(struct walk){visit, context}, choice);
}

struct paths {
	size_t count;
	const char **at; /* NULL: they are only counted */
};

static void add_path(const struct option *row, const char **path, void *context)
{
	struct paths *paths = context;

	(void)row;
	if (paths->at)
		paths->at[paths->count] = *path;
	paths->count++;
}

struct texts option_paths(const struct choice *choice, struct arena *arena)
{
	struct paths paths = {0};

	option_each_path(choice, add_path, &paths);
	paths.at = ARENA_ARRAY(arena, const char *, paths.count);
	paths.count = 0;
	option_each_path(choice, add_path, &paths);
	return (struct texts){paths.count, paths.at};
}
