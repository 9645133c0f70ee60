/* How a classifier decides: counts of decisions by class, and the scores that follow from them. */
#ifndef STATS_CONFUSION_H
#define STATS_CONFUSION_H

#include "solvers/core/arena.h"

#include <stddef.h>

/* Of the samples of class c, count[c (k + 1) + j] were decided to be of class j, and those with
 * j = k of none: no output is above all others. With
 *
 *     n_c = sum_j count[c][j],   m_j = sum_c count[c][j],   recall_c = count[c][c] / n_c
 *
 * a score that needs every class is NaN where some class has no sample. */
struct confusion {
	size_t k;      /* classes, at least 2 */
	double *count; /* k x (k + 1), row by row */
};

/* Nothing decided yet. */
struct confusion confusion_new(size_t k, struct arena *arena);

/* One more sample of class c that was decided to be of class j, or of none (k). */
void confusion_add(struct confusion *counts, size_t c, size_t j);

/* n_c */
double confusion_samples(const struct confusion *counts, size_t c);

/* Largest n_c / n; NaN without samples. */
double confusion_majority(const struct confusion *counts);

/* Mean and least recall_c. */
double confusion_balanced_accuracy(const struct confusion *counts);
double confusion_worst_recall(const struct confusion *counts);

/* Mean over c of F1_c = 2 count[c][c] / (n_c + m_c). */
double confusion_macro_f1(const struct confusion *counts);

/* Area under the ROC curve of two classes: the share of pairs with a > b, pairs with a = b counted
 * half, of `count[0]` scores a of the positive and count[1] scores b of the negative class; by the
 * midranks of all of them (Mann, Whitney 1947). Both are sorted. NaN where a class has no sample or
 * a score is NaN. */
double confusion_auc(double *const scores[2], const size_t count[2]);

#endif
