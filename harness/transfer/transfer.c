/* Points of one cell on the networks of others. */
#include "harness/transfer/transfer.h"

#include "harness/assess/adversarial.h"
#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/findings.h"
#include "harness/assess/keys.h"
#include "harness/file/folder.h"
#include "harness/stats/wilson.h"
#include "harness/store/cellfile.h"
#include "harness/store/checksums.h"
#include "harness/store/manifest.h"
#include "harness/store/modelfile.h"
#include "harness/store/transfers.h"
#include "harness/verify/reload.h"
#include "solvers/core/index.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { PARTS = 3 }; /* of enum spec_part */

/* A cell whose network gets points, or whose points are given to others. */
struct side {
	const char *id, *record, *method;
	struct cell cell;
	struct cellfile about;
	const char *files;            /* checksum of those of its data, or NULL */
	const char *points, *network; /* marks; "": it has none */
	size_t group;
	struct model *model; /* while its group is looked at */
	real *clean[PARTS];  /* its margins without attack */
	struct entries held; /* what its record has */
	struct field_rows attacks;
	struct evidence found; /* its certificates, and its margins at the points */
};

struct pairing {
	const struct transfer_order *order;
	struct arena *arena, *scratch; /* scratch: of one group */
	size_t count, groups;
	struct side *side;
	struct field_rows known;
	struct index pairs; /* of source and target in these */
	struct transfer *out;
	size_t room;
};

/* --- cells --------------------------------------------------------------------------------------
 */

/* Has its record a network? Then it is a side. */
static enum status read_side(struct pairing *p, const struct plan_row *row, struct err *err)
{
	struct arena *arena = p->arena;
	const char *record = arena_format(arena, "%s/cells/%s", p->order->folder, row->cell);
	const char *path = arena_format(arena, "%s/cell.json", record), *text;
	struct side side = {.id = row->cell, .record = record, .method = row->method};
	enum manifest_state state;
	struct manifest manifest;
	const struct trainer *trainer;
	struct result result;
	struct err damage = {0};

	if (access(record, F_OK) != 0)
		return STATUS_OK;
	if (manifest_check(record, arena, &manifest, &state, &damage) != STATUS_OK) {
		p->out->left_out++;
		return state == MANIFEST_NEWER ? err_set(err, STATUS_ENV, "%s", damage.text)
					       : STATUS_OK;
	}
	TRY(result_read(arena_format(arena, "%s/result.json", record), arena, &result, err));
	if (!result.status || strcmp(result.status, cell_status_names[CELL_OK]) != 0)
		return STATUS_OK;
	TRY(cellfile_read(path, arena, &side.about, err));
	TRY(store_read_text(path, arena, &text, err));
	TRY(spec_read_cell(text, path, arena, &side.cell, err));
	trainer = (const struct trainer *)(const void *)side.cell.train.solver.item;
	if (trainer_outputs_only(trainer, side.cell.train.solver.options) ||
	    !trainer_makes(trainer, side.cell.train.solver.options, 1) ||
	    !isnan(side.about.inner_fold))
		return STATUS_OK;
	side.files = manifest.data;
	side.network = transfers_mark(arena_format(arena, "%s/model.npz", record), arena);
	side.points = transfers_mark(arena_format(arena, "%s/" ADVERSARIAL_FILE, record), arena);
	p->side[p->count++] = side;
	return STATUS_OK;
}

static bool is_number(double a, double b)
{
	return isnan(a) ? isnan(b) : !(fabs(a - b) > 0);
}

/* Were both trained and attacked on the same samples? */
static bool same_data(const struct side *a, const struct side *b)
{
	bool files = a->files && b->files ? strcmp(a->files, b->files) == 0 : a->files == b->files;

	return files && is_number(a->about.repetition, b->about.repetition) &&
	       is_number(a->about.fold, b->about.fold) &&
	       cellfile_same_sample(a->about.sample, b->about.sample);
}

static enum status read_sides(struct pairing *p, struct err *err)
{
	const char *path = arena_format(p->arena, "%s/plan.csv", p->order->folder);
	struct field_rows plan;
	const struct plan_row *row;

	TRY(field_read(path, &rows_plan, p->arena, &plan, err));
	row = plan.at;
	p->side = ARENA_ARRAY(p->arena, struct side, plan.count);
	for (size_t i = 0; i < plan.count; i++) {
		size_t seen = 0;

		while (seen < p->count && strcmp(p->side[seen].id, row[i].cell) != 0)
			seen++;
		if (seen == p->count)
			TRY(read_side(p, &row[i], err));
	}
	for (size_t i = 0; i < p->count; i++) {
		size_t like = 0;

		while (like < i && !same_data(&p->side[like], &p->side[i]))
			like++;
		p->side[i].group = like < i ? p->side[like].group : p->groups++;
	}
	return STATUS_OK;
}

static bool is_wanted(const char *wanted, const struct side *side)
{
	return !wanted || strcmp(wanted, side->id) == 0;
}

static bool is_source(const struct pairing *p, const struct side *side)
{
	return *side->points && is_wanted(p->order->source, side);
}

static bool is_target(const struct pairing *p, const struct side *side)
{
	return *side->network && is_wanted(p->order->target, side);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static struct transfer_row *add_row(struct pairing *p)
{
	struct transfer *out = p->out;

	if (out->count == p->room) {
		size_t room = 2 * p->room + 64;
		struct transfer_row *at = ARENA_ARRAY(p->arena, struct transfer_row, room);

		if (out->count)
			memcpy(at, out->at, out->count * sizeof *at);
		out->at = at;
		p->room = room;
	}
	return &out->at[out->count++];
}

static const char *pair_of(const struct pairing *p, const char *source, const char *target)
{
	return arena_format(p->arena, "%s %s", source, target);
}

/* The rows of a group as they are known, if they are all there: a source has its rows with each
 * target or with none. */
static bool recall(struct pairing *p, size_t group)
{
	const struct transfer_row *row = p->known.at;
	size_t before = p->out->count;

	for (size_t s = 0; s < p->count; s++) {
		const struct side *source = &p->side[s];

		if (source->group != group || !is_source(p, source))
			continue;
		for (size_t t = 0; t < p->count; t++) {
			const struct side *target = &p->side[t];

			if (target->group != group || !is_target(p, target) ||
			    index_find(&p->pairs, pair_of(p, source->id, target->id)) >= 0)
				continue;
			p->out->count = before;
			return false;
		}
		for (size_t i = 0; i < p->known.count; i++)
			if (strcmp(row[i].source_cell, source->id) == 0)
				*add_row(p) = row[i];
	}
	return true;
}

/* The robust accuracy that attack.csv of the target has under the same key and radius. */
static double own_accuracy(const struct side *target, const struct adversarial_points *points)
{
	const struct entry_list *list = &target->held.of[ENTRY_ATTACK];
	const struct attack_row *row = target->attacks.at;
	size_t at = entries_find(list, points->key);

	return points->radius < entries_rows(list, at)
		       ? row[entries_row(list, at) + points->radius].robust_accuracy
		       : NAN;
}

static void count_broken(const struct side *const pair[2], long part, const real *const at[2],
			 size_t n, struct transfer_row *row)
{
	size_t right = 0, robust[2] = {0, 0}, both = 0;

	row->fooled = 0;
	for (size_t i = 0; i < n; i++) {
		bool clean[2], broken[2];

		for (int side = 0; side < 2; side++) {
			clean[side] = pair[side]->clean[part][i] > 0;
			broken[side] = !(at[side][i] > 0);
			robust[side] += clean[side] && !broken[side];
		}
		right += clean[1];
		row->fooled += clean[0] && clean[1] && broken[0];
		both += clean[0] && clean[1] && broken[0] && broken[1];
	}
	row->n = (double)n;
	row->accuracy = (double)right / row->n;
	row->source_robust_accuracy = (double)robust[0] / row->n;
	row->robust_accuracy = (double)robust[1] / row->n;
	row->transferred = row->fooled > 0 ? (double)both / row->fooled : NAN;
	wilson_interval((double)robust[1], row->n, &row->robust_accuracy_lo,
			&row->robust_accuracy_hi);
	wilson_interval((double)both, row->fooled, &row->transferred_lo, &row->transferred_hi);
}

/* --- points -------------------------------------------------------------------------------------
 */

/* A group while it is looked at. */
struct ground {
	struct pairing *p;
	const struct dataset *data;
	struct stage_columns raw;
};

static real *margins_at(const struct ground *f, const struct side *side, const struct part *part,
			struct mat X)
{
	struct model_work work =
		model_work_new(f->p->scratch, side->model->kind, model_size(side->model));
	real *margin = ARENA_ARRAY(f->p->scratch, real, X.rows);
	const struct model_margin margins = {
		.y = {.n = X.rows, .k = f->data->k, .at = part->y, .label = part->label},
		.margin = margin};

	model_margin(side->model, X, &margins, &work);
	return margin;
}

/* The points as prepared features; what the preparation maps to one value stays as it is, and so
 * does the bias. */
static enum status prepare(const struct ground *f, const struct side *source,
			   const struct adversarial_points *points, const struct part *part,
			   struct mat *out, struct err *err)
{
	bool fits = points->n == (size_t)part->X.rows && points->p == f->raw.count;

	for (size_t j = 0; j < f->raw.count && fits; j++)
		fits = is_number(points->columns[j], (double)f->raw.column[j]);
	for (size_t i = 0; i < points->n && fits; i++)
		fits = is_number(points->rows[i], (double)part->row[i]);
	if (!fits)
		return err_at(err, STATUS_ENV, (struct err_place){source->record, 0, 0},
			      "transfer: the points are not of the rows and columns of the data");
	*out = mat_new(f->p->scratch, part->X.rows, part->X.cols);
	for (ptrdiff_t i = 0; i < part->X.rows; i++)
		for (ptrdiff_t j = 0; j < part->X.cols; j++) {
			size_t at = (size_t)j, raw = (size_t)i * points->p + at;
			double value = (double)mat_get(part->X, i, j);

			if (at < f->raw.count && (f->raw.scale[at] < 0 || f->raw.scale[at] > 0))
				value = (points->points[raw] - f->raw.shift[at]) * f->raw.scale[at];
			mat_set(*out, i, j, (real)value);
		}
	return STATUS_OK;
}

static enum status carry(const struct ground *f, struct side *source,
			 const struct adversarial_points *points, struct err *err)
{
	struct pairing *p = f->p;
	const struct part *part = target_part(f->data, points->of->part);
	const struct aim aim = assault_aim(points->of, f->data);
	const real *own;
	struct mat X;

	TRY(prepare(f, source, points, part, &X, err));
	own = margins_at(f, source, part, X);
	for (size_t t = 0; t < p->count; t++) {
		struct side *target = &p->side[t];
		const struct side *const pair[2] = {source, target};
		const real *at[2] = {own, own};
		struct transfer_row row;
		double *upper;

		if (target->group != source->group || !is_target(p, target))
			continue;
		if (target != source)
			at[1] = margins_at(f, target, part, X);
		row = (struct transfer_row){.data = source->about.data,
					    .repetition = source->about.repetition,
					    .fold = source->about.fold,
					    .source = source->method,
					    .target = target->method,
					    .attack = spec_attack_name(points->of),
					    .norm = threat_norms[points->of->threat.norm],
					    .eps = points->of->eps.at[points->radius],
					    .units = aim.units,
					    .part = spec_parts[points->of->part],
					    .source_cell = source->id,
					    .target_cell = target->id,
					    .points = source->points,
					    .network = target->network};
		count_broken(pair, points->of->part, at, points->n, &row);
		row.own_robust_accuracy = own_accuracy(target, points);
		*add_row(p) = row;
		p->out->computed++;
		upper = ARENA_ARRAY(p->scratch, double, points->n);
		for (size_t i = 0; i < points->n; i++)
			upper[i] = (double)at[1][i];
		evidence_bounds(&target->found, &aim, row.eps, NULL, upper, part->X.rows);
	}
	return STATUS_OK;
}

/* What its certificates have proved, with room for margins at so many sets of points. */
static enum status recall_bounds(const struct ground *f, struct side *side, size_t points,
				 struct err *err)
{
	struct arena *arena = f->p->scratch;
	const struct certify_options *certify = side->cell.certify.at;
	struct finding_of *of = ARENA_ARRAY(arena, struct finding_of, side->cell.certify.count);
	const struct entry_list *list = &side->held.of[ENTRY_CERTIFY];
	struct entries wanted;
	size_t count = 0;

	side->found = evidence_new(arena, certified_findings(&side->cell) + points);
	keys_of(&side->cell, arena, &wanted);
	for (size_t i = 0; i < side->cell.certify.count; i++) {
		const char *key = wanted.of[ENTRY_CERTIFY].at[i].key;

		if (entries_rows(list, entries_find(list, key)) > 0)
			of[count++] = (struct finding_of){key, certified_aim(&certify[i], f->data),
							  &certify[i].eps, true, false};
	}
	if (count == 0)
		return STATUS_OK;
	return findings_read(arena_format(arena, "%s/findings.npz", side->record), of, count,
			     &side->found, err);
}

static enum status load(const struct ground *f, struct side *side, size_t points, struct err *err)
{
	struct arena *arena = f->p->scratch;
	struct modelfile file;

	TRY(modelfile_of(side->record, f->data->train.X.cols, arena, &file, err));
	TRY(entries_read(arena_format(arena, "%s/entries.json", side->record), arena, &side->held,
			 err));
	TRY(field_read_any(arena_format(arena, "%s/attack.csv", side->record), &rows_attack, arena,
			   &side->attacks, err));
	side->model = file.model;
	for (long part = 0; part < PARTS; part++) {
		const struct part *of = target_part(f->data, part);

		if (of->X.rows > 0)
			side->clean[part] = margins_at(f, side, of, of->X);
	}
	return recall_bounds(f, side, points, err);
}

static enum status carry_all(struct ground *f, size_t group, struct err *err)
{
	struct pairing *p = f->p;
	struct adversarial_points **points =
		ARENA_ARRAY(p->scratch, struct adversarial_points *, p->count);
	size_t *count = ARENA_ARRAY(p->scratch, size_t, p->count), all = 0;

	for (size_t s = 0; s < p->count; s++)
		if (p->side[s].group == group && is_source(p, &p->side[s])) {
			TRY(adversarial_points(p->side[s].record, &p->side[s].cell, p->scratch,
					       &points[s], &count[s], err));
			all += count[s];
		}
	for (size_t s = 0; s < p->count; s++)
		if (p->side[s].group == group &&
		    (is_source(p, &p->side[s]) || is_target(p, &p->side[s])))
			TRY(load(f, &p->side[s], all, err));
	for (size_t s = 0; s < p->count; s++)
		for (size_t i = 0; i < count[s]; i++)
			TRY(carry(f, &p->side[s], &points[s][i], err));
	for (size_t t = 0; t < p->count; t++)
		if (p->side[t].group == group && is_target(p, &p->side[t])) {
			enum status status = evidence_check(&p->side[t].found, err);

			if (status != STATUS_OK)
				return err_at(err, status,
					      (struct err_place){p->side[t].record, 0, 0},
					      "points found against other networks: %s", err->text);
		}
	return STATUS_OK;
}

/* Data are read only of a group that has both ends. */
static enum status look(struct pairing *p, size_t group, struct err *err)
{
	const struct side *first = NULL;
	bool sources = false, targets = false;
	struct ground f = {.p = p};
	struct reload stored;

	for (size_t s = 0; s < p->count; s++)
		if (p->side[s].group == group) {
			first = first ? first : &p->side[s];
			sources = sources || is_source(p, &p->side[s]);
			targets = targets || is_target(p, &p->side[s]);
		}
	if (!sources || !targets || (!p->order->again && recall(p, group)))
		return STATUS_OK;
	TRY(reload_record(first->record, p->order->data, p->scratch, &stored, err));
	f.data = &stored.data;
	if (f.data->regression || stages_columns(&f.data->stages, p->scratch, &f.raw))
		return STATUS_OK; /* such data have no adversarial.npz */
	return carry_all(&f, group, err);
}

static enum status check_pair(const struct pairing *p, struct err *err)
{
	const struct side *source = NULL, *target = NULL;

	for (size_t i = 0; i < p->count; i++) {
		const struct side *side = &p->side[i];

		if (p->order->source && is_wanted(p->order->source, side))
			source = side;
		if (p->order->target && is_wanted(p->order->target, side))
			target = side;
	}
	if (p->order->source && (!source || !*source->points))
		return err_set(err, STATUS_SPEC,
			       "transfer: %s has no points: expected a cell that is ok and has an "
			       "entry of `attack` with `export: true`",
			       p->order->source);
	if (p->order->target && !target)
		return err_set(err, STATUS_SPEC, "transfer: %s has no network that is ok",
			       p->order->target);
	if (source && target && source->group != target->group)
		return err_set(err, STATUS_SPEC,
			       "transfer: %s and %s are not of the same data, repetition and fold",
			       source->id, target->id);
	return STATUS_OK;
}

enum status transfer_run(const struct transfer_order *order, struct arena *arena,
			 struct transfer *out, struct err *err)
{
	struct pairing p = {.order = order, .arena = arena, .out = out};
	enum status status;
	size_t outdated;

	*out = (struct transfer){0};
	TRY(read_sides(&p, err));
	TRY(check_pair(&p, err));
	status = transfers_read(order->folder, arena, &p.known, &outdated, err);
	p.pairs = index_new(p.known.count, arena);
	for (size_t i = 0; i < p.known.count; i++) {
		const struct transfer_row *row = (const struct transfer_row *)p.known.at + i;

		index_place(&p.pairs, pair_of(&p, row->source_cell, row->target_cell), i);
	}
	for (size_t group = 0; group < p.groups && status == STATUS_OK; group++) {
		struct arena scratch = arena_beside(arena);

		p.scratch = &scratch;
		status = look(&p, group, err);
		arena_release(&scratch);
	}
	return status;
}

enum status transfer_write(const char *folder, const struct transfer *transfer, struct arena *arena,
			   struct err *err)
{
	const char *tmp = arena_format(arena, "%s/" TRANSFER_FILE ".tmp", folder);

	TRY(field_write(tmp, &rows_transfer, transfer->at, transfer->count, err));
	return checksums_put(folder, TRANSFER_FILE, tmp, err);
}
