/* The attack of a selection is the one on the test part with the validation part in its place. */
#include "harness/assess/selection.h"

#include "harness/assess/assault.h"
#include "harness/assess/keys.h"
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

double selection_accuracy(const struct assessed *entry)
{
	return entry->count ? entry->row->robust_accuracy : NAN;
}

enum status selection_run(const struct assess_order *order, struct arena *arena,
			  struct assessed *out, struct err *err)
{
	struct dataset view = *order->data;
	struct cell cell = *order->cell;

	cell.attack = cell.selects;
	view.test = order->data->validation;
	return assault_run(&(struct assess_order){.cell = &cell,
						  .data = &view,
						  .model = order->model,
						  .team = order->team,
						  .alone = true},
			   arena, out, err);
}
