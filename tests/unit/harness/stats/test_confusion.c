/* Scores of random decisions against their definitions over the samples, one by one. */
#include "harness/stats/confusion.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 80 };

static size_t draw(struct rng *rng, size_t below)
{
	return (size_t)(rng_bits(rng) % below);
}

/* Of n samples class and decision (k: none). */
struct samples {
	size_t n, k, class[MOST], decision[MOST];
};

static double where(const struct samples *s, size_t class, size_t decision)
{
	double count = 0;

	for (size_t i = 0; i < s->n; i++)
		count += (class > s->k || s->class[i] == class) &&
			 (decision > s->k || s->decision[i] == decision);
	return count;
}

static void scores_by_their_definitions(void **state)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(5, "confusion", 0);

	(void)state;
	for (int trial = 0; trial < 300; trial++) {
		struct samples s = {.k = 2 + draw(&rng, 5)};
		struct confusion counts = confusion_new(s.k, &arena);
		const size_t any = s.k + 1;
		double recall = 0, least = 1, f1 = 0, most = 0;

		s.n = s.k + draw(&rng, MOST - s.k);
		for (size_t i = 0; i < s.n; i++) {
			s.class[i] = i < s.k ? i : draw(&rng, s.k);
			s.decision[i] = draw(&rng, 3) ? s.class[i] : draw(&rng, s.k + 1);
			confusion_add(&counts, s.class[i], s.decision[i]);
		}
		for (size_t c = 0; c < s.k; c++) {
			double right = where(&s, c, c), here = where(&s, c, any);
			double precision = right / where(&s, any, c);

			check_equal(confusion_samples(&counts, c), here);
			recall += right / here;
			least = fmin(least, right / here);
			most = fmax(most, here);
			if (right > 0) /* the harmonic mean of precision and recall */
				f1 += 2 / (1 / precision + here / right);
		}
		check_close(confusion_balanced_accuracy(&counts), recall / (double)s.k, 1e-14, 0);
		check_close(confusion_worst_recall(&counts), least, 1e-14, 0);
		check_close(confusion_macro_f1(&counts), f1 / (double)s.k, 1e-14, 0);
		check_close(confusion_majority(&counts), most / (double)s.n, 1e-14, 0);
	}
	arena_release(&arena);
}

static void a_class_without_samples(void **state)
{
	double count[12] = {5, 1, 0, 0, /**/ 2, 4, 0, 0, /**/ 0, 0, 0, 0};
	struct confusion counts = {3, count};

	(void)state;
	check_nan(confusion_balanced_accuracy(&counts));
	check_nan(confusion_worst_recall(&counts));
	check_nan(confusion_macro_f1(&counts));
	check_close(confusion_majority(&counts), 0.5, 0, 0);
	check_nan(confusion_majority(&(struct confusion){3, (double[12]){0}}));
}

/* Few different scores, so that many are equal. */
static void area_by_pairs(void **state)
{
	struct rng rng = rng_stream(6, "auc", 0);

	(void)state;
	for (int trial = 0; trial < 300; trial++) {
		double at[2][MOST], above = 0, *scores[2] = {at[0], at[1]};
		size_t count[2] = {1 + draw(&rng, MOST - 1), 1 + draw(&rng, MOST - 1)};
		size_t values = 1 + draw(&rng, 30);

		for (int c = 0; c < 2; c++)
			for (size_t i = 0; i < count[c]; i++)
				at[c][i] = (double)draw(&rng, values) - (c ? 3.5 : 3);
		for (size_t i = 0; i < count[0]; i++)
			for (size_t j = 0; j < count[1]; j++)
				above += at[0][i] > at[1][j] ? 1 : at[0][i] < at[1][j] ? 0 : 0.5;
		check_close(confusion_auc(scores, count), above / (double)(count[0] * count[1]),
			    1e-14, 0);
	}
}

/* As roc_auc_score of scikit-learn: y = 1 1 1 0 0 0 0, f = 2 0.5 0.5 0.5 -1 0 3. */
static void area_of_known_scores(void **state)
{
	double positive[] = {2, 0.5, 0.5}, negative[] = {0.5, -1, 0, 3};
	double *scores[2] = {positive, negative};

	(void)state;
	check_close(confusion_auc(scores, (size_t[]){3, 4}), 8.0 / 12, 1e-15, 0);
	check_nan(confusion_auc(scores, (size_t[]){3, 0}));
	positive[1] = NAN;
	check_nan(confusion_auc(scores, (size_t[]){3, 4}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scores_by_their_definitions),
		cmocka_unit_test(a_class_without_samples),
		cmocka_unit_test(area_by_pairs),
		cmocka_unit_test(area_of_known_scores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
