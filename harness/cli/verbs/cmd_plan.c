/* relubench plan SPEC */
#include "harness/cli/cli.h"
#include "harness/report/tables/sheet.h"
#include "harness/sched/asked.h"
#include "harness/sched/forecast.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_ROOM = 32 };

static const double giga = 1e9;

static void fill_row(const struct planned *at, struct sheet *sheet, size_t row, struct arena *arena)
{
	const struct cell *cell = at->cell;
	const char *state = at->record.status;
	char bytes[NUMBER_ROOM] = "";
	size_t col = 0;

	if (!at->record.done && !at->record.damage && !at->record.trained)
		state = "-";
	else if (!at->record.done && !at->record.damage)
		state = arena_format(arena, "lacks %s",
				     at->record.lacks ? entries_text(at->record.lacks, arena)
						      : "what failed");
	if (!isnan(at->bytes))
		forecast_bytes_text(at->bytes, bytes, sizeof bytes);
	sheet_set(sheet, row, col++, cell->id);
	sheet_set(sheet, row, col++, cell->data.name);
	sheet_set(sheet, row, col++, cell->train.name);
	sheet_set(sheet, row, col++, sched_swept(cell, " ", arena));
	sheet_set(sheet, row, col++, spec_draw(cell, arena));
	sheet_set(sheet, row, col++, state);
	sheet_set(sheet, row, col++, arena_text(arena, bytes));
	sheet_set(sheet, row, col++,
		  isnan(at->flops) ? NULL : arena_format(arena, "%.3g", at->flops / giga));
	sheet_set(sheet, row, col,
		  at->refusal ? arena_format(arena, "will be skipped: %s", at->refusal) : NULL);
}

static void print_rows(const struct plan *plan, struct arena *arena)
{
	static const struct {
		const char *text;
		bool numeric;
	} heads[] = {{"cell", false},  {"data", false}, {"method", false},
		     {"swept", false}, {"rep", true},   {"done", false},
		     {"memory", true}, {"GFLOP", true}, {"note", false}};
	size_t cols = sizeof heads / sizeof *heads, row = 0;
	struct sheet sheet = sheet_new(arena, plan->count, cols);

	sheet.plain = true;
	for (size_t j = 0; j < cols; j++) {
		sheet.head[j] = heads[j].text;
		sheet.numeric[j] = heads[j].numeric;
	}
	for (size_t i = 0; i < plan->count; i++)
		if (!plan->at[i].left_out)
			fill_row(&plan->at[i], &sheet, row++, arena);
	sheet.rows = row;
	sheet_drop_empty(&sheet, cols - 1);
	sheet_terminal(&sheet, cli_width(), stdout);
}

static void print_totals(struct plan *plan, struct arena *arena)
{
	struct asked_tally tally = {.more = plan->most - plan->count};
	char most[NUMBER_ROOM];
	double bytes = 0, flops = 0;

	asked_mark_shared(plan, arena);
	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];

		if (at->left_out)
			continue;
		tally.cells++;
		tally.done += at->record.done && !at->shared;
		tally.shared += at->shared;
		if (at->record.done || at->shared)
			continue;
		tally.complete += at->record.trained;
		tally.train += !at->record.trained;
		tally.lacks |= at->record.lacks;
		bytes = fmax(bytes, at->bytes); /* fmax ignores NaN */
		flops += isnan(at->flops) ? 0 : at->flops;
	}
	forecast_bytes_text(bytes, most, sizeof most);
	putchar('\n');
	cli_print_doc(0, 0,
		      arena_format(arena, "%s: at most %s each, up to %.3g GFLOP in all",
				   asked_text(&tally, arena), most, flops / giga),
		      stdout);
}

static void print_json(const struct plan *plan)
{
	json_t *root = json_object(), *cells = json_array();

	for (size_t i = 0; i < plan->count; i++) {
		const struct planned *at = &plan->at[i];
		const struct cell *cell = at->cell;
		json_t *swept, *lacks; /* kinds of entries */

		if (at->left_out)
			continue;
		swept = json_object();
		for (size_t k = 0; k < cell->swept_count; k++)
			json_object_set_new(swept, cell->swept[k].path,
					    json_string(cell->swept[k].value));
		lacks = at->record.trained ? json_array() : json_null();
		for (size_t kind = 0; at->record.trained && kind < ENTRY_KINDS; kind++)
			if (at->record.lacks >> kind & 1)
				json_array_append_new(lacks, json_string(entry_kind_names[kind]));
		json_array_append_new(
			cells,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:o*, s:o*, s:o, s:b, s:s?, s:o, "
				  "s:s?, s:o, "
				  "s:o}",
				  "cell", cell->id, "data", cell->data.name, "method",
				  cell->train.name, "solver", cell->train.solver.item->name,
				  "repetition", (json_int_t)cell->repetition, "fold",
				  cell->data.split.fold > 0
					  ? json_integer((json_int_t)cell->data.split.fold)
					  : NULL,
				  "inner_fold",
				  cell->data.split.inner_fold > 0
					  ? json_integer((json_int_t)cell->data.split.inner_fold)
					  : NULL,
				  "swept", swept, "done", (int)at->record.done, "status",
				  at->record.status, "lacks", lacks, "refusal", at->refusal,
				  "memory_bytes",
				  isnan(at->bytes) ? json_null() : json_real(at->bytes), "flops",
				  isnan(at->flops) ? json_null() : json_real(at->flops)));
	}
	json_object_set_new(root, "folder", json_string(plan->folder));
	json_object_set_new(root, "cells", cells);
	if (plan->most > plan->count) /* with those that are chosen by these */
		json_object_set_new(root, "most", json_integer((json_int_t)plan->most));
	cli_print_json(root);
}

static int run(struct cli_args *args)
{
	struct texts sets = {args->set_count, args->set};
	struct arena *arena = &args->arena;
	struct experiment experiment;
	struct err err = {0};
	struct plan plan;
	struct sched_shard shard;
	enum status status;

	status = cli_load(args->operand[0], sets, true, arena, &experiment);
	if (status != STATUS_OK)
		return (int)status;
	if (cli_glance(&experiment, args->quiet, &err) != STATUS_OK ||
	    cli_plan(args, &experiment, arena, &plan, &shard, &err) != STATUS_OK)
		return cli_fail(&err);
	sched_tell_damage(&plan, stderr);
	if (args->json) {
		print_json(&plan);
	} else {
		print_rows(&plan, arena);
		print_totals(&plan, arena);
	}
	return STATUS_OK;
}

static const struct cli_option options[] = {CLI_OPTIONS_OF_SPEC, CLI_OPTIONS_OF_PLAN,
					    CLI_OPTION_JSON, CLI_OPTIONS_END};

const struct cli_verb cmd_plan = {
	.name = "plan",
	.operands = "SPEC",
	.doc = "Show the cells, which are done, and the memory and work of the others.",
	.least = 1,
	.most = 1,
	.options = options,
	.run = run,
};
