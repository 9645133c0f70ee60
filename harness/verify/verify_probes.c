/* Attacks and certificates of a record, run again on the stored network.
 *
 * The rows must be the same: the streams derive from the seed. Beside that every worst point of an
 * attack is checked by plain loops (inside ball and box, its margin), and every certified point is
 * attacked by plain loops. A record in single precision is run again in double, where a few
 * samples may fall the other way: shares agree within `share`, and it may certify less. */
#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/assess/selection.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
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
	const char *record, *folder; /* of the record; for what is computed */
	const struct reload *stored;
	struct verify *out;
	struct evidence evidence;
	struct seen *seen;
	size_t count;
};

/* Rounding of a point and of its distance. */
static bool is_outside(struct plain_ball *ball, ptrdiff_t k, double size, double epsilon)
{
	double d = (double)ball->x.cols;

	return plain_ball_excess(ball, k, ball->delta) > 4 * epsilon * (size + d * ball->eps);
}

static void look(void *context, const struct aim *aim, const struct attack_job *job)
{
	struct probe *p = context;
	struct arena arena = {0};
	struct plain_ball ball = plain_ball_new(p->stored, aim, job->threat.eps, &arena);
	struct seen *seen = &p->seen[p->count++];
	double n = (double)job->X.rows;

	*seen = (struct seen){.entry = aim->entry, .eps = job->threat.eps};
	for (ptrdiff_t k = 0; k < job->X.rows; k++) {
		double size = 0, margin, noise;

		for (ptrdiff_t i = 0; i < job->X.cols; i++) {
			double x = (double)mat_get(ball.part->X, k, i) / ball.scale[i];

			ball.delta[i] = (double)mat_get(job->worst, k, i) - x;
			size += fabs(x);
		}
		margin = plain_ball_margin(&ball, k, ball.delta);
		noise = 8 * plain_noise(ball.net, ball.x, 0, REAL_EPSILON);
		seen->outside += is_outside(&ball, k, size, REAL_EPSILON);
		seen->wrong += !(fabs(margin - (double)job->margin[k]) <= noise);
		seen->robust += (margin > 0) / n;
	}
	arena_release(&arena);
}

/* A table of the record, and the same made again. */
struct tables {
	struct csv_table stored, again;
	const char *value; /* the column that a figure shows */
};

/* --- rows ---------------------------------------------------------------------------------------
 */

static const char *text_at(const struct csv_table *table, size_t row, size_t col)
{
	return table->cell[row * table->cols + col];
}

/* How much two cells of a single precision record may differ by when it is run again in double,
 * whose bounds are tighter: it may certify less, and leave more undecided. */
static bool close_enough(const struct probe *p, const char *column, double stored, double again)
{
	if (strcmp(column, "undecided") == 0)
		return stored >= again - share * (double)p->stored->data.test.X.rows - 1;
	if (strncmp(column, "certified", strlen("certified")) == 0)
		return stored <= again + share;
	return strcmp(column, "eps") != 0 && fabs(stored - again) <= share;
}

/* Whether two cells say the same; seconds are a measurement. */
static bool same_cell(const struct probe *p, const struct tables *t, size_t row, size_t col)
{
	double stored = csv_value(&t->stored, row, (int)col);
	double again = csv_value(&t->again, row, (int)col);
	const char *column = t->stored.header[col];

	if (strcmp(column, "seconds") == 0 ||
	    strcmp(text_at(&t->stored, row, col), text_at(&t->again, row, col)) == 0)
		return true;
	return fabs(stored - again) <= 1e-12 || /* NaN is not */
	       (p->out->single && close_enough(p, column, stored, again));
}

/* "robust_accuracy is 0.91 there", of the first column that differs; NULL: none. */
static const char *difference(const struct probe *p, const struct tables *t, size_t row)
{
	for (size_t col = 0; col < t->stored.cols; col++)
		if (!same_cell(p, t, row, col))
			return arena_format(p->out->arena, "%s is %s in the record, %s again",
					    t->stored.header[col], text_at(&t->stored, row, col),
					    text_at(&t->again, row, col));
	return NULL;
}

/* Both files, with the same columns and rows; false and a figure if not. */
static bool read_both(struct probe *p, const char *name, struct tables *t)
{
	struct arena *arena = p->out->arena;
	struct err err = {0};
	const char *why = NULL;

	if (csv_read(arena_format(arena, "%s/%s", p->record, name), arena, &t->stored, &err) !=
		    STATUS_OK ||
	    csv_read(arena_format(arena, "%s/%s", p->folder, name), arena, &t->again, &err) !=
		    STATUS_OK)
		why = arena_text(arena, err.text);
	else if (t->stored.cols != t->again.cols || t->stored.rows != t->again.rows)
		why = arena_format(arena, "%zu rows of %zu columns in the record, %zu of %zu again",
				   t->stored.rows, t->stored.cols, t->again.rows, t->again.cols);
	for (size_t col = 0; !why && col < t->stored.cols; col++)
		if (strcmp(t->stored.header[col], t->again.header[col]) != 0)
			why = arena_format(arena, "unknown column %s", t->stored.header[col]);
	if (why)
		verify_judge(p->out, (struct verify_figure){name, NAN, NAN, VERIFY_UNKNOWN, why});
	return !why;
}

/* A row, named by its first columns, as a figure; `why`: what plain loops
 * found fault with, or NULL. */
static void judge_row(struct probe *p, const struct tables *t, size_t row, double computed,
		      const char *why)
{
	struct verify_figure figure = {.computed = computed};

	figure.name = arena_format(p->out->arena, "%s %s %s", text_at(&t->stored, row, 0),
				   text_at(&t->stored, row, 1), text_at(&t->stored, row, 2));
	figure.stored = csv_value(&t->stored, row, csv_column(&t->stored, t->value));
	figure.how = why ? why : difference(p, t, row);
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

static void judge_attack(struct probe *p, const struct tables *t, size_t row,
			 const struct seen *seen)
{
	double recomputed = csv_value(&t->again, row, csv_column(&t->again, t->value));

	judge_row(p, t, row, seen->robust, fault_of(p, seen, recomputed));
}

/* Rows are entry by entry, eps by eps; what was seen is in the order of the attacks. */
static void judge_attacks(struct probe *p, const struct tables *t)
{
	const struct attack_options *entry = p->stored->cell.attack.at;
	size_t row = 0;

	for (size_t e = 0; e < p->stored->cell.attack.count; e++)
		for (size_t i = 0; i < entry[e].eps.count && row < t->stored.rows; i++) {
			const struct seen *seen = p->seen;

			while (seen < p->seen + p->count - 1 &&
			       !(seen->entry == &entry[e] &&
				 !(fabs(seen->eps - entry[e].eps.at[i]) > 0)))
				seen++;
			judge_attack(p, t, row++, seen);
		}
}

static enum status check_attacks(struct probe *p, struct err *err)
{
	const struct cell *cell = &p->stored->cell;
	const struct dataset *data = &p->stored->data;
	struct tables t = {.value = "robust_accuracy"};

	if (cell->attack.count == 0)
		return STATUS_OK;
	TRY(assault_check(cell, data, err));
	TRY(assault_run(cell, data, &p->stored->model.net,
			arena_format(p->out->arena, "%s/attack.csv", p->folder), &p->evidence,
			err));
	if (read_both(p, "attack.csv", &t))
		judge_attacks(p, &t);
	return STATUS_OK;
}

/* --- certificates -------------------------------------------------------------------------------
 */

/* How many certified points plain loops break. */
static ptrdiff_t broken(const struct probe *p, const struct finding *finding)
{
	struct arena arena = {0};
	struct plain_ball ball = plain_ball_new(p->stored, finding->aim, finding->eps, &arena);
	ptrdiff_t count = 0;

	for (ptrdiff_t k = 0; k < finding->aim->part->X.rows; k++)
		if (finding->lower[k] > 0)
			count += plain_ball_attack(&ball, k) < finding->lower[k];
	arena_release(&arena);
	return count;
}

static double certified(const struct finding *finding)
{
	double n = (double)finding->aim->part->X.rows, count = 0;

	for (ptrdiff_t k = 0; k < finding->aim->part->X.rows; k++)
		count += finding->lower[k] > 0;
	return count / n;
}

/* Findings of certificates are in the order of the rows, behind those of attacks. */
static void judge_certificates(struct probe *p, const struct tables *t)
{
	size_t row = 0;

	for (size_t i = 0; i < p->evidence.count && row < t->stored.rows; i++) {
		const struct finding *finding = &p->evidence.at[i];
		ptrdiff_t count;

		if (!finding->lower)
			continue;
		count = broken(p, finding);
		judge_row(p, t, row++, certified(finding),
			  count > 0 ? arena_format(p->out->arena,
						   "%td points are below their certified margin",
						   count)
				    : NULL);
	}
}

static enum status check_certificates(struct probe *p, struct err *err)
{
	const struct cell *cell = &p->stored->cell;
	const struct dataset *data = &p->stored->data;
	struct tables t = {.value = "certified_accuracy"};

	if (cell->certify.count == 0)
		return STATUS_OK;
	TRY(certified_check(cell, data, err));
	TRY(certified_run(cell, data, &p->stored->model.net,
			  arena_format(p->out->arena, "%s/certify.csv", p->folder), &p->evidence,
			  err));
	TRY(evidence_check(&p->evidence, err));
	if (read_both(p, "certify.csv", &t))
		judge_certificates(p, &t);
	return STATUS_OK;
}

static enum status check_selection(struct probe *p, struct err *err)
{
	const struct reload *stored = p->stored;
	const struct cell *cell = &stored->cell;
	const struct selection selection = {
		.cell = cell,
		.data = &stored->data,
		.net = &stored->model.net,
		.path = arena_format(p->out->arena, "%s/validation.csv", p->folder)};
	double *accuracy = ARENA_ARRAY(p->out->arena, double, cell->selects.count);
	size_t own = selection_own(cell);

	TRY(selection_run(&selection, accuracy, NULL, err));
	verify_add(p->out, "validation_robust_accuracy", stored->result.validation_robust_accuracy,
		   own < cell->selects.count ? accuracy[own] : NAN, p->out->single ? share : 0);
	return STATUS_OK;
}

enum status verify_probes(const char *record, const struct reload *stored, struct verify *out,
			  struct err *err)
{
	char folder[] = "/tmp/relubench-verify-XXXXXX";
	size_t findings = certified_findings(&stored->cell);
	struct probe probe = {.record = record,
			      .folder = folder,
			      .stored = stored,
			      .out = out,
			      .evidence = evidence_new(out->arena, findings),
			      .seen = ARENA_ARRAY(out->arena, struct seen, findings + 1)};
	enum status status;

	probe.evidence.look = look;
	probe.evidence.context = &probe;
	if (!mkdtemp(folder))
		return err_set(err, STATUS_ENV, "cannot create a folder in /tmp");
	status = check_attacks(&probe, err);
	if (status == STATUS_OK)
		status = check_certificates(&probe, err);
	if (status == STATUS_OK)
		status = check_selection(&probe, err);
	folder_remove(folder, &(struct err){0});
	return status;
}
