/* Attacks and certificates of a record, run again on the stored network.
 *
 * The rows must be the same: the streams derive from the seed. Beside that every worst point of an
 * attack is checked by plain loops (inside ball and box, its margin), and every certified point is
 * attacked by plain loops. A record in single precision is run again in double, where a few
 * samples may fall the other way: shares agree within `share`, and it may certify less. */
#include "harness/assess/adversarial.h"
#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/keys.h"
#include "harness/assess/samples.h"
#include "harness/assess/selection.h"
#include "harness/verify/plain.h"
#include "harness/verify/plain_ball.h"
#include "harness/verify/verify.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double share = 0.02;

/* What plain loops say of one attack at one eps. */
struct seen {
	const void *entry;        /* which one it is */
	double eps, robust;       /* share of margins above 0 */
	ptrdiff_t outside, wrong; /* points outside ball or box; margins that are not those said */
};

struct probe {
	const char *record; /* its folder */
	const struct reload *stored;
	struct verify *out;
	struct evidence evidence;
	struct assess_order order;
	struct seen *seen;
	size_t count;
};

static void look(void *context, const struct aim *aim, const struct attack_job *job)
{
	struct probe *p = context;
	struct arena arena = {0};
	struct plain_ball ball = plain_ball_new(p->stored, aim, job->threat.eps, &arena);
	struct seen *seen = &p->seen[p->count++];
	double n = (double)job->X.rows;

	*seen = (struct seen){.entry = aim->entry, .eps = job->threat.eps};
	for (ptrdiff_t k = 0; k < job->X.rows; k++) {
		double size = 0, margin, noise, rounding;

		for (ptrdiff_t i = 0; i < job->X.cols; i++) {
			double x = (double)mat_get(ball.part->X, k, i) / ball.scale[i];

			ball.delta[i] = (double)mat_get(job->worst, k, i) - x;
			size += fabs(x);
		}
		margin = plain_ball_margin(&ball, k, ball.delta);
		noise = 8 * ball.noise * REAL_EPSILON;
		rounding = 4 * REAL_EPSILON * (size + (double)job->X.cols * ball.eps);
		seen->outside += plain_ball_excess(&ball, k, ball.delta) > rounding;
		seen->wrong += !(fabs(margin - (double)job->margin[k]) <= noise);
		seen->robust += (margin > 0) / n;
	}
	arena_release(&arena);
}

/* Rows of the record, and the same made again. */
struct compared {
	const struct field_table *table;
	size_t count;
	const struct attack_row *stored, *again;
	struct csv_table csv; /* of the record */
};

/* --- rows ---------------------------------------------------------------------------------------
 */

/* How much two cells of a single precision record may differ by when it is run again in double,
 * whose bounds are tighter: it may certify less, and leave more undecided. */
static bool close_enough(const char *column, double n, double stored, double again)
{
	if (strcmp(column, "undecided") == 0)
		return stored >= again - share * n - 1;
	if (strncmp(column, "certified", strlen("certified")) == 0)
		return stored <= again + share;
	return strcmp(column, "eps") != 0 && fabs(stored - again) <= share;
}

/* "robust_accuracy is 0.91 there", of the first column that differs; NULL: none. Seconds are a
 * measurement, and an earlier version had fewer columns. */
static const char *difference(const struct probe *p, const struct compared *r, size_t row)
{
	struct arena *arena = p->out->arena;

	for (const struct field *f = r->table->field; f->name; f++) {
		double stored = field_number(f, &r->stored[row]);
		double again = field_number(f, &r->again[row]);
		const char *was = field_shown(f, &r->stored[row], arena);
		const char *is = field_shown(f, &r->again[row], arena);

		if (!field_is_time(f) && csv_column(&r->csv, f->name) >= 0 &&
		    strcmp(was, is) != 0 && !(fabs(stored - again) <= 1e-12) && /* NaN is not */
		    !(p->out->single && close_enough(f->name, r->again[row].n, stored, again)))
			return arena_format(arena, "%s is %s in the record, %s again", f->name, was,
					    is);
	}
	return NULL;
}

/* The rows of the record, of the columns and as many as those made again; false and a figure if
 * not. */
static bool read_stored(struct probe *p, struct compared *r)
{
	struct arena *arena = p->out->arena;
	const char *name = r->table->file, *path = arena_format(arena, "%s/%s", p->record, name);
	const char *why = NULL;
	struct field_rows found;
	struct err err = {0};

	if (csv_read(path, arena, &r->csv, &err) != STATUS_OK ||
	    field_rows(&r->csv, path, r->table, arena, &found, &err) != STATUS_OK)
		why = arena_text(arena, err.text);
	else if (!field_is_header(&r->csv, r->table))
		why = "other columns than this version writes";
	else if (found.count != r->count)
		why = arena_format(arena, "%zu rows in the record, %zu again", found.count,
				   r->count);
	if (why)
		verify_judge(p->out, (struct verify_figure){name, NAN, NAN, VERIFY_UNKNOWN, why});
	else
		r->stored = found.at;
	return !why;
}

/* Those of all entries. */
static struct compared compared_of(const struct assessed *entries, size_t count,
				   const struct field_table *table, struct arena *arena)
{
	struct compared rows = {.table = table};
	struct attack_row *again;

	for (size_t i = 0; i < count; i++)
		rows.count += entries[i].count;
	rows.again = again = ARENA_ARRAY(arena, struct attack_row, rows.count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < entries[i].count; k++)
			*again++ = entries[i].row[k];
	return rows;
}

/* A row, named by its first columns, as a figure; `why`: what plain loops
 * found fault with, or NULL. */
static void judge_row(struct probe *p, const struct compared *r, size_t row, double computed,
		      const char *why)
{
	const struct attack_row *stored = &r->stored[row];
	struct verify_figure figure = {.stored = stored->robust_accuracy, .computed = computed};
	bool is_tested = strcmp(stored->part, spec_parts[SPEC_TEST]) == 0;
	char eps[CSV_NUMBER_BYTES];

	csv_format(stored->eps, eps);
	figure.name = arena_format(p->out->arena, "%s %s %s%s%s", stored->attack, stored->norm, eps,
				   is_tested ? "" : " ", is_tested ? "" : stored->part);
	figure.how = why ? why : difference(p, r, row);
	figure.state = figure.how ? VERIFY_DIFFERS : VERIFY_AGREES;
	verify_judge(p->out, figure);
}

/* --- attacks ------------------------------------------------------------------------------------
 */

static const char *fault_of(struct probe *p, const struct seen *seen, double recomputed)
{
	struct arena *arena = p->out->arena;
	double slack = p->out->single ? share : 1e-12;

	if (seen->outside > 0)
		return arena_format(arena, "%td worst points are outside ball or box",
				    seen->outside);
	if (seen->wrong > 0)
		return arena_format(arena, "%td worst points have another margin", seen->wrong);
	if (!(fabs(seen->robust - recomputed) <= slack))
		return arena_format(arena, "the worst points leave %.6g", seen->robust);
	return NULL;
}

static enum status check_attacks(struct probe *p, struct err *err)
{
	const struct cell *cell = &p->stored->cell;
	const struct attack_options *entry = cell->attack.at;
	size_t count = cell->attack.count;
	struct arena *arena = p->out->arena;
	struct assessed *entries = ARENA_ARRAY(arena, struct assessed, count);
	struct compared rows;

	if (count == 0)
		return STATUS_OK;
	TRY(assault_check(cell, &p->stored->data, err));
	TRY(assault_run(&p->order, arena, entries, err));
	rows = compared_of(entries, count, &rows_attack, arena);
	if (!read_stored(p, &rows))
		return STATUS_OK;
	/* Rows are entry by entry, eps by eps; what was seen is in the order of the attacks. */
	for (size_t e = 0, row = 0; e < count; e++)
		for (size_t i = 0; i < entry[e].eps.count && row < rows.count; i++, row++) {
			const struct seen *seen = p->seen;

			while (seen < p->seen + p->count - 1 &&
			       !(seen->entry == &entry[e] &&
				 !(fabs(seen->eps - entry[e].eps.at[i]) > 0)))
				seen++;
			judge_row(p, &rows, row, seen->robust,
				  fault_of(p, seen, rows.again[row].robust_accuracy));
		}
	return STATUS_OK;
}

/* --- certificates -------------------------------------------------------------------------------
 */

static enum status check_certificates(struct probe *p, struct err *err)
{
	const struct cell *cell = &p->stored->cell;
	size_t count = cell->certify.count;
	struct arena *arena = p->out->arena;
	struct assessed *entries = ARENA_ARRAY(arena, struct assessed, count);
	struct compared rows;

	if (count == 0)
		return STATUS_OK;
	TRY(certified_check(cell, &p->stored->data, err));
	TRY(certified_run(&p->order, arena, entries, err));
	TRY(evidence_check(&p->evidence, err));
	rows = compared_of(entries, count, &rows_certify, arena);
	if (!read_stored(p, &rows))
		return STATUS_OK;
	/* Findings of certificates are in the order of the rows, behind those of attacks. */
	for (size_t i = 0, row = 0; i < p->evidence.count && row < rows.count; i++) {
		const struct finding *f = &p->evidence.at[i];
		ptrdiff_t n = f->aim->part->X.rows, broken = 0; /* points that plain loops break */
		struct arena scratch = {0};
		struct plain_ball ball;
		double certified = 0;

		if (!f->lower)
			continue;
		ball = plain_ball_new(p->stored, f->aim, f->eps, &scratch);
		for (ptrdiff_t k = 0; k < n; k++) {
			certified += f->lower[k] > 0;
			broken += f->lower[k] > 0 && plain_ball_attack(&ball, k) < f->lower[k];
		}
		arena_release(&scratch);
		judge_row(p, &rows, row++, certified / (double)n,
			  broken > 0 ? arena_format(arena,
						    "%td points are below their certified margin",
						    broken)
				     : NULL);
	}
	return STATUS_OK;
}

/* --- samples ------------------------------------------------------------------------------------
 */

/* Does a cell of the table say what was found again? In single precision attacks go other ways from
 * sample to sample: of their columns only the ends are held against each other (samples_check). */
static bool is_same(const struct probe *p, const struct samples_column *column, size_t row,
		    const char *cell, size_t at)
{
	enum { FIXED = 5 }; /* columns of rows_samples */
	const double digits = 1e-9;
	double number = column->number ? column->number[row] : NAN, stored;
	char *end;

	if (p->out->single && at >= FIXED)
		return true;
	if (column->text)
		return p->out->single ||
		       strcmp(cell, column->text[row] ? column->text[row] : "") == 0;
	if (!*cell || isnan(number))
		return !*cell && isnan(number);
	stored = strtod(cell, &end);
	return !*end &&
	       fabs(stored - number) <= (p->out->single ? share : digits) * fmax(1, fabs(number));
}

/* How many clean margins of a part are others by plain loops. */
static size_t count_wrong(const struct probe *p, const struct samples *samples, long part)
{
	enum { MARGIN = 4 };
	const struct threat_options none = {0};
	const struct aim aim = {.part = target_part(&p->stored->data, part), .threat = &none};
	struct arena arena = {0};
	struct plain_ball ball = plain_ball_new(p->stored, &aim, 0, &arena);
	size_t wrong = 0;

	memset(ball.delta, 0, (size_t)aim.part->X.cols * sizeof *ball.delta);
	for (size_t i = 0; i < samples->count[part]; i++) {
		double margin = plain_ball_margin(&ball, (ptrdiff_t)i, ball.delta);
		double said = samples->at[MARGIN].number[samples->first[part] + i];

		wrong += (size_t) !(fabs(margin - said) <= 8 * ball.noise * REAL_EPSILON);
	}
	arena_release(&arena);
	return wrong;
}

/* The first thing in which the file differs from what is found again; NULL: nothing. */
static const char *samples_fault(const struct probe *p, const struct samples *samples,
				 const struct csv_table *csv)
{
	struct arena *arena = p->out->arena;
	size_t wrong = 0;

	if (csv->rows != samples->rows || csv->cols != samples->cols)
		return arena_format(arena,
				    "%zu rows of %zu columns in the record, %zu of %zu again",
				    csv->rows, csv->cols, samples->rows, samples->cols);
	for (size_t c = 0; c < csv->cols; c++)
		if (strcmp(csv->header[c], samples->at[c].name) != 0)
			return arena_format(arena, "column \"%s\" in the record, \"%s\" again",
					    csv->header[c], samples->at[c].name);
	for (size_t i = 0; i < csv->rows; i++)
		for (size_t c = 0; c < csv->cols; c++)
			if (!is_same(p, &samples->at[c], i, csv->cell[i * csv->cols + c], c))
				return arena_format(arena,
						    "row %zu: %s is \"%s\" in the record, not "
						    "what is found again",
						    i + 1, csv->header[c],
						    csv->cell[i * csv->cols + c]);
	for (long part = 0; part < SAMPLES_PARTS; part++)
		if (samples->count[part] > 0)
			wrong += count_wrong(p, samples, part);
	return wrong > 0 ? arena_format(arena, "%zu clean margins are others by plain loops", wrong)
			 : NULL;
}

static enum status check_samples(struct probe *p, struct err *err)
{
	struct arena *arena = p->out->arena;
	const char *path = arena_format(arena, "%s/samples.csv", p->record);
	struct verify_figure figure = {.name = "samples.csv"};
	struct samples samples;
	struct csv_table csv;

	if (!p->stored->cell.samples || !p->order.model)
		return STATUS_OK;
	samples = samples_of(&p->order, arena);
	TRY(samples_check(&samples, err));
	TRY(csv_read(path, arena, &csv, err));
	figure.stored = (double)csv.rows;
	figure.computed = (double)samples.rows;
	figure.how = samples_fault(p, &samples, &csv);
	figure.state = figure.how ? VERIFY_DIFFERS : VERIFY_AGREES;
	verify_judge(p->out, figure);
	return STATUS_OK;
}

/* --- exported points ----------------------------------------------------------------------------
 */

/* adversarial.npz: its points, mapped through the stages by plain loops, lie in ball and box and
 * have the margins that the attacks say; of a record in single precision, whose attacks go other
 * ways in double, the former alone. */
struct exported {
	const struct reload *from;
	struct npz_file file;
	struct arena arena;
	const double *columns, *rows, *points; /* p; n; n x p */
	size_t p;
};

/* The error of a prepared value that has been to raw units and back, over that of the precision. */
static const double rounding[] = {1e-9, 1e-4};

static enum status array(struct exported *s, const char *name, size_t length, const double **out,
			 struct err *err)
{
	struct npy_array shape;
	double *values;

	TRY(npz_array(&s->file, name, &s->arena, &shape, &values, err));
	*out = values;
	if (shape.shape[0] * shape.shape[1] == length)
		return STATUS_OK;
	return err_at(err, STATUS_FAILED, (struct err_place){s->file.path, 0, 0},
		      "%s: expected %zu values, got %zu", name, length,
		      shape.shape[0] * shape.shape[1]);
}

/* A stored point as it is prepared, row k of `z`. */
static void prepare(const struct exported *s, size_t k, double *x, double *z, size_t width)
{
	memset(x, 0, 2 * width * sizeof *x);
	for (size_t j = 0; j < s->p; j++)
		x[(size_t)s->columns[j]] = s->points[k * s->p + j];
	stages_apply(&s->from->data.stages, 0, x, x + width);
	memcpy(z, x, s->from->data.stages.d * sizeof *z);
}

static const char *points_fault(const struct exported *s, const struct finding *f, bool single,
				struct arena *arena)
{
	struct arena scratch = {0};
	struct plain_ball ball = plain_ball_new(s->from, f->aim, f->eps, &scratch);
	size_t width = stages_width(&s->from->data.stages), outside = 0, wrong = 0, elsewhere = 0;
	double *x = ARENA_ARRAY(&scratch, double, 2 * width);
	double *z = ARENA_ARRAY(&scratch, double, width);
	const struct mat X = f->aim->part->X;

	for (ptrdiff_t k = 0; k < X.rows; k++) {
		double size = 1, margin;

		prepare(s, (size_t)k, x, z, width);
		for (ptrdiff_t j = 0; j < X.cols; j++) {
			ball.delta[j] = (z[j] - (double)mat_get(X, k, j)) / ball.scale[j];
			size += fabs(z[j] / ball.scale[j]);
		}
		margin = plain_ball_margin(&ball, k, ball.delta);
		outside += plain_ball_excess(&ball, k, ball.delta) > rounding[single] * size;
		wrong += !single &&
			 !(fabs(margin - f->upper[k]) <= rounding[single] * (1 + ball.noise));
		elsewhere += fabs(s->rows[k] - (double)f->aim->part->row[k]) > 0;
	}
	arena_release(&scratch);
	if (outside > 0)
		return arena_format(arena, "%zu exported points are outside ball or box", outside);
	if (elsewhere > 0)
		return arena_format(arena, "%zu exported points have another row", elsewhere);
	return wrong > 0 ? arena_format(arena, "%zu exported points have another margin", wrong)
			 : NULL;
}

static enum status check_entry(struct exported *s, const char *key, const struct evidence *evidence,
			       const struct attack_options *o, struct verify *out, struct err *err)
{
	size_t n = (size_t)target_part(&s->from->data, o->part)->X.rows;

	TRY(array(s, arena_format(&s->arena, "%s_rows.npy", key), n, &s->rows, err));
	for (size_t i = 0; i < o->eps.count; i++) {
		struct verify_figure figure = {.stored = (double)n, .computed = (double)n};
		size_t at = 0;

		TRY(array(s, adversarial_name(key, i, &s->arena), n * s->p, &s->points, err));
		while (at < evidence->count && (evidence->at[at].aim->entry != o ||
						fabs(evidence->at[at].eps - o->eps.at[i]) > 0))
			at++;
		if (at == evidence->count)
			continue;
		figure.name = arena_format(out->arena, "%s %s %g points", spec_attack_name(o),
					   threat_norms[o->threat.norm], o->eps.at[i]);
		figure.how = points_fault(s, &evidence->at[at], out->single, out->arena);
		figure.state = figure.how ? VERIFY_DIFFERS : VERIFY_AGREES;
		verify_judge(out, figure);
	}
	return STATUS_OK;
}

/* The file, and the columns of the source that its points have. */
static enum status open_exported(struct exported *s, const char *record, struct err *err)
{
	struct stage_columns raw;

	stages_columns(&s->from->data.stages, &s->arena, &raw);
	s->p = raw.count;
	TRY(npz_open(&s->file, arena_format(&s->arena, "%s/%s", record, ADVERSARIAL_FILE),
		     &s->arena, err));
	TRY(array(s, "columns.npy", s->p, &s->columns, err));
	for (size_t j = 0; j < s->p; j++)
		if (fabs(s->columns[j] - (double)raw.column[j]) > 0)
			return err_at(err, STATUS_FAILED, (struct err_place){s->file.path, 0, 0},
				      "columns.npy: expected %zu, got %g", raw.column[j],
				      s->columns[j]);
	return STATUS_OK;
}

static enum status check_exported(struct probe *p, struct err *err)
{
	const struct cell *cell = &p->stored->cell;
	const struct attack_options *o = cell->attack.at;
	struct exported s = {.from = p->stored};
	enum status status = STATUS_OK;
	struct entries entries;

	keys_of(cell, &s.arena, &entries);
	for (size_t i = 0; i < cell->attack.count && status == STATUS_OK; i++) {
		if (!o[i].export || !p->order.model ||
		    target_part(&p->stored->data, o[i].part)->X.rows == 0)
			continue;
		if (!s.file.path)
			status = open_exported(&s, p->record, err);
		if (status == STATUS_OK)
			status = check_entry(&s, entries.of[ENTRY_ATTACK].at[i].key, &p->evidence,
					     &o[i], p->out, err);
	}
	arena_release(&s.arena);
	return status;
}

enum status verify_probes(const char *record, const struct reload *stored, struct verify *out,
			  struct err *err)
{
	size_t findings = certified_findings(&stored->cell);
	size_t count = stored->cell.selects.count, own = selection_own(&stored->cell);
	struct assessed *entries = ARENA_ARRAY(out->arena, struct assessed, count);
	struct probe probe = {.record = record,
			      .stored = stored,
			      .out = out,
			      .evidence = evidence_new(out->arena, findings),
			      .order = {.cell = &stored->cell,
					.data = &stored->data,
					.model = stored->file.model},
			      .seen = ARENA_ARRAY(out->arena, struct seen, findings + 1)};

	probe.order.evidence = &probe.evidence;
	probe.evidence.look = look;
	probe.evidence.context = &probe;
	TRY(check_attacks(&probe, err));
	TRY(check_certificates(&probe, err));
	TRY(check_samples(&probe, err));
	TRY(check_exported(&probe, err));
	TRY(selection_run(&probe.order, out->arena, entries, err));
	verify_add(out, "validation_robust_accuracy", stored->result.validation_robust_accuracy,
		   own < count ? selection_accuracy(&entries[own]) : NAN, out->single ? share : 0);
	return STATUS_OK;
}
