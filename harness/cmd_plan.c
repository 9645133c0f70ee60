/* relubench plan SPEC */
#include "harness/cli.h"
#include "harness/sched/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	ID_WIDTH = 16,
	NUMBER_ROOM = 32
};

static const double giga = 1e9;

struct widths {
	int data, method, swept;
};

static int widest(int width, const char *text)
{
	int length = (int)strlen(text);

	return length > width ? length : width;
}

static struct widths measure(const struct plan *plan, struct arena *arena)
{
	struct widths w = {(int)strlen("data"), (int)strlen("method"), (int)strlen("swept")};

	for (size_t i = 0; i < plan->count; i++) {
		const struct cell *cell = plan->at[i].cell;

		w.data = widest(w.data, cell->data.name);
		w.method = widest(w.method, cell->train.name);
		w.swept = widest(w.swept, sched_swept(cell, " ", arena));
	}
	return w;
}

static void print_row(const struct planned *at, struct widths w, struct arena *arena)
{
	const struct cell *cell = at->cell;
	char bytes[NUMBER_ROOM] = "", work[NUMBER_ROOM] = "";

	if (!isnan(at->bytes))
		forecast_bytes_text(at->bytes, bytes, sizeof bytes);
	if (!isnan(at->flops))
		snprintf(work, sizeof work, "%.3g", at->flops / giga);
	printf("%-*s  %-*s  %-*s  %-*s  %3ld  %-11s  %9s  %8s\n", ID_WIDTH, cell->id, w.data,
	       cell->data.name, w.method, cell->train.name, w.swept, sched_swept(cell, " ", arena),
	       cell->repetition, at->done ? at->status : "-", bytes, work);
	if (at->refusal)
		printf("%*s  will be skipped: %s\n", ID_WIDTH, "", at->refusal);
}

static void print_totals(const struct plan *plan)
{
	size_t shown = 0, done = 0;
	char most[NUMBER_ROOM];
	double bytes = 0, flops = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];

		if (at->left_out)
			continue;
		shown++;
		done += at->done;
		bytes = fmax(bytes, at->bytes); /* fmax ignores NaN */
		flops += isnan(at->flops) ? 0 : at->flops;
	}
	forecast_bytes_text(bytes, most, sizeof most);
	printf("\n%zu cells, %zu done, %zu to compute: at most %s each, up to %.3g GFLOP in all\n",
	       shown, done, shown - done, most, flops / giga);
}

static void print_plan(const struct plan *plan, struct arena *arena)
{
	struct widths w = measure(plan, arena);

	printf("%-*s  %-*s  %-*s  %-*s  %3s  %-11s  %9s  %8s\n", ID_WIDTH, "cell", w.data, "data",
	       w.method, "method", w.swept, "swept", "rep", "done", "memory", "GFLOP");
	for (size_t i = 0; i < plan->count; i++)
		if (!plan->at[i].left_out)
			print_row(&plan->at[i], w, arena);
	print_totals(plan);
}

int cmd_plan(struct cli_args *args)
{
	struct texts sets = {args->set_count, args->set};
	struct arena arena = {0};
	struct experiment experiment;
	struct err err = {0};
	struct plan plan;
	int status = (int)cli_load(args->operand[0], sets, &arena, &experiment);

	if (status == STATUS_OK) {
		const char *folder = cli_folder(args, &experiment, &arena);

		if (sched_plan(&experiment, folder, &arena, &plan, &err) != STATUS_OK ||
		    cli_filter(&plan, args->filter, &err) != STATUS_OK)
			status = cli_fail(&err);
		else
			print_plan(&plan, &arena);
	}
	arena_release(&arena);
	return status;
}
