/* Records in memory. */
#include "tests/report_fixture.h"

static void fill(struct record *record, const struct fixture_cell *cell, struct arena *arena)
{
	struct cellfile_swept *swept = ARENA_ARRAY(arena, struct cellfile_swept, 2);
	struct result *r = &record->result;

	*r = result_empty();
	r->data = cell->data;
	r->method = cell->method;
	r->status = cell->status ? cell->status : "ok";
	r->repetition = cell->repetition;
	r->test_accuracy = cell->test;
	r->validation_accuracy = cell->validation;
	r->objective_network = cell->objective;
	r->setup_s = 0;
	r->solve_s = cell->seconds;
	r->patterns = cell->patterns;
	r->iterations = 1;
	r->n_train = 200;
	r->n_test = 100;
	record->objective = "";
	record->select_by = cell->select_by;
	record->swept = swept;
	if (cell->path)
		swept[record->swept_count++] = (struct cellfile_swept){cell->path, cell->value};
	if (cell->path2)
		swept[record->swept_count++] = (struct cellfile_swept){cell->path2, cell->value2};
}

struct records fixture_records(const struct fixture_cell *cells, size_t count, const char *folder,
			       struct arena *arena)
{
	struct records records = {
		.arena = arena, .folder = folder, .caption = "a machine", .count = count};

	records.at = ARENA_ARRAY(arena, struct record, count);
	for (size_t i = 0; i < count; i++) {
		records.at[i].id = arena_format(arena, "c%zu", i);
		fill(&records.at[i], &cells[i], arena);
	}
	records_group(&records);
	return records;
}
