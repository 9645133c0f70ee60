/* What attacks and certificates have found, sample by sample. */
#include "harness/assess/samples.h"

#include "harness/assess/assault.h"
#include "harness/assess/certified.h"
#include "harness/spec/bind/bind.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct builder {
	const struct assess_order *order;
	struct arena *arena;
	struct samples out;
	size_t room;
	double *clean; /* rows: margins of the fixed column */
};

/* --- columns ------------------------------------------------------------------------------------
 */

static struct samples_column *add(struct builder *b, const char *name, bool text)
{
	struct samples_column *column = &b->out.at[b->out.cols++];
	size_t rows = b->out.rows;

	*column = (struct samples_column){.name = name};
	if (text)
		column->text = ARENA_ARRAY(b->arena, const char *, rows);
	else
		column->number = ARENA_ARRAY(b->arena, double, rows);
	for (size_t i = 0; i < rows && !text; i++)
		column->number[i] = NAN;
	return column;
}

/* The column of this name for a finding of the part: one that has none of the part yet, or, if it
 * is `shared`, one of the same ball. */
static struct samples_column *column_of(struct builder *b, const char *name, bool text,
					const struct finding *f, long part, bool shared)
{
	const char *wanted = name;

	for (size_t n = 2;; n++) {
		struct samples_column *column = b->out.at, *end = column + b->out.cols;

		while (column < end && strcmp(column->name, wanted) != 0)
			column++;
		if (column == end)
			column = add(b, wanted, text);
		if (!column->of[part] ||
		    (shared && threat_same(column->of[part]->aim->threat, f->aim->threat))) {
			column->of[part] = column->of[part] ? column->of[part] : f;
			return column;
		}
		wanted = arena_format(b->arena, "%s (%zu)", name, n);
	}
}

/* "linf 0.1" */
static const char *ball_of(const struct finding *f, struct arena *arena)
{
	const struct threat_options *threat = f->aim->threat;
	char eps[SCALAR_ROOM];

	scalar_print_real(f->eps, eps);
	return arena_format(arena, "%s %s%s", threat_norms[threat->norm],
			    threat->units == UNITS_RAW ? "raw " : "", eps);
}

static const struct finding *find(const struct evidence *evidence, const void *entry, double eps)
{
	for (size_t i = 0; i < evidence->count; i++)
		if (evidence->at[i].aim->entry == entry && !(fabs(evidence->at[i].eps - eps) > 0))
			return &evidence->at[i];
	return NULL;
}

/* One that is not finite is not known. */
static double known(double value)
{
	return fabs(value) < DBL_MAX ? value : NAN;
}

/* --- attacks and certificates -------------------------------------------------------------------
 */

static void add_attack(struct builder *b, const struct attack_options *o, const struct finding *f,
		       const struct attack_options **whose)
{
	const char *ball = ball_of(f, b->arena);
	size_t first = b->out.first[o->part], count = b->out.count[o->part];
	struct samples_column *margin, *worst, *by;

	margin = column_of(b, arena_format(b->arena, "margin %s %s", spec_attack_name(o), ball),
			   false, f, o->part, false);
	worst = column_of(b, arena_format(b->arena, "worst %s", ball), false, f, o->part, true);
	by = column_of(b, arena_format(b->arena, "by %s", ball), true, f, o->part, true);
	if (worst->of[o->part] == f)
		memset(whose, 0, b->out.rows * sizeof *whose);
	for (size_t i = first; i < first + count; i++) {
		double value = known(f->upper[i - first]), least = worst->number[i];
		bool tie = !(value < least) && !(value > least);

		margin->number[i] = value;
		if (!isnan(least) && !(value < least) &&
		    !(tie && whose[i] && assault_contains(whose[i], o)))
			continue;
		worst->number[i] = value;
		whose[i] = o;
		by->text[i] = value < b->clean[i] - 8 * REAL_EPSILON * fabs(b->clean[i])
				      ? spec_attack_name(o)
				      : NULL;
	}
}

/* Those of one ball follow each other, so that the least of them is looked for once. */
static void add_attacks(struct builder *b)
{
	const struct groups *list = &b->order->cell->attack;
	const struct attack_options *o = list->at, **whose;
	size_t most = 0;
	bool *done;

	for (size_t i = 0; i < list->count; i++)
		most = o[i].eps.count > most ? o[i].eps.count : most;
	done = ARENA_ARRAY(b->arena, bool, list->count *most);
	whose = ARENA_ARRAY(b->arena, const struct attack_options *, b->out.rows);
	for (size_t i = 0; i < list->count * most; i++) {
		const struct attack_options *like = &o[i / most];
		double eps = i % most < like->eps.count ? like->eps.at[i % most] : NAN;

		for (size_t j = i; j < list->count * most && !isnan(eps); j++) {
			const struct attack_options *at = &o[j / most];
			const struct finding *f;

			if (done[j] || j % most >= at->eps.count || at->part != like->part ||
			    !threat_same(&at->threat, &like->threat) ||
			    fabs(at->eps.at[j % most] - eps) > 0)
				continue;
			done[j] = true;
			f = find(b->order->evidence, at, eps);
			if (f)
				add_attack(b, at, f, whose);
		}
	}
}

static void add_certificates(struct builder *b)
{
	const struct certify_options *o = b->order->cell->certify.at;

	for (size_t e = 0; e < b->order->cell->certify.count; e++)
		for (size_t r = 0; r < o[e].eps.count; r++) {
			const struct finding *f = find(b->order->evidence, &o[e], o[e].eps.at[r]);
			size_t first = b->out.first[o[e].part];
			struct samples_column *lower;

			if (!f)
				continue;
			lower = column_of(b,
					  arena_format(b->arena, "lower %s %s", f->aim->name,
						       ball_of(f, b->arena)),
					  false, f, o[e].part, false);
			for (size_t i = 0; i < b->out.count[o[e].part]; i++)
				lower->number[first + i] = known(f->lower[i]);
		}
}

/* --- the clean points ---------------------------------------------------------------------------
 */

/* The class that f (k outputs, `step` apart) says; NULL: none. */
static const char *class_of(const struct dataset *data, const real *f, ptrdiff_t step)
{
	ptrdiff_t largest = 0;

	if (data->k == 1)
		return f[0] > 0 ? data->classes[1] : f[0] < 0 ? data->classes[0] : NULL;
	for (ptrdiff_t c = 1; c < data->k; c++)
		largest = f[c * step] > f[largest * step] ? c : largest;
	return data->classes[largest];
}

/* The columns of rows_samples, for the rows of one part. */
static void fill_part(struct builder *b, long which)
{
	enum { PART, ROW, LABEL, PREDICTION, MARGIN };
	const struct dataset *data = b->order->data;
	const struct part *part = target_part(data, which);
	const struct model *model = b->order->model;
	struct samples_column *at = b->out.at;
	struct arena scratch = {0};
	struct model_work work = model_work_new(&scratch, model->kind, model_size(model));
	ptrdiff_t n = part->X.rows;
	real *f = ARENA_ARRAY(&scratch, real, n * data->k),
	     *margin = ARENA_ARRAY(&scratch, real, n);
	const struct model_margin margins = {
		.y = {.n = n, .k = data->k, .at = part->y, .label = part->label}, .margin = margin};

	model_forward(model, part->X, f, &work);
	model_margin(model, part->X, &margins, &work);
	for (ptrdiff_t k = 0; k < n; k++) {
		size_t i = b->out.first[which] + (size_t)k;
		size_t label = part->label ? (size_t)part->label[k] : part->y[k] > 0;

		at[PART].text[i] = spec_parts[which];
		at[ROW].number[i] = (double)part->row[k];
		at[LABEL].text[i] = data->classes[label];
		at[PREDICTION].text[i] = class_of(data, f + k, n);
		at[MARGIN].number[i] = b->clean[i] = (double)margin[k];
	}
	arena_release(&scratch);
}

/* Which rows there are. */
static void count_rows(struct builder *b)
{
	static const long order[] = {SPEC_TRAIN, SPEC_VALIDATION, SPEC_TEST};
	const struct cell *cell = b->order->cell;
	const struct attack_options *attack = cell->attack.at;
	const struct certify_options *certify = cell->certify.at;
	bool wanted[SAMPLES_PARTS] = {false};

	for (size_t i = 0; i < cell->attack.count; i++)
		wanted[attack[i].part] = true;
	for (size_t i = 0; i < cell->certify.count; i++)
		wanted[certify[i].part] = true;
	if (!cell->attack.count && !cell->certify.count)
		wanted[SPEC_TEST] = true;
	for (size_t p = 0; p < SAMPLES_PARTS; p++) {
		long part = order[p];
		ptrdiff_t n = target_part(b->order->data, part)->X.rows;

		b->out.first[part] = b->out.rows;
		b->out.count[part] = wanted[part] && b->order->model ? (size_t)n : 0;
		b->out.rows += b->out.count[part];
	}
}

struct samples samples_of(const struct assess_order *order, struct arena *arena)
{
	const struct cell *cell = order->cell;
	struct builder b = {.order = order, .arena = arena};
	size_t room = 0;

	for (const struct field *f = rows_samples.field; f->name; f++)
		room++;
	b.out.at = ARENA_ARRAY(arena, struct samples_column, room + 3 * certified_findings(cell));
	count_rows(&b);
	b.clean = ARENA_ARRAY(arena, double, b.out.rows);
	for (const struct field *f = rows_samples.field; f->name; f++)
		add(&b, f->name, field_is_text(f));
	for (long part = 0; part < SAMPLES_PARTS; part++)
		if (b.out.count[part] > 0)
			fill_part(&b, part);
	if (b.out.rows > 0) {
		add_attacks(&b);
		add_certificates(&b);
	}
	return b.out;
}

/* --- the table ----------------------------------------------------------------------------------
 */

/* Is the ball of `inner` one that a bound for `outer` speaks of? */
static bool holds(const struct finding *outer, const struct finding *inner)
{
	return outer && inner && outer->lower && !inner->lower && outer->eps >= inner->eps &&
	       threat_same(outer->aim->threat, inner->aim->threat);
}

static enum status compare(const struct samples *s, const struct samples_column *lower,
			   const struct samples_column *margin, long part, struct err *err)
{
	for (size_t i = s->first[part]; i < s->first[part] + s->count[part]; i++)
		if (lower->number[i] > margin->number[i])
			return err_set(err, STATUS_FAILED,
				       "samples: %s is %.9g for %s row %.0f, above %s, %.9g",
				       lower->name, lower->number[i], spec_parts[part],
				       s->at[1].number[i], margin->name, margin->number[i]);
	return STATUS_OK;
}

/* Of one lower bound. */
static enum status check_bound(const struct samples *s, const struct samples_column *lower,
			       struct err *err)
{
	for (size_t c = 0; c < s->cols; c++)
		for (long part = 0; part < SAMPLES_PARTS; part++)
			if (s->at[c].number && holds(lower->of[part], s->at[c].of[part]))
				TRY(compare(s, lower, &s->at[c], part, err));
	return STATUS_OK;
}

enum status samples_check(const struct samples *s, struct err *err)
{
	for (size_t c = 0; c < s->cols; c++)
		TRY(check_bound(s, &s->at[c], err));
	return STATUS_OK;
}

enum status samples_write(const struct samples *s, const char *path, struct err *err)
{
	struct csv csv;

	TRY(csv_open(&csv, path, NULL, err));
	for (size_t c = 0; c < s->cols; c++)
		csv_text(&csv, s->at[c].name);
	csv_end_row(&csv);
	for (size_t i = 0; i < s->rows; i++) {
		for (size_t c = 0; c < s->cols; c++)
			if (s->at[c].text)
				csv_text(&csv, s->at[c].text[i]);
			else
				csv_number(&csv, s->at[c].number[i]);
		csv_end_row(&csv);
	}
	return csv_close(&csv, err);
}
