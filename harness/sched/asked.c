/* Requests against records.
 *
 * A cell that was trained and lacks an entry is completed. One that is not ok is left alone, unless
 * what failed may have been what it was asked for beside its training, and it is asked for
 * something else by now. */
#include "harness/sched/asked.h"

#include "harness/assess/keys.h"
#include "harness/spec/spec.h"
#include "harness/store/kept.h"
#include "harness/store/result.h"
#include "solvers/core/text.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- requests -----------------------------------------------------------------------------------
 */

/* Repetitions ask for the same; their keys are made once. */
static void make_request(struct plan *plan, size_t i, struct arena *arena)
{
	struct planned *at = &plan->at[i];
	const struct cell *cell = at->cell, *last = i > 0 ? at[-1].cell : NULL;
	const struct select_options *select = &cell->train.select;

	at->request.select_by = select->by == SELECT_NONE ? NULL : select_scores[select->by];
	at->request.select_per = select_per_names[select->per];
	at->request.rung = cell->rung;
	at->request.swept_count = cell->swept_count;
	at->request.swept = ARENA_ARRAY(arena, struct cellfile_swept, cell->swept_count);
	for (size_t k = 0; k < cell->swept_count; k++)
		at->request.swept[k] =
			(struct cellfile_swept){cell->swept[k].path, cell->swept[k].value};
	if (last && cell->attack.at == last->attack.at && cell->certify.at == last->certify.at &&
	    cell->selects.at == last->selects.at)
		at->request.entries = at[-1].request.entries;
	else
		keys_of(cell, arena, &at->request.entries);
	at->wanted = at->request.entries;
}

/* --- equal cells --------------------------------------------------------------------------------
 */

static int by_id(const void *a, const void *b)
{
	const struct planned *p = *(const struct planned *const *)a;
	const struct planned *q = *(const struct planned *const *)b;
	int order = strcmp(p->cell->id, q->cell->id);

	return order ? order : (p > q) - (p < q);
}

/* The entries that any of them selects by, each once. */
static struct groups join_selects(struct planned **at, size_t count, struct arena *arena)
{
	struct entry_list seen = {0};
	struct attack_options *entries;
	size_t room = 0;

	for (size_t i = 0; i < count; i++)
		room += at[i]->cell->selects.count;
	entries = ARENA_ARRAY(arena, struct attack_options, room);
	seen.at = ARENA_ARRAY(arena, struct entry_note, room);
	for (size_t i = 0; i < count; i++) {
		const struct entry_list *own = &at[i]->request.entries.of[ENTRY_SELECT];
		const struct attack_options *options = at[i]->cell->selects.at;

		for (size_t k = 0; k < own->count; k++)
			if (entries_find(&seen, own->at[k].key) == seen.count) {
				entries[seen.count] = options[k];
				seen.at[seen.count++] = own->at[k];
			}
	}
	return (struct groups){seen.count, entries};
}

/* Each of those that are equal, if it is computed, computes what all ask for. */
static void find_equal(struct plan *plan, struct cell *cells, struct arena *arena)
{
	struct planned **at = ARENA_ARRAY(arena, struct planned *, plan->count);

	for (size_t i = 0; i < plan->count; i++)
		at[i] = &plan->at[i];
	qsort(at, plan->count, sizeof *at, by_id);
	for (size_t i = 0, end; i < plan->count; i = end) {
		struct groups selects;

		for (end = i; end < plan->count && strcmp(at[end]->cell->id, at[i]->cell->id) == 0;
		     end++)
			at[end]->first = (size_t)(at[i] - plan->at);
		if (end - i == 1)
			continue;
		selects = join_selects(at + i, end - i, arena);
		for (size_t k = i; k < end; k++) {
			struct cell *cell = &cells[at[k] - plan->at];
			struct text w = text_new(arena);

			cell->selects = selects;
			cell_write(&w, cell);
			cell->text = w.at;
			keys_of(cell, arena, &at[k]->wanted);
		}
	}
}

/* --- records ------------------------------------------------------------------------------------
 */

/* Of all stages that a record tells of; NaN: of none. */
static double seconds_of(const struct result *r)
{
	const double stages[] = {r->load_s,      r->setup_s,  r->solve_s,  r->eval_s,
				 r->violation_s, r->attack_s, r->select_s, r->certify_s};
	double sum = NAN;

	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (!isnan(stages[i]))
			sum = (isnan(sum) ? 0 : sum) + stages[i];
	return sum;
}

/* A skipped cell may fit by now, and one that was interrupted was not stopped by a limit of its
 * own. */
static enum status look_up(const char *folder, struct planned *at, struct arena *arena,
			   struct err *err)
{
	const char *record = arena_format(arena, "%s/cells/%s", folder, at->cell->id);
	struct err unreadable = {0};
	enum cell_status status = CELL_OK;
	struct entries held;
	struct kept kept;
	unsigned lacks;
	bool same;

	TRY(kept_read(record, arena, &kept, err));
	if (entries_read(arena_format(arena, "%s/entries.json", record), arena, &held,
			 &unreadable) != STATUS_OK)
		held = (struct entries){0};
	at->record.present = kept.present;
	for (int by = SELECT_NONE; by < SELECTS; by++)
		at->record.validation[by] = result_number(&kept.result, select_scores[by]);
	at->record.selects = held.of[ENTRY_SELECT];
	at->record.damage = kept.damage;
	at->record.status = kept.damage ? cell_status_names[CELL_DAMAGED] : kept.result.status;
	at->record.disturbed = kept.result.timing != NULL;
	at->record.seconds = kept.damage || !at->record.status ? NAN : seconds_of(&kept.result);
	at->record.peak = kept.damage || !at->record.status ? NAN : kept.result.peak_mem_bytes;
	if (kept.damage || !at->record.status)
		return STATUS_OK;
	while (status < CELL_DAMAGED && strcmp(at->record.status, cell_status_names[status]) != 0)
		status++;
	if (status == CELL_SKIPPED || status == CELL_INTERRUPTED)
		return STATUS_OK;

	same = held.asked && strcmp(held.asked, at->wanted.asked) == 0;
	lacks = entries_lacking(&held, &at->wanted);
	at->record.trained = held.trained;
	if (status == CELL_OK)
		at->record.done = lacks == 0;
	else if (held.trained)
		at->record.done = same;
	else
		at->record.done = held.begun || same || status != CELL_FAILED;
	at->record.lacks = held.trained ? lacks : 0;
	return STATUS_OK;
}

enum status asked_look_up(struct plan *plan, struct cell *cells, struct arena *arena,
			  struct err *err)
{
	for (size_t i = 0; i < plan->count; i++)
		make_request(plan, i, arena);
	find_equal(plan, cells, arena);
	for (size_t i = 0; i < plan->count; i++) {
		struct planned *at = &plan->at[i];

		if (at->first == i)
			TRY(look_up(plan->folder, at, arena, err));
		at->record = plan->at[at->first].record;
	}
	return STATUS_OK;
}

void asked_mark_shared(struct plan *plan, struct arena *arena)
{
	bool *seen = ARENA_ARRAY(arena, bool, plan->count);

	for (size_t i = 0; i < plan->count; i++) {
		struct planned *at = &plan->at[i];

		at->shared = !at->left_out && seen[at->first];
		seen[at->first] |= !at->left_out;
	}
}

const char *asked_text(const struct asked_tally *tally, struct arena *arena)
{
	struct text text = text_new(arena);

	text_format(&text, "%zu cells: %zu done, %zu to compute", tally->cells, tally->done,
		    tally->train);
	if (tally->complete)
		text_format(&text, ", %zu to complete (%s)", tally->complete,
			    tally->lacks ? entries_text(tally->lacks, arena) : "what failed");
	if (tally->shared)
		text_format(&text, ", %zu equal to others", tally->shared);
	if (tally->more)
		text_format(&text, ", at most %zu more to be chosen by these", tally->more);
	return text.at;
}

size_t asked_count_outdated(const char *folder)
{
	struct arena arena = {0};
	const char *cells = arena_format(&arena, "%s/cells", folder);
	DIR *dir = opendir(cells);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) {
		const char *record = arena_format(&arena, "%s/%s", cells, entry->d_name);

		count += entry->d_name[0] != '.' &&
			 access(arena_format(&arena, "%s/result.json", record), F_OK) == 0 &&
			 access(arena_format(&arena, "%s/entries.json", record), F_OK) != 0;
	}
	if (dir)
		closedir(dir);
	arena_release(&arena);
	return count;
}
