/* The attack of a selection is the one on the test part with the validation part in its place. */
#include "harness/run/selection.h"

#include "harness/run/assault.h"
#include "harness/run/clock.h"
#include "harness/store/csv.h"

#include <math.h>

static enum status read_back(const char *path, double *accuracy, struct err *err)
{
	struct arena arena = {0};
	struct csv_table table;
	enum status status = csv_read(path, &arena, &table, err);

	if (status == STATUS_OK && table.rows > 0)
		*accuracy = csv_value(&table, 0, csv_column(&table, "robust_accuracy"));
	arena_release(&arena);
	return status;
}

enum status selection_run(const struct cell *cell, const struct dataset *data,
			  const struct net *net, const char *path, struct selection *out,
			  struct err *err)
{
	const struct select_options *select = &cell->train.select;
	const struct attack_options *chosen = spec_select_attack(select, &cell->attack);
	struct dataset view = *data;
	struct attack_options entry;
	struct cell one = *cell;
	double start = clock_seconds();

	*out = (struct selection){NAN, NAN};
	if (select->by != SELECT_VALIDATION_ROBUST_ACCURACY || !chosen)
		return STATUS_OK;
	entry = *chosen;
	entry.eps.at = isnan(select->eps) ? &chosen->eps.at[chosen->eps.count - 1] : &select->eps;
	entry.eps.count = 1;
	one.attack = (struct groups){1, &entry};
	view.test = data->validation;
	TRY(assault_run(&one, &view, net, path, NULL, err));
	out->seconds = clock_seconds() - start;
	return read_back(path, &out->accuracy, err);
}
