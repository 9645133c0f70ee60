/* Evaluation of certificates, in the units of the spec as attacks are (target.c). */
#include "harness/assess/certified.h"

#include "harness/assess/target.h"
#include "harness/machine/clock.h"
#include "harness/stats/wilson.h"
#include "harness/store/dictionary.h"
#include "solvers/model/certify.h"

#include <math.h>

/* Bounds of all points at one eps. */
struct bounds {
	double *lower, *upper; /* n */
	double seconds;
};

struct aim certified_aim(const struct certify_options *o, const struct dataset *data)
{
	const struct part *parts[] = {&data->test, &data->train}; /* spec_parts */

	return (struct aim){"certificate",  o->certificate.item->name,
			    parts[o->part], spec_parts[o->part],
			    &o->threat,     o};
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

static void bound(const struct certify_options *o, double eps, struct certify_job *job,
		  struct bounds *out)
{
	const struct certifier *certifier =
		(const struct certifier *)(const void *)o->certificate.item;
	struct arena scratch = {0};
	double start = clock_seconds();

	job->threat.eps = eps;
	job->lower = out->lower;
	job->upper = out->upper;
	certifier->run(o->certificate.options, job, &scratch);
	out->seconds = clock_seconds() - start;
	arena_release(&scratch);
}

/* lower_e >= lower_(e + 1) and upper_(e + 1) <= upper_e, as the balls are nested */
static void nest(struct bounds *bounds, size_t count, ptrdiff_t n)
{
	for (size_t e = 1; e < count; e++)
		for (ptrdiff_t k = 0; k < n; k++) {
			size_t inner = count - 1 - e;

			bounds[inner].lower[k] =
				fmax(bounds[inner].lower[k], bounds[inner + 1].lower[k]);
			bounds[e].upper[k] = fmin(bounds[e].upper[k], bounds[e - 1].upper[k]);
		}
}

static void write_row(struct csv *csv, const struct aim *aim, double eps, double clean,
		      const struct bounds *bounds)
{
	double n = (double)aim->part->X.rows, certified = 0, undecided = 0, low, high;

	for (ptrdiff_t k = 0; k < aim->part->X.rows; k++) {
		certified += bounds->lower[k] > 0;
		undecided += !(bounds->lower[k] > 0) && bounds->upper[k] > 0;
	}
	wilson_interval(certified, n, &low, &high);
	csv_text(csv, aim->name);
	csv_text(csv, threat_norms[aim->threat->norm]);
	csv_number(csv, eps);
	csv_text(csv, threat_units[aim->threat->units]);
	csv_text(csv, aim->part_name);
	csv_number(csv, clean);
	csv_number(csv, certified / n);
	csv_number(csv, low);
	csv_number(csv, high);
	csv_number(csv, undecided);
	csv_number(csv, n);
	csv_number(csv, bounds->seconds);
	csv_end_row(csv);
}

static void run_radii(const struct certify_options *o, const struct aim *aim,
		      const struct target *t, struct arena *arena, struct csv *csv,
		      struct evidence *evidence)
{
	ptrdiff_t n = t->X.rows;
	struct bounds *bounds = ARENA_ARRAY(arena, struct bounds, o->eps.count);
	struct certify_job job = {.net = &t->net,
				  .X = t->X,
				  .y = t->y,
				  .threat = t->threat,
				  .worst = mat_new(arena, n, t->X.cols)};

	for (size_t e = 0; e < o->eps.count; e++) {
		bounds[e].lower = ARENA_ARRAY(arena, double, n);
		bounds[e].upper = ARENA_ARRAY(arena, double, n);
		bound(o, o->eps.at[e], &job, &bounds[e]);
	}
	nest(bounds, o->eps.count, n);
	for (size_t e = 0; e < o->eps.count; e++) {
		write_row(csv, aim, o->eps.at[e], t->accuracy, &bounds[e]);
		evidence_bounds(evidence, aim, o->eps.at[e], bounds[e].lower, bounds[e].upper, n);
	}
}

static enum status run_entry(const struct certify_options *o, const struct certified_order *order,
			     struct csv *csv, struct err *err)
{
	const struct aim aim = certified_aim(o, order->data);
	struct arena arena = {0};
	struct target t;
	enum status status;

	if (aim.part->X.rows == 0)
		return STATUS_OK;
	status = target_new(&aim, order->data, order->net, &arena, &t, err);
	if (status == STATUS_OK)
		run_radii(o, &aim, &t, &arena, csv, order->evidence);
	arena_release(&arena);
	return status;
}

static enum status run_or_copy(const struct certified_order *order, size_t entry, struct csv *csv,
			       struct err *err)
{
	const struct certify_options *o =
		(const struct certify_options *)order->cell->certify.at + entry;
	const struct aim aim = certified_aim(o, order->data);
	struct effort effort = {.rows = aim.part->X.rows > 0 ? o->eps.count : 0};
	struct clock_mark start = clock_now();

	if (earlier_has(order->kept, entry)) {
		earlier_write(order->kept, entry, aim.name, csv);
		return STATUS_OK;
	}
	TRY(run_entry(o, order, csv, err));
	clock_since(start, &effort.wall, &effort.cpu);
	if (order->effort)
		order->effort[entry] = effort;
	return STATUS_OK;
}

enum status certified_carry_out(const struct certified_order *order, struct err *err)
{
	enum status status = STATUS_OK;
	struct csv csv;

	TRY(dictionary_open(&csv, order->path, dictionary_certify, err));
	for (size_t i = 0; i < order->cell->certify.count && status == STATUS_OK; i++)
		status = run_or_copy(order, i, &csv, err);
	if (status != STATUS_OK) {
		csv_close(&csv, &(struct err){0});
		return status;
	}
	return csv_close(&csv, err);
}

enum status certified_run(const struct cell *cell, const struct dataset *data,
			  const struct net *net, const char *path, struct evidence *evidence,
			  struct err *err)
{
	const struct certified_order order = {
		.cell = cell, .data = data, .net = net, .path = path, .evidence = evidence};

	return certified_carry_out(&order, err);
}
