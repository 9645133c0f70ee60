/* Records in memory, and what plots make of them. */
#include "tests/report_fixture.h"
#include "harness/file/folder.h"
#include "harness/report/figure/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct record *record, const struct fixture_cell *cell, struct arena *arena)
{
	struct cellfile_swept *swept = ARENA_ARRAY(arena, struct cellfile_swept, 2);
	struct result *r = &record->result;

	*r = result_empty();
	r->data = cell->data;
	r->method = cell->method;
	r->status = cell->status ? cell->status : "ok";
	r->repetition = cell->repetition;
	r->fold = cell->fold > 0 ? cell->fold : (double)NAN;
	r->inner_fold = cell->inner > 0 ? cell->inner : (double)NAN;
	r->test_accuracy = cell->test;
	r->validation_accuracy = cell->validation;
	r->objective_network = cell->objective;
	r->setup_s = 0;
	r->solve_s = cell->seconds;
	r->patterns = cell->patterns;
	r->iterations = 1;
	r->n_train = 200;
	r->n_test = 100;
	r->objective = cell->threat ? cell->worst : cell->objective;
	r->objective_of = cell->threat ? "worst case" : "network";
	r->outcome = cell->outcome;
	record->objective.beta = cell->beta;
	record->objective.threat = cell->threat;
	record->resampled = cell->resampled;
	record->rung = cell->rung;
	record->select_by = cell->select_by;
	record->select_per = cell->select_per;
	record->swept = swept;
	if (cell->path)
		swept[record->swept_count++] = (struct cellfile_swept){cell->path, cell->value};
	if (cell->path2)
		swept[record->swept_count++] = (struct cellfile_swept){cell->path2, cell->value2};
}

struct records fixture_records(const struct fixture_cell *cells, size_t count, const char *folder,
			       struct arena *arena)
{
	struct records records = {.arena = arena,
				  .folder = folder,
				  .out = folder,
				  .caption = "a machine",
				  .count = count};

	records.at = ARENA_ARRAY(arena, struct record, count);
	for (size_t i = 0; i < count; i++) {
		records.at[i].id = arena_format(arena, "c%zu", i);
		fill(&records.at[i], &cells[i], arena);
	}
	records_group(&records);
	return records;
}

bool fixture_trace(struct records *records, size_t at, const char *text)
{
	const char *path = arena_format(records->arena, "%s/trace.csv", records->folder);
	struct err err = {0};

	return store_write_text(path, text, &err) == STATUS_OK &&
	       csv_read(path, records->arena, &records->at[at].trace, &err) == STATUS_OK;
}

bool fixture_plot(const char *name, const void *options, const struct records *records,
		  bool *written)
{
	const struct plot *plot = (const struct plot *)(const void *)registry_find(KIND_PLOT, name);
	struct err err = {0};

	const struct style unset = style_unset();
	const struct style look = style_over(&unset, &unset, records->arena);
	struct plot_order order = {.plot = plot, .options = options, .look = &look};

	if (plot_write(&order, records, name, written, &err) != STATUS_OK)
		return false;
	if (!*written || system("gnuplot --version >/dev/null 2>&1") != 0)
		return true;
	return system(arena_format(records->arena,
				   "cd %s/plots && test -z \"$(LC_ALL=C.UTF-8 gnuplot -d %s.gp "
				   "2>&1 | tee log)\" || "
				   "{ cat log; false; }",
				   records->folder, name)) == 0;
}

const char *fixture_text(const struct records *records, const char *name, const char *end)
{
	struct arena *arena = records->arena;
	const char *text;
	struct err err = {0};

	if (store_read_text(arena_format(arena, "%s/plots/%s%s", records->folder, name, end), arena,
			    &text, &err) != STATUS_OK)
		return NULL;
	return text;
}

bool fixture_numbers(const char *text, const char *title, size_t row, size_t count, double *out)
{
	const char *at = strstr(text, title);

	for (size_t i = 0; at && i < row + 2; i++) { /* title, names of the columns */
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	for (size_t i = 0; at && i < count; i++) {
		char *end;

		out[i] = strtod(at, &end);
		at = end != at ? end : NULL;
	}
	return at != NULL;
}
