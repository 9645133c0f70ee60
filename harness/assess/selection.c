/* The attack of a selection is the one on the test part with the validation part in its place. */
#include "harness/assess/selection.h"

#include "harness/assess/assault.h"
#include "harness/assess/keys.h"
#include "harness/file/csv.h"
#include "harness/spec/spec.h"

#include <math.h>
#include <string.h>

size_t selection_own(const struct cell *cell)
{
	const struct attack_options *entry = cell->selects.at;
	struct arena arena = {0};
	const struct groups own = cell_own_selects(cell, &arena);
	size_t i = own.count ? 0 : cell->selects.count;

	while (i < cell->selects.count &&
	       strcmp(keys_select(&entry[i], &arena), keys_select(own.at, &arena)) != 0)
		i++;
	arena_release(&arena);
	return i;
}

/* Of a data set without validation part there are no rows. */
static enum status read_back(const char *path, size_t count, double *accuracy, struct err *err)
{
	struct arena arena = {0};
	struct csv_table table;
	enum status status = csv_read(path, &arena, &table, err);

	for (size_t i = 0; i < count; i++)
		accuracy[i] = status == STATUS_OK && table.rows == count
				      ? csv_value(&table, i, csv_column(&table, "robust_accuracy"))
				      : NAN;
	arena_release(&arena);
	return status;
}

enum status selection_run(const struct selection *s, double *accuracy, struct effort *effort,
			  struct err *err)
{
	struct dataset view = *s->data;
	struct cell cell = *s->cell;
	const struct assault_order order = {.cell = &cell,
					    .data = &view,
					    .model = s->model,
					    .path = s->path,
					    .kept = s->kept,
					    .effort = effort,
					    .alone = true};

	if (cell.selects.count == 0)
		return STATUS_OK;
	cell.attack = cell.selects;
	view.test = s->data->validation;
	TRY(assault_carry_out(&order, err));
	return read_back(s->path, cell.selects.count, accuracy, err);
}
