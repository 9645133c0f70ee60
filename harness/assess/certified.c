/* Evaluation of certificates, in the units of the spec as attacks are (target.c). */
#include "harness/assess/certified.h"

#include "harness/assess/target.h"
#include "harness/assess/team.h"
#include "harness/machine/clock.h"
#include "harness/stats/wilson.h"
#include "solvers/model/certify.h"

#include <math.h>

/* Bounds of all points at one eps. */
struct bounds {
	double *lower, *upper; /* n */
	double seconds;
};

struct aim certified_aim(const struct certify_options *o, const struct dataset *data)
{
	return (struct aim){.what = "certificate",
			    .name = o->certificate.item->name,
			    .part = target_part(data, o->part),
			    .part_name = spec_parts[o->part],
			    .threat = &o->threat,
			    .units = rows_units(o->threat.units == UNITS_RAW, data->feature_space),
			    .entry = o};
}

size_t certified_findings(const struct cell *cell)
{
	const struct attack_options *attack = cell->attack.at;
	const struct certify_options *certify = cell->certify.at;
	size_t count = 0;

	for (size_t i = 0; i < cell->attack.count; i++)
		count += attack[i].eps.count;
	for (size_t i = 0; i < cell->certify.count; i++)
		count += certify[i].eps.count;
	return count;
}

enum status certified_check(const struct cell *cell, const struct dataset *data, struct err *err)
{
	const struct certify_options *entries = cell->certify.at;

	for (size_t i = 0; i < cell->certify.count; i++) {
		const struct aim aim = certified_aim(&entries[i], data);

		TRY(target_check(&aim, data, err));
	}
	return STATUS_OK;
}

static struct attack_row row_of(const struct aim *aim, double eps, double clean,
				const struct bounds *bounds)
{
	double n = (double)aim->part->X.rows, certified = 0;
	struct attack_row row = {.attack = aim->name,
				 .norm = threat_norms[aim->threat->norm],
				 .eps = eps,
				 .units = aim->units,
				 .part = aim->part_name,
				 .accuracy = clean,
				 .n = n,
				 .seconds = bounds->seconds};

	target_box(aim, &row.clip_low, &row.clip_high);
	for (ptrdiff_t k = 0; k < aim->part->X.rows; k++) {
		certified += bounds->lower[k] > 0;
		row.undecided += !(bounds->lower[k] > 0) && bounds->upper[k] > 0;
	}
	row.robust_accuracy = certified / n;
	wilson_interval(certified, n, &row.lo, &row.hi);
	return row;
}

static void run_radii(const struct assess_order *order, const struct aim *aim,
		      const struct target *t, struct arena *arena, struct attack_row *row)
{
	const struct certify_options *o = aim->entry;
	const struct arena none = {0};
	ptrdiff_t n = t->X.rows;
	size_t count = o->eps.count;
	struct bounds *bounds = ARENA_ARRAY(arena, struct bounds, count);
	struct certify_job job = {
		.X = t->X, .y = t->y, .threat = t->threat, .worst = mat_new(arena, n, t->X.cols)};

	for (size_t e = 0; e < count; e++) {
		double start = clock_seconds();

		job.threat.eps = o->eps.at[e];
		job.lower = bounds[e].lower = ARENA_ARRAY(arena, double, n);
		job.upper = bounds[e].upper = ARENA_ARRAY(arena, double, n);
		team_certify(order->team, aim, t->model, t->label, &job, &none);
		bounds[e].seconds = clock_seconds() - start;
	}
	/* lower_e >= lower_(e + 1) and upper_(e + 1) <= upper_e, as the balls are nested */
	for (size_t e = 1; e < count; e++)
		for (ptrdiff_t k = 0; k < n; k++) {
			struct bounds *inner = &bounds[count - 1 - e], *b = &bounds[e];

			inner->lower[k] = fmax(inner->lower[k], inner[1].lower[k]);
			b->upper[k] = fmin(b->upper[k], b[-1].upper[k]);
		}
	for (size_t e = 0; e < count; e++) {
		row[e] = row_of(aim, o->eps.at[e], t->accuracy, &bounds[e]);
		evidence_bounds(order->evidence, aim, o->eps.at[e], bounds[e].lower,
				bounds[e].upper, n);
	}
}

enum status certified_run(const struct assess_order *order, struct arena *arena,
			  struct assessed *out, struct err *err)
{
	const struct certify_options *o = order->cell->certify.at;

	for (size_t i = 0; i < order->cell->certify.count; i++) {
		const struct aim aim = certified_aim(&o[i], order->data);
		const struct certifier *certifier =
			(const struct certifier *)(const void *)o[i].certificate.item;
		struct clock_mark start = clock_now();
		struct arena scratch = {0};
		enum status status = STATUS_OK;
		struct target t;

		if (out[i].kept)
			continue;
		out[i] = (struct assessed){0};
		if (aim.part->X.rows > 0 && order->model &&
		    certify_applies(certifier, order->model->kind)) {
			out[i].count = o[i].eps.count;
			out[i].row = ARENA_ARRAY(arena, struct attack_row, out[i].count);
			status = target_new(&aim, order->data, order->model, &scratch, &t, err);
			if (status == STATUS_OK)
				run_radii(order, &aim, &t, &scratch, out[i].row);
			arena_release(&scratch);
		}
		if (status != STATUS_OK)
			return status;
		clock_since(start, &out[i].wall_s, &out[i].cpu_s);
	}
	return STATUS_OK;
}
