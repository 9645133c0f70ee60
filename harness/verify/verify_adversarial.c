/* adversarial.npz of a record: its points, mapped through the stages by plain loops, lie in ball
 * and box and have the margins that the attacks say; of a record in single precision, whose attacks
 * go other ways in double, the former alone. */
#include "harness/assess/adversarial.h"
#include "harness/assess/evidence.h"
#include "harness/assess/keys.h"
#include "harness/verify/plain_ball.h"
#include "harness/verify/verify.h"

#include <math.h>
#include <string.h>

struct stored {
	const struct reload *from;
	struct npz_file file;
	struct arena arena;
	const double *columns, *rows, *points; /* p; n; n x p */
	size_t p;
};

/* The error of a prepared value that has been to raw units and back, over that of the precision. */
static const double rounding[] = {1e-9, 1e-4};

static enum status array(struct stored *s, const char *name, size_t length, const double **out,
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
static void prepare(const struct stored *s, size_t k, double *x, double *z, size_t width)
{
	memset(x, 0, 2 * width * sizeof *x);
	for (size_t j = 0; j < s->p; j++)
		x[(size_t)s->columns[j]] = s->points[k * s->p + j];
	stages_apply(&s->from->data.stages, 0, x, x + width);
	memcpy(z, x, s->from->data.stages.d * sizeof *z);
}

static const char *fault_of(const struct stored *s, const struct finding *f, bool single,
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

static enum status check_entry(struct stored *s, const char *key, const struct evidence *evidence,
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
		figure.how = fault_of(s, &evidence->at[at], out->single, out->arena);
		figure.state = figure.how ? VERIFY_DIFFERS : VERIFY_AGREES;
		verify_judge(out, figure);
	}
	return STATUS_OK;
}

enum status verify_adversarial(const char *record, const struct reload *from,
			       const struct evidence *evidence, struct verify *out, struct err *err)
{
	const struct cell *cell = &from->cell;
	const struct attack_options *o = cell->attack.at;
	struct stored s = {.from = from};
	enum status status = STATUS_OK;
	struct stage_columns raw;
	struct entries entries;
	bool open = false;

	keys_of(cell, &s.arena, &entries);
	for (size_t i = 0; i < cell->attack.count && status == STATUS_OK; i++) {
		if (!o[i].export || !from->file.model ||
		    target_part(&from->data, o[i].part)->X.rows == 0)
			continue;
		if (!open) {
			stages_columns(&from->data.stages, &s.arena, &raw);
			s.p = raw.count;
			status = npz_open(&s.file,
					  arena_format(&s.arena, "%s/%s", record, ADVERSARIAL_FILE),
					  &s.arena, err);
			if (status == STATUS_OK)
				status = array(&s, "columns.npy", s.p, &s.columns, err);
			for (size_t j = 0; j < s.p && status == STATUS_OK; j++)
				if (fabs(s.columns[j] - (double)raw.column[j]) > 0)
					status = err_at(err, STATUS_FAILED,
							(struct err_place){s.file.path, 0, 0},
							"columns.npy: expected %zu, got %g",
							raw.column[j], s.columns[j]);
			open = true;
		}
		if (status == STATUS_OK)
			status = check_entry(&s, entries.of[ENTRY_ATTACK].at[i].key, evidence,
					     &o[i], out, err);
	}
	arena_release(&s.arena);
	return status;
}
