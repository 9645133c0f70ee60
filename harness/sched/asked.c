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

static struct cellfile_swept *copy_swept(const struct cell *cell, struct arena *arena)
{
	struct cellfile_swept *swept = ARENA_ARRAY(arena, struct cellfile_swept, cell->swept_count);

	for (size_t i = 0; i < cell->swept_count; i++)
		swept[i] = (struct cellfile_swept){cell->swept[i].path, cell->swept[i].value};
	return swept;
}

static bool asks_the_same(const struct cell *a, const struct cell *b)
{
	return a->attack.at == b->attack.at && a->certify.at == b->certify.at &&
	       a->selects.at == b->selects.at;
}

/* Repetitions ask for the same; their keys are made once. */
static void make_request(struct plan *plan, size_t i, struct arena *arena)
{
	struct planned *at = &plan->at[i];
	const struct cell *cell = at->cell;
	const struct select_options *select = &cell->train.select;

	at->request.select_by = select->by == SELECT_NONE ? NULL : spec_selects[select->by];
	at->request.select_per = spec_select_per[select->per];
	at->request.swept_count = cell->swept_count;
	at->request.swept = copy_swept(cell, arena);
	if (i > 0 && asks_the_same(cell, at[-1].cell))
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

/* The plan by ids, those that are equal in its order. */
static struct planned **sorted(struct plan *plan, struct arena *arena)
{
	struct planned **at = ARENA_ARRAY(arena, struct planned *, plan->count);

	for (size_t i = 0; i < plan->count; i++)
		at[i] = &plan->at[i];
	qsort(at, plan->count, sizeof *at, by_id);
	return at;
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

/* Each of them, if it is computed, computes what all ask for. */
static void share(struct plan *plan, struct planned **at, size_t count, struct cell *cells,
		  struct arena *arena)
{
	const struct groups selects = join_selects(at, count, arena);

	for (size_t i = 0; i < count; i++) {
		struct cell *cell = &cells[at[i] - plan->at];
		struct text w = text_new(arena);

		cell->selects = selects;
		cell_write(&w, cell);
		cell->text = w.at;
		keys_of(cell, arena, &at[i]->wanted);
	}
}

static void find_equal(struct plan *plan, struct cell *cells, struct arena *arena)
{
	struct planned **at = sorted(plan, arena);

	for (size_t i = 0, count; i < plan->count; i += count) {
		for (count = 0; i + count < plan->count &&
				strcmp(at[i + count]->cell->id, at[i]->cell->id) == 0;
		     count++)
			at[i + count]->first = (size_t)(at[i] - plan->at);
		if (count > 1)
			share(plan, at + i, count, cells, arena);
	}
}

/* --- records ------------------------------------------------------------------------------------
 */

static bool has_status(const struct planned *at, enum cell_status status)
{
	return strcmp(at->record.status, cell_status_names[status]) == 0;
}

/* A skipped cell may fit by now, and one that was interrupted was not stopped by a limit of its
 * own. */
static void judge(struct planned *at, const struct entries *held)
{
	bool same = held->asked && strcmp(held->asked, at->wanted.asked) == 0;
	unsigned lacks = entries_lacking(held, &at->wanted);

	if (!at->record.status || has_status(at, CELL_SKIPPED) || has_status(at, CELL_INTERRUPTED))
		return;
	at->record.trained = held->trained;
	if (has_status(at, CELL_OK))
		at->record.done = lacks == 0;
	else if (held->trained)
		at->record.done = same;
	else
		at->record.done = held->begun || same || !has_status(at, CELL_FAILED);
	at->record.lacks = held->trained ? lacks : 0;
}

static enum status look_up(const char *folder, struct planned *at, struct arena *arena,
			   struct err *err)
{
	const char *record = arena_format(arena, "%s/cells/%s", folder, at->cell->id);
	struct err unreadable = {0};
	struct entries held;
	struct kept kept;

	TRY(kept_read(record, arena, &kept, err));
	if (entries_read(arena_format(arena, "%s/entries.json", record), arena, &held,
			 &unreadable) != STATUS_OK)
		held = (struct entries){0};
	at->record.present = kept.present;
	at->record.damage = kept.damage;
	at->record.status = kept.damage ? cell_status_names[CELL_DAMAGED] : kept.result.status;
	at->record.disturbed = kept.result.timing != NULL;
	if (!kept.damage)
		judge(at, &held);
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
