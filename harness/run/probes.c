/* What is asked of a trained network, new and from an earlier record. */
#include "harness/run/probes.h"

#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/findings.h"
#include "harness/assess/keys.h"
#include "harness/assess/selection.h"
#include "harness/file/folder.h"
#include "harness/run/timing.h"
#include "harness/store/dictionary.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *const tables[] = {[ENTRY_ATTACK] = "attack.csv",
				     [ENTRY_CERTIFY] = "certify.csv",
				     [ENTRY_SELECT] = "attack_validation.csv"};

static const struct column_doc *const columns[] = {[ENTRY_ATTACK] = dictionary_attack,
						   [ENTRY_CERTIFY] = dictionary_certify,
						   [ENTRY_SELECT] = dictionary_attack};

struct work {
	struct probes *p;
	struct entries wanted, held; /* of the cell; of the earlier record */
	struct earlier kept[ENTRY_KINDS];
	struct effort *effort[ENTRY_KINDS];
	struct evidence evidence;
};

static const char *path_in(const struct probes *p, const char *folder, const char *name)
{
	return arena_format(p->arena, "%s/%s", folder, name);
}

enum status probes_note(const struct cell *cell, const char *folder, bool begun, bool trained,
			struct err *err)
{
	struct entries entries, now = {.begun = begun, .trained = trained};
	struct arena arena = {0};
	enum status status;

	keys_of(cell, &arena, &entries);
	now.asked = entries.asked;
	status = entries_write(&now, arena_format(&arena, "%s/entries.json", folder), err);
	arena_release(&arena);
	return status;
}

enum status probes_check(const struct cell *cell, const struct dataset *data, struct err *err)
{
	TRY(assault_check(cell, data, err));
	return certified_check(cell, data, err);
}

/* --- the earlier record -------------------------------------------------------------------------
 */

/* The columns that this version writes; rows of others are not copied. */
static bool has_columns(const struct csv_table *table, const struct column_doc *doc)
{
	size_t col = 0;

	while (col < table->cols && doc[col].name && strcmp(table->header[col], doc[col].name) == 0)
		col++;
	return col == table->cols && !doc[col].name;
}

/* Which entries the table of a kind has already. */
static enum status find_kept(struct work *w, enum entry_kind kind, struct err *err)
{
	const struct entry_list *wanted = &w->wanted.of[kind], *held = &w->held.of[kind];
	struct earlier_rows *of = ARENA_ARRAY(w->p->arena, struct earlier_rows, wanted->count);
	struct earlier *kept = &w->kept[kind];

	kept->of = of;
	if (held->count == 0 || wanted->count == 0)
		return STATUS_OK;
	TRY(csv_read(path_in(w->p, w->p->record, tables[kind]), w->p->arena, &kept->table, err));
	for (size_t i = 0; i < wanted->count; i++) {
		size_t at = entries_find(held, wanted->at[i].key);

		if (at == held->count || !has_columns(&kept->table, columns[kind]))
			continue;
		of[i] = (struct earlier_rows){true, entries_row(held, at), entries_rows(held, at)};
		if (of[i].first + of[i].count > kept->table.rows)
			return err_at(err, STATUS_ENV, (struct err_place){w->p->record, 0, 0},
				      "%s has fewer rows than entries.json says", tables[kind]);
	}
	return STATUS_OK;
}

static enum status look_at_record(struct work *w, struct err *err)
{
	struct probes *p = w->p;

	if (p->record)
		TRY(entries_read(path_in(p, p->record, "entries.json"), p->arena, &w->held, err));
	for (size_t kind = 0; kind < ENTRY_KINDS; kind++) {
		TRY(find_kept(w, (enum entry_kind)kind, err));
		w->effort[kind] = ARENA_ARRAY(p->arena, struct effort, w->wanted.of[kind].count);
	}
	return STATUS_OK;
}

/* --- findings ----------------------------------------------------------------------------------
 */

/* Entries of `attack` and then of `certify`; those of the record alone, or all. */
static size_t list_findings(const struct work *w, bool kept_only, struct finding_of *out)
{
	const struct probes *p = w->p;
	const struct attack_options *attack = p->cell->attack.at;
	const struct certify_options *certify = p->cell->certify.at;
	size_t count = 0;

	for (size_t i = 0; i < p->cell->attack.count; i++)
		if (!kept_only || earlier_has(&w->kept[ENTRY_ATTACK], i))
			out[count++] = (struct finding_of){w->wanted.of[ENTRY_ATTACK].at[i].key,
							   assault_aim(&attack[i], p->data),
							   &attack[i].eps, false};
	for (size_t i = 0; i < p->cell->certify.count; i++)
		if (!kept_only || earlier_has(&w->kept[ENTRY_CERTIFY], i))
			out[count++] = (struct finding_of){w->wanted.of[ENTRY_CERTIFY].at[i].key,
							   certified_aim(&certify[i], p->data),
							   &certify[i].eps, true};
	return count;
}

static struct finding_of *room_for(const struct work *w)
{
	return ARENA_ARRAY(w->p->arena, struct finding_of,
			   w->p->cell->attack.count + w->p->cell->certify.count);
}

static enum status recall(struct work *w, struct err *err)
{
	struct finding_of *of = room_for(w);
	size_t count = list_findings(w, true, of), points = 0;

	for (size_t i = 0; i < count; i++)
		points += (size_t)of[i].aim.part->X.rows;
	if (points == 0)
		return STATUS_OK;
	return findings_read(path_in(w->p, w->p->record, "findings.npz"), of, count, &w->evidence,
			     err);
}

static enum status remember(struct work *w, struct err *err)
{
	struct finding_of *of = room_for(w);
	size_t count = list_findings(w, false, of);

	return findings_write(&w->evidence, of, count, path_in(w->p, w->p->folder, "findings.npz"),
			      err);
}

/* --- entries ------------------------------------------------------------------------------------
 */

/* The folder has the table of this kind: say so. */
static enum status note(struct work *w, enum entry_kind kind, const double *accuracy,
			struct err *err)
{
	struct probes *p = w->p;
	struct entry_list *now = &p->entries.of[kind];

	*now = w->wanted.of[kind];
	for (size_t i = 0; i < now->count; i++) {
		const struct effort *effort = &w->effort[kind][i];
		struct entry_note *entry = &now->at[i];
		const char *name = entry->name;

		if (earlier_has(&w->kept[kind], i)) {
			*entry = w->held.of[kind].at[entries_find(&w->held.of[kind], entry->key)];
			entry->name = name;
			continue;
		}
		entry->rows = (double)effort->rows;
		entry->wall_s = effort->wall;
		entry->cpu_s = effort->cpu;
		entry->accuracy = accuracy ? accuracy[i] : NAN;
		entry->date = timing_date(p->arena);
		entry->blas_core = p->here.blas_core;
		entry->program = p->here.program;
		entry->host = p->here.host;
		entry->cpu = p->here.cpu;
		entry->threads = p->here.threads;
	}
	if (now->count == 0 && kind != ENTRY_CERTIFY) /* the last one */
		return STATUS_OK;
	return entries_write(&p->entries, path_in(p, p->folder, "entries.json"), err);
}

/* Seconds of all entries; NaN if there are none. */
static void add_up(const struct entry_list *list, double *wall, double *cpu)
{
	*wall = *cpu = list->count ? 0 : NAN;
	for (size_t i = 0; i < list->count; i++) {
		*wall += list->at[i].wall_s;
		*cpu += list->at[i].cpu_s;
	}
}

static enum status select_by_attack(struct work *w, struct err *err)
{
	struct probes *p = w->p;
	size_t count = p->cell->selects.count, own = selection_own(p->cell);
	double *accuracy = ARENA_ARRAY(p->arena, double, count);
	const struct selection selection = {p->cell, p->data, p->model,
					    path_in(p, p->folder, tables[ENTRY_SELECT]),
					    &w->kept[ENTRY_SELECT]};

	TRY(selection_run(&selection, accuracy, w->effort[ENTRY_SELECT], err));
	TRY(note(w, ENTRY_SELECT, accuracy, err));
	p->result->validation_robust_accuracy = own < count ? accuracy[own] : NAN;
	add_up(&p->entries.of[ENTRY_SELECT], &p->result->select_s, &p->result->select_cpu_s);
	return STATUS_OK;
}

static enum status attack(struct work *w, struct err *err)
{
	struct probes *p = w->p;
	const struct assault_order order = {.cell = p->cell,
					    .data = p->data,
					    .model = p->model,
					    .path = path_in(p, p->folder, tables[ENTRY_ATTACK]),
					    .evidence = &w->evidence,
					    .kept = &w->kept[ENTRY_ATTACK],
					    .effort = w->effort[ENTRY_ATTACK]};

	if (p->cell->attack.count > 0) {
		TRY(assault_carry_out(&order, err));
		TRY(remember(w, err));
	}
	TRY(note(w, ENTRY_ATTACK, NULL, err));
	add_up(&p->entries.of[ENTRY_ATTACK], &p->result->attack_s, &p->result->attack_cpu_s);
	return STATUS_OK;
}

static enum status certify(struct work *w, struct err *err)
{
	struct probes *p = w->p;
	const struct certified_order order = {.cell = p->cell,
					      .data = p->data,
					      .model = p->model,
					      .path = path_in(p, p->folder, tables[ENTRY_CERTIFY]),
					      .evidence = &w->evidence,
					      .kept = &w->kept[ENTRY_CERTIFY],
					      .effort = w->effort[ENTRY_CERTIFY]};

	if (p->cell->certify.count > 0)
		TRY(certified_carry_out(&order, err));
	TRY(evidence_check(&w->evidence, err));
	if (p->cell->certify.count > 0)
		TRY(remember(w, err));
	TRY(note(w, ENTRY_CERTIFY, NULL, err));
	add_up(&p->entries.of[ENTRY_CERTIFY], &p->result->certify_s, &p->result->certify_cpu_s);
	return STATUS_OK;
}

enum status probes_run(struct probes *p, struct err *err)
{
	struct work w = {.p = p, .evidence = evidence_new(p->arena, certified_findings(p->cell))};

	keys_of(p->cell, p->arena, &w.wanted);
	p->entries =
		(struct entries){.begun = true, .trained = p->trained, .asked = w.wanted.asked};
	TRY(look_at_record(&w, err));
	TRY(recall(&w, err));
	TRY(select_by_attack(&w, err));
	TRY(attack(&w, err));
	return certify(&w, err);
}
