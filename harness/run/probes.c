/* What is asked of a trained network, new and from an earlier record. */
#include "harness/run/probes.h"

#include "harness/assess/adversarial.h"
#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/examples.h"
#include "harness/assess/findings.h"
#include "harness/assess/keys.h"
#include "harness/assess/samples.h"
#include "harness/assess/selection.h"
#include "harness/file/folder.h"
#include "harness/machine/clock.h"
#include "harness/run/timing.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char *const files[] = {[ENTRY_ATTACK] = "attack.csv",
				    [ENTRY_CERTIFY] = "certify.csv",
				    [ENTRY_SELECT] = "attack_validation.csv"};

static const struct field_table *const tables[] = {[ENTRY_ATTACK] = &rows_attack,
						   [ENTRY_CERTIFY] = &rows_certify,
						   [ENTRY_SELECT] = &rows_attack};

struct work {
	struct probes *p;
	struct entries wanted, held; /* of the cell; of the earlier record */
	struct assessed *entry[ENTRY_KINDS];
	struct evidence evidence;
	struct examples examples;
	struct adversarial adversarial;
	struct assess_order order;
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

/* Rows of other columns than this version writes are not kept. */
static enum status find_kept(struct work *w, enum entry_kind kind, struct err *err)
{
	const struct entry_list *wanted = &w->wanted.of[kind], *held = &w->held.of[kind];
	struct arena *arena = w->p->arena;
	struct field_rows rows;
	struct csv_table table;
	const char *path;

	w->entry[kind] = ARENA_ARRAY(arena, struct assessed, wanted->count);
	if (held->count == 0 || wanted->count == 0)
		return STATUS_OK;
	path = path_in(w->p, w->p->record, files[kind]);
	TRY(csv_read(path, arena, &table, err));
	TRY(field_rows(&table, path, tables[kind], arena, &rows, err));
	for (size_t i = 0; i < wanted->count; i++) {
		size_t at = entries_find(held, wanted->at[i].key), first = entries_row(held, at);
		struct assessed *entry = &w->entry[kind][i];

		if (at == held->count || !field_is_header(&table, tables[kind]))
			continue;
		*entry = (struct assessed){.kept = true,
					   .count = entries_rows(held, at),
					   .row = (struct attack_row *)rows.at + first};
		if (first + entry->count > rows.count)
			return err_at(err, STATUS_ENV, (struct err_place){w->p->record, 0, 0},
				      "%s has fewer rows than entries.json says", files[kind]);
		for (size_t k = 0; k < entry->count; k++)
			entry->row[k].attack = wanted->at[i].name;
	}
	return STATUS_OK;
}

/* Entries of `attack` and then of `certify`; those of the record alone, or all. */
static size_t list_findings(const struct work *w, bool kept_only, struct finding_of **of)
{
	const struct probes *p = w->p;
	const struct attack_options *attack = p->cell->attack.at;
	const struct certify_options *certify = p->cell->certify.at;
	struct finding_of *out = ARENA_ARRAY(p->arena, struct finding_of,
					     p->cell->attack.count + p->cell->certify.count);
	size_t count = 0;

	*of = out;
	for (size_t i = 0; i < p->cell->attack.count; i++)
		if (!kept_only || w->entry[ENTRY_ATTACK][i].kept)
			out[count++] = (struct finding_of){w->wanted.of[ENTRY_ATTACK].at[i].key,
							   assault_aim(&attack[i], p->data),
							   &attack[i].eps, false,
							   assault_nearest(&attack[i])};
	for (size_t i = 0; i < p->cell->certify.count; i++)
		if (!kept_only || w->entry[ENTRY_CERTIFY][i].kept)
			out[count++] = (struct finding_of){w->wanted.of[ENTRY_CERTIFY].at[i].key,
							   certified_aim(&certify[i], p->data),
							   &certify[i].eps, true, false};
	return count;
}

static enum status remember(struct work *w, struct err *err)
{
	struct finding_of *of;
	size_t count = list_findings(w, false, &of);

	return findings_write(&w->evidence, of, count, path_in(w->p, w->p->folder, "findings.npz"),
			      err);
}

/* --- entries ------------------------------------------------------------------------------------
 */

/* Entry i as it is now, or was in the earlier record under the name that it had. */
static void note_entry(const struct work *w, enum entry_kind kind, size_t i,
		       struct entry_note *note)
{
	const struct entry_list *held = &w->held.of[kind];
	const struct assessed *entry = &w->entry[kind][i];
	const struct result *here = &w->p->here;
	const char *name = note->name;

	if (entry->kept) {
		*note = held->at[entries_find(held, note->key)];
		note->name = name;
		return;
	}
	note->rows = (double)entry->count;
	note->wall_s = entry->wall_s;
	note->cpu_s = entry->cpu_s;
	note->accuracy = kind == ENTRY_SELECT ? selection_accuracy(entry) : NAN;
	note->date = timing_date(w->p->arena);
	note->blas_core = here->blas_core;
	note->program = here->program;
	note->host = here->host;
	note->cpu = here->cpu;
	note->threads = here->threads;
}

/* Write the table of this kind, and say that the folder has it. */
static enum status record(struct work *w, enum entry_kind kind, struct err *err)
{
	struct probes *p = w->p;
	struct entry_list *now = &p->entries.of[kind];
	struct csv csv;

	*now = w->wanted.of[kind];
	if (now->count > 0) {
		TRY(csv_open(&csv, path_in(p, p->folder, files[kind]), NULL, err));
		assessed_put(&csv, tables[kind], w->entry[kind], now->count);
		TRY(csv_close(&csv, err));
	}
	for (size_t i = 0; i < now->count; i++)
		note_entry(w, kind, i, &now->at[i]);
	if (now->count == 0 && kind != ENTRY_CERTIFY) /* the last one */
		return STATUS_OK;
	return entries_write(&p->entries, path_in(p, p->folder, "entries.json"), err);
}

/* The table of samples, of what is known by now: never kept, as it costs next to nothing. */
static enum status record_samples(struct work *w, struct err *err)
{
	struct probes *p = w->p;
	struct entry_list *now = &p->entries.of[ENTRY_SAMPLES];
	struct clock_mark start = clock_now();
	struct assessed *entry = ARENA_NEW(p->arena, struct assessed);
	struct samples samples;

	*now = w->wanted.of[ENTRY_SAMPLES];
	if (now->count == 0)
		return STATUS_OK;
	samples = samples_of(&w->order, p->arena);
	TRY(samples_check(&samples, err));
	if (samples.rows > 0)
		TRY(samples_write(&samples, path_in(p, p->folder, "samples.csv"), err));
	entry->count = samples.rows;
	clock_since(start, &entry->wall_s, &entry->cpu_s);
	w->entry[ENTRY_SAMPLES] = entry;
	note_entry(w, ENTRY_SAMPLES, 0, &now->at[0]);
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

/* The `look` of the evidence. */
static void look(void *context, const struct aim *aim, const struct attack_job *job)
{
	struct work *w = context;

	examples_look(&w->examples, aim, job);
	adversarial_look(&w->adversarial, aim, job);
}

static enum status attack(struct work *w, struct err *err)
{
	struct probes *p = w->p;

	for (size_t i = 0; i < p->cell->attack.count; i++)
		if (w->entry[ENTRY_ATTACK][i].kept) {
			TRY(examples_keep(&w->examples, i, path_in(p, p->record, "examples.npz"),
					  err));
			TRY(adversarial_keep(&w->adversarial, i,
					     path_in(p, p->record, ADVERSARIAL_FILE), err));
		}
	TRY(assault_run(&w->order, p->arena, w->entry[ENTRY_ATTACK], err));
	TRY(examples_write(&w->examples, path_in(p, p->folder, "examples.npz"), err));
	TRY(adversarial_write(&w->adversarial, path_in(p, p->folder, ADVERSARIAL_FILE), err));
	TRY(remember(w, err));
	TRY(record(w, ENTRY_ATTACK, err));
	add_up(&p->entries.of[ENTRY_ATTACK], &p->result->attack_s, &p->result->attack_cpu_s);
	return STATUS_OK;
}

static enum status certify(struct work *w, struct err *err)
{
	struct probes *p = w->p;

	TRY(certified_run(&w->order, p->arena, w->entry[ENTRY_CERTIFY], err));
	TRY(evidence_check(&w->evidence, err));
	TRY(remember(w, err));
	TRY(record(w, ENTRY_CERTIFY, err));
	add_up(&p->entries.of[ENTRY_CERTIFY], &p->result->certify_s, &p->result->certify_cpu_s);
	return STATUS_OK;
}

/* What the record to complete has: rows of entries, and findings. */
static enum status recall(struct work *w, struct err *err)
{
	struct probes *p = w->p;
	struct finding_of *of;
	size_t count, points = 0;

	if (p->record)
		TRY(entries_read(path_in(p, p->record, "entries.json"), p->arena, &w->held, err));
	for (size_t kind = 0; kind < ENTRY_SAMPLES; kind++)
		TRY(find_kept(w, (enum entry_kind)kind, err));
	count = list_findings(w, true, &of);
	for (size_t i = 0; i < count; i++)
		points += (size_t)of[i].aim.part->X.rows;
	if (points == 0)
		return STATUS_OK;
	return findings_read(path_in(p, p->record, "findings.npz"), of, count, &w->evidence, err);
}

enum status probes_run(struct probes *p, struct err *err)
{
	struct work w = {
		.p = p,
		.evidence = evidence_new(p->arena, certified_findings(p->cell)),
		.order = {.cell = p->cell, .data = p->data, .model = p->model, .team = p->team}};
	size_t own = selection_own(p->cell);

	w.order.evidence = &w.evidence;
	keys_of(p->cell, p->arena, &w.wanted);
	w.examples = examples_new(p->cell, p->data, &w.wanted.of[ENTRY_ATTACK], p->arena);
	w.adversarial = adversarial_new(p->cell, p->data, &w.wanted.of[ENTRY_ATTACK], p->arena);
	w.evidence.look = look;
	w.evidence.context = &w;
	p->entries =
		(struct entries){.begun = true, .trained = p->trained, .asked = w.wanted.asked};
	TRY(recall(&w, err));
	TRY(selection_run(&w.order, p->arena, w.entry[ENTRY_SELECT], err));
	TRY(record(&w, ENTRY_SELECT, err));
	p->result->validation_robust_accuracy =
		own < p->cell->selects.count ? selection_accuracy(&w.entry[ENTRY_SELECT][own])
					     : NAN;
	add_up(&p->entries.of[ENTRY_SELECT], &p->result->select_s, &p->result->select_cpu_s);
	TRY(attack(&w, err));
	TRY(certify(&w, err));
	return record_samples(&w, err);
}
