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

static void each_row(const struct walk *walk, const struct option *rows, void *base)
{
	for (const struct option *row = rows; row && row->name; row++) {
		void *field = (char *)base + row->offset;
		const struct choices *choices = field;
		const struct groups *groups = field;
		const struct texts *texts = field;

		if (row->type == OPTION_TEXT && row->path && *(const char **)field)
			walk->visit(row, field, walk->context);
		else if (row->type == OPTION_CHOICE)
			each_choice(walk, field);
		else if (row->type == OPTION_GROUP)
			each_row(walk, row->rows, field);
		for (size_t i = 0; row->type == OPTION_CHOICES && i < choices->count; i++)
			each_choice(walk, &choices->at[i]);
		for (size_t i = 0; row->type == OPTION_TEXTS && row->path && i < texts->count; i++)
			walk->visit(row, (const char **)&texts->at[i], walk->context);
		for (size_t i = 0; row->type == OPTION_GROUPS && row->rows && i < groups->count;
		     i++)
			each_row(walk, row->rows, (char *)groups->at + i * row->size);
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
