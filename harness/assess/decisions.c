/* Decisions by class. */
#include "harness/assess/decisions.h"

#include <math.h>

static const struct part *part_of(const struct dataset *data, int part)
{
	const struct part *const parts[OUTPUTS_PARTS] = {[OUTPUTS_TRAIN] = &data->train,
							 [OUTPUTS_VALIDATION] = &data->validation,
							 [OUTPUTS_TEST] = &data->test};

	return parts[part];
}

size_t decisions_class(const real *f, ptrdiff_t step, size_t k)
{
	size_t largest = 0;

	if (k == 1)
		return *f > 0 ? 1 : *f < 0 ? 0 : 2;
	for (size_t c = 1; c < k; c++)
		largest = f[(ptrdiff_t)c * step] > f[(ptrdiff_t)largest * step] ? c : largest;
	for (size_t c = 0; c < k; c++)
		if (c != largest && !(f[(ptrdiff_t)largest * step] > f[(ptrdiff_t)c * step]))
			return k;
	return largest;
}

static size_t class_of(const struct part *part, ptrdiff_t i)
{
	return part->label ? (size_t)part->label[i] : part->y[i] > 0;
}

/* Of two classes with k outputs, one or an own one each. */
static double auc_of(const struct part *part, ptrdiff_t k, const real *f, struct arena *arena)
{
	ptrdiff_t n = part->X.rows;
	double *scores[2] = {ARENA_ARRAY(arena, double, n), ARENA_ARRAY(arena, double, n)};
	size_t count[2] = {0, 0};

	for (ptrdiff_t i = 0; i < n; i++) {
		int negative = class_of(part, i) == 0;
		double score = k > 1 ? (double)f[n + i] - (double)f[i] : (double)f[i];

		scores[negative][count[negative]++] = score;
	}
	return confusion_auc(scores, count);
}

void decisions_of(const struct dataset *data, const real *const f[OUTPUTS_PARTS],
		  struct arena *arena, struct decisions *out)
{
	size_t k = data->class_count;

	*out = (struct decisions){.known = k >= 2};
	for (int p = 0; p < OUTPUTS_PARTS && out->known; p++) {
		const struct part *part = part_of(data, p);

		out->of[p] = confusion_new(k, arena);
		out->auc[p] = k == 2 ? auc_of(part, data->k, f[p], arena) : NAN;
		for (ptrdiff_t i = 0; i < part->X.rows; i++) {
			confusion_add(&out->of[p], class_of(part, i),
				      decisions_class(f[p] + i, part->X.rows, (size_t)data->k));
		}
	}
}

void decisions_fill(const struct decisions *decisions, struct result *r)
{
	double *const fields[OUTPUTS_PARTS][5] = {
		[OUTPUTS_TRAIN] = {&r->train_majority, &r->train_balanced_accuracy,
				   &r->train_macro_f1, &r->train_worst_recall, &r->train_auc},
		[OUTPUTS_VALIDATION] = {&r->validation_majority, &r->validation_balanced_accuracy,
					&r->validation_macro_f1, &r->validation_worst_recall,
					&r->validation_auc},
		/* majority is there, of the data alone */
		[OUTPUTS_TEST] = {NULL, &r->test_balanced_accuracy, &r->test_macro_f1,
				  &r->test_worst_recall, &r->test_auc}};

	for (int p = 0; p < OUTPUTS_PARTS && decisions->known; p++) {
		const struct confusion *counts = &decisions->of[p];

		if (fields[p][0])
			*fields[p][0] = confusion_majority(counts);
		*fields[p][1] = confusion_balanced_accuracy(counts);
		*fields[p][2] = confusion_macro_f1(counts);
		*fields[p][3] = confusion_worst_recall(counts);
		*fields[p][4] = decisions->auc[p];
	}
}

static void put_class(const struct confusion *counts, const struct dataset *data,
		      struct confusion_row row, size_t class, struct csv *csv)
{
	double samples = confusion_samples(counts, class);

	row.class = data->classes[class];
	for (size_t j = 0; j <= counts->k; j++) {
		row.count = counts->count[class * (counts->k + 1) + j];
		if (!(row.count > 0) && j != class)
			continue;
		row.decided = j < counts->k ? data->classes[j] : NULL;
		row.share = samples > 0 ? row.count / samples : NAN;
		field_put_row(csv, &rows_confusion, &row);
	}
}

enum status decisions_write(const struct decisions *decisions, const struct dataset *data,
			    const char *path, struct err *err)
{
	static const char *const names[OUTPUTS_PARTS] = {[OUTPUTS_TRAIN] = "train",
							 [OUTPUTS_VALIDATION] = "validation",
							 [OUTPUTS_TEST] = "test"};
	struct csv csv;

	if (!decisions->known)
		return STATUS_OK;
	TRY(field_open(&csv, path, &rows_confusion, err));
	for (int p = 0; p < OUTPUTS_PARTS; p++)
		for (size_t c = 0; c < decisions->of[p].k && part_of(data, p)->X.rows > 0; c++)
			put_class(&decisions->of[p], data, (struct confusion_row){.part = names[p]},
				  c, &csv);
	return csv_close(&csv, err);
}
