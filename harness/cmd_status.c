/* relubench status DIR: from the files alone, so it works beside a running experiment. */
#include "harness/cli.h"
#include "harness/store/csv.h"
#include "harness/store/result.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* Folders of cells being computed: tmp/<id>.<process>. */
static size_t count_running(const char *tmp)
{
	DIR *dir = opendir(tmp);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

/* The status of one finished cell, or -1. */
static int status_of(const char *folder, const char *id, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/cells/%s/result.json", folder, id);
	struct err unreadable = {0};
	struct result result;

	if (access(path, R_OK) != 0 || result_read(path, arena, &result, &unreadable) != STATUS_OK)
		return -1;
	for (int i = 0; cell_status_names[i]; i++)
		if (result.status && strcmp(cell_status_names[i], result.status) == 0)
			return i;
	return -1;
}

int cmd_status(struct cli_args *args)
{
	const char *folder = args->operand[0];
	size_t count[CELL_INTERRUPTED + 1] = {0}, done = 0;
	struct csv_table plan;
	struct err err = {0};
	int column;

	if (csv_read(arena_format(&args->arena, "%s/plan.csv", folder), &args->arena, &plan,
		     &err) != STATUS_OK)
		return cli_fail(&err);
	column = csv_column(&plan, "cell");
	for (size_t row = 0; row < plan.rows && column >= 0; row++) {
		int status = status_of(folder, plan.cell[row * plan.cols + (size_t)column],
				       &args->arena);

		if (status >= 0) {
			count[status]++;
			done++;
		}
	}
	printf("%zu cells: %zu done, %zu running, %zu missing\n", plan.rows, done,
	       count_running(arena_format(&args->arena, "%s/tmp", folder)), plan.rows - done);
	for (size_t i = 0; cell_status_names[i]; i++)
		if (count[i])
			printf("  %-11s %zu\n", cell_status_names[i], count[i]);
	return STATUS_OK;
}
