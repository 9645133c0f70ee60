/* The independent verifier: points of a path of penalties. */
#include "harness/verify/verify_path.h"

#include "harness/verify/plain.h"
#include "solvers/loss/loss.h"

#include <float.h>
#include <math.h>
#include <unistd.h>

/* Sums over a part at the model of a point. */
struct sums {
	double n, loss, weighted; /* weighted: losses by the weights of their samples */
	double correct, unsure;   /* samples; those whose margin is 0 to rounding */
};

static struct sums sums_of(const struct reload *all, const struct part *part,
			   const struct model *model, const struct verify *out)
{
	const struct choice *choice = &all->cell.train.loss;
	const struct loss *loss = (const struct loss *)(const void *)choice->item;
	ptrdiff_t k = (ptrdiff_t)all->data.k, n = part->X.rows;
	double *f = ARENA_ARRAY(out->arena, double, 2 * k), *y = f + k;
	double epsilon = (part->label ? 2 : 1) * (out->single ? FLT_EPSILON : DBL_EPSILON);
	struct sums s = {.n = (double)n};

	for (ptrdiff_t i = 0; i < n; i++) {
		double noise = epsilon * plain_outputs(model, part->X, i, f), margin, value;

		for (ptrdiff_t c = 0; c < k; c++)
			y[c] = (double)part->y[c * n + i];
		margin = all->data.regression ? 0 : plain_margin(part, i, f, k);
		value = k > 1 ? loss->outputs->sample(choice->options, k, f, y)
			      : loss->sample(choice->options, *f, *y);
		s.correct += margin > 0;
		s.unsure += fabs(margin) <= noise &&
			    (fabs(margin) > 0 || plain_on_kink(model, part->X, i, epsilon));
		s.loss += value;
		s.weighted += (part->weight ? (double)part->weight[i] : 1) * value;
	}
	return s;
}

/* Of a point: its figures are named "path 3: gap". */
struct point_check {
	const struct reload *all;
	const struct path_row *row;
	const struct model *model;
	struct verify *out;
};

static void add(const struct point_check *p, const char *what, double stored, double computed,
		double slack)
{
	verify_add(p->out, arena_format(p->out->arena, "path %.0f: %s", p->row->point, what),
		   stored, computed, slack);
}

/* Accuracy and mean loss of a part, which path.csv has under names that begin with its name. */
static void check_part(const struct point_check *p, const char *name, const struct sums *s)
{
	struct arena *arena = p->out->arena;
	const char *accuracy = arena_format(arena, "%s_accuracy", name);
	const char *loss = arena_format(arena, "%s_loss", name);
	bool classes = !p->all->data.regression && s->n > 0;

	add(p, accuracy, field_number(field_find(&rows_path, accuracy), p->row),
	    classes ? s->correct / s->n : NAN, s->unsure / s->n);
	add(p, loss, field_number(field_find(&rows_path, loss), p->row),
	    s->n > 0 ? s->loss / s->n : NAN, 0);
}

/* The bound's dual point is not stored: it must not be above the objective. */
static void check_gap(const struct point_check *p)
{
	const struct path_row *row = p->row;
	double above = fmax(0, row->objective - row->lower_bound);

	if (isnan(row->lower_bound)) {
		add(p, "gap", row->gap, NAN, 0);
		return;
	}
	add(p, "lower_bound", row->lower_bound, fmin(row->lower_bound, row->objective),
	    (p->out->single ? 1e-3 : 1e-7) * row->objective);
	add(p, "gap", row->gap, above > 0 ? above / row->objective : 0, 0);
}

static void check_point(const struct point_check *p)
{
	const struct dataset *data = &p->all->data;
	const struct train_options *train = &p->all->cell.train;
	const struct trainer *trainer = (const struct trainer *)(const void *)train->solver.item;
	struct sums s = sums_of(p->all, &data->train, p->model, p->out), other;
	double decay = p->row->beta * p->model->kind->decay(p->model);
	double objective = (train->average ? s.weighted / s.n : s.weighted) + decay;

	add(p, "objective_network", p->row->objective_network, objective, 0);
	/* of models that are made from a relaxation its own objective is another one */
	if (!trainer->relaxed || !trainer->relaxed(train->solver.options))
		add(p, "objective", p->row->objective, objective, 1e-6 * objective);
	add(p, "neurons", p->row->neurons, (double)model_width(p->model), 0);
	check_gap(p);
	check_part(p, "train", &s);
	other = sums_of(p->all, &data->validation, p->model, p->out);
	check_part(p, "validation", &other);
	other = sums_of(p->all, &data->test, p->model, p->out);
	check_part(p, "test", &other);
}

enum status verify_path(const char *record, const struct reload *stored, struct verify *out,
			struct err *err)
{
	const char *path = arena_format(out->arena, "%s/path.csv", record);
	const char *models = arena_format(out->arena, "%s/models.npz", record);
	const struct train_options *train = &stored->cell.train;
	const struct path_row *row;
	struct field_rows rows;

	if (access(path, F_OK) != 0)
		return STATUS_OK;
	TRY(field_read(path, &rows_path, out->arena, &rows, err));
	row = rows.at;
	for (size_t i = 0; i < rows.count; i++) {
		struct modelfile file;
		struct point_check p = {stored, &row[i], NULL, out};

		add(&p, "point", row[i].point, (double)i, 0);
		if (i > 0 && !(row[i].beta < row[i - 1].beta && row[i].beta >= train->beta))
			add(&p, "beta", row[i].beta, NAN, 0);
		TRY(modelfile_load_point(models, i, out->arena, &file, err));
		if (model_features(file.model) != stored->data.train.X.cols)
			return err_at(err, STATUS_ENV, (struct err_place){.source = models},
				      "point %zu has %td features, the data have %td", i,
				      model_features(file.model), stored->data.train.X.cols);
		p.model = file.model;
		check_point(&p);
	}
	return STATUS_OK;
}
