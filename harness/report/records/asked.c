/* Rows of the plan, and records as they show them. */
#include "harness/report/records/asked.h"
#include "solvers/core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the plan -----------------------------------------------------------------------------------
 */

struct asked_row *asked_rows(struct records *records, const struct field_rows *plan,
			     const char *const *ids, size_t *count)
{
	struct arena *arena = records->arena;
	const struct plan_row *planned = plan->at;
	size_t records_count = *count, kept = 0;
	struct asked_row *rows;
	bool *shown;

	if (plan->count == 0 || !*planned->cell) {
		rows = ARENA_ARRAY(arena, struct asked_row, records_count);
		for (size_t i = 0; i < records_count; i++)
			rows[i].id = ids[i];
		return rows;
	}
	rows = ARENA_ARRAY(arena, struct asked_row, plan->count);
	shown = ARENA_ARRAY(arena, bool, records_count);
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_row *from = &planned[i];
		struct asked_row row = {.id = from->cell};
		const char *const *found = records_count ? bsearch(&row.id, ids, records_count,
								   sizeof *ids, text_compare)
							 : NULL;

		/* plans of earlier versions have none: their records are shown as they are */
		row.requests = request_read(from->request, arena, &row.request);
		if (row.requests) {
			row.data = from->data;
			row.method = from->method;
			row.repetition = from->repetition;
		}
		if (found && (row.requests || !shown[found - ids])) {
			shown[found - ids] = true; /* a name alone shows a record once */
			rows[kept++] = row;
		} else if (!found && *from->status) { /* it has ended: there must be a record */
			rows[kept++] = row;
		} else {
			records->missing += !found;
		}
	}
	*count = kept;
	for (size_t i = 0; i < records_count; i++)
		records->left_out += !shown[i];
	return rows;
}

/* --- records ------------------------------------------------------------------------------------
 */

struct rows {
	size_t count;
	struct attack_row *at;
};

/* How many rows of an entry the table has, from `first` on. */
static size_t rows_from(const struct rows *all, const struct entry_list *held, size_t entry,
			size_t first)
{
	size_t rows = entries_rows(held, entry), left = all->count > first ? all->count - first : 0;

	return rows < left ? rows : left;
}

/* The rows of the entries that are asked for, one entry after the other. */
static struct rows choose(const struct rows *all, const struct entry_list *held,
			  const struct entry_list *wanted, struct arena *arena)
{
	struct rows out = {0};
	size_t room = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		size_t at = entries_find(held, wanted->at[i].key);

		room += rows_from(all, held, at, entries_row(held, at));
	}
	out.at = ARENA_ARRAY(arena, struct attack_row, room);
	for (size_t i = 0; i < wanted->count; i++) {
		size_t at = entries_find(held, wanted->at[i].key), first = entries_row(held, at);
		size_t rows = rows_from(all, held, at, first);

		for (size_t row = first; row < first + rows; row++) {
			out.at[out.count] = all->at[row];
			out.at[out.count++].attack = wanted->at[i].name;
		}
	}
	return out;
}

/* Seconds of the entries that are asked for; NaN without any. */
static void add_up(const struct entry_list *held, const struct entry_list *wanted, double *wall,
		   double *cpu)
{
	*wall = *cpu = NAN;
	for (size_t i = 0; i < wanted->count; i++) {
		size_t at = entries_find(held, wanted->at[i].key);

		if (at == held->count)
			continue;
		*wall = (isnan(*wall) ? 0 : *wall) + held->at[at].wall_s;
		*cpu = (isnan(*cpu) ? 0 : *cpu) + held->at[at].cpu_s;
	}
}

static bool differs(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

/* The first entry that was computed by other kernels, another program or elsewhere than training.
 */
static void find_elsewhere(struct record *record, const struct entry_list *held,
			   const struct entry_list *wanted)
{
	const struct result *r = &record->result;

	for (size_t i = 0; i < wanted->count && !record->probed.status; i++) {
		size_t at = entries_find(held, wanted->at[i].key);
		const struct entry_note *note = &held->at[at];

		if (at == held->count ||
		    (!differs(note->blas_core, r->blas_core) &&
		     !differs(note->program, r->program) && !differs(note->host, r->host) &&
		     !differs(note->cpu, r->cpu) && !(fabs(note->threads - r->threads) > 0)))
			continue;
		record->probed = (struct result){.status = r->status,
						 .blas_core = note->blas_core,
						 .program = note->program,
						 .host = note->host,
						 .cpu = note->cpu,
						 .threads = note->threads};
	}
}

static void show_entries(struct record *record, const struct entries *held,
			 const struct entries *wanted, struct arena *arena)
{
	const struct rows attack = {record->attack_count, record->attack};
	const struct rows certificate = {record->certificate_count, record->certificate};
	const struct entry_list *select = &wanted->of[ENTRY_SELECT];
	struct result *r = &record->result;
	struct rows chosen =
		choose(&attack, &held->of[ENTRY_ATTACK], &wanted->of[ENTRY_ATTACK], arena);

	record->attack_count = chosen.count;
	record->attack = chosen.at;
	chosen = choose(&certificate, &held->of[ENTRY_CERTIFY], &wanted->of[ENTRY_CERTIFY], arena);
	record->certificate_count = chosen.count;
	record->certificate = chosen.at;
	add_up(&held->of[ENTRY_ATTACK], &wanted->of[ENTRY_ATTACK], &r->attack_s, &r->attack_cpu_s);
	add_up(&held->of[ENTRY_CERTIFY], &wanted->of[ENTRY_CERTIFY], &r->certify_s,
	       &r->certify_cpu_s);
	add_up(&held->of[ENTRY_SELECT], select, &r->select_s, &r->select_cpu_s);
	r->validation_robust_accuracy = NAN;
	for (size_t i = 0; i < select->count; i++) {
		size_t at = entries_find(&held->of[ENTRY_SELECT], select->at[i].key);

		if (at < held->of[ENTRY_SELECT].count)
			r->validation_robust_accuracy = held->of[ENTRY_SELECT].at[at].accuracy;
	}
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++)
		find_elsewhere(record, &held->of[kind], &wanted->of[kind]);
	record->lacks = entries_lacking(held, wanted) != 0;
}

void asked_show(struct record *record, const struct asked_row *row, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/entries.json", record->folder);
	struct err unreadable = {0};
	struct entries held;

	if (!row->requests)
		return;
	record->result.data = row->data;
	record->result.method = row->method;
	record->result.repetition = row->repetition;
	record->asked = &row->request;
	record->swept_count = row->request.swept_count;
	record->swept = row->request.swept;
	record->rung = row->request.rung;
	record->select_by = row->request.select_by;
	record->select_per = row->request.select_per;
	if (strcmp(record->result.status ? record->result.status : "",
		   cell_status_names[CELL_DAMAGED]) == 0)
		return;
	if (entries_read(path, arena, &held, &unreadable) == STATUS_OK)
		show_entries(record, &held, &row->request.entries, arena);
}
