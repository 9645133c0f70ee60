/* Rounding allowance of certificates (Higham 2002, Accuracy and Stability, section 3.1), and
 * certificates of several outputs, as many of one. */
#include "solvers/model/certify.h"

#include "solvers/core/blas.h"

#include <math.h>

double certify_gain(const struct net *net)
{
	double gain = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		gain += fabs((double)net->alpha[j]) *
			blas_norm((size_t)net->U.rows, mat_col(net->U, j));
	return gain;
}

double certify_noise(ptrdiff_t d, ptrdiff_t m, double gain, double reach)
{
	return REAL_EPSILON * (double)(d + m + 8) * gain * reach;
}

bool certify_applies(const struct certifier *certifier, const struct model_kind *kind)
{
	return certifier->margins ? certifier->kind == kind : kind->relu != NULL;
}

/* Samples of one class, and where they stand in the job. */
struct group {
	struct certify_job job; /* its network is the difference that is at hand */
	double *reach;          /* job.X.rows: |x|_2 + radius */
	ptrdiff_t *sample;      /* job.X.rows: rows of the job of all classes */
};

/* The samples of a class; on a counting arena all of them. */
static struct group group_of(const struct certify_job *all, const int *label, int class,
			     struct arena *arena)
{
	ptrdiff_t n = all->X.rows, d = all->X.cols, count = 0;
	ptrdiff_t *sample = ARENA_ARRAY(arena, ptrdiff_t, n);
	struct group group = {.sample = sample};
	struct threat threat = all->threat;
	double radius;
	real *y;

	for (ptrdiff_t k = 0; k < n; k++)
		if (arena_counts(arena) || label[k] == class)
			count++;
	y = ARENA_ARRAY(arena, real, count);
	group.job = (struct certify_job){.X = mat_new(arena, count, d),
					 .y = y,
					 .threat = all->threat,
					 .lower = ARENA_ARRAY(arena, double, count),
					 .upper = ARENA_ARRAY(arena, double, count),
					 .worst = mat_new(arena, count, d)};
	group.reach = ARENA_ARRAY(arena, double, count);
	if (arena_counts(arena))
		return group;
	threat.d = d;
	radius = threat.eps * sqrt(threat_reach(&threat));
	count = 0;
	for (ptrdiff_t k = 0; k < n; k++) {
		double square = 0;

		if (label[k] != class)
			continue;
		for (ptrdiff_t i = 0; i < d; i++) {
			mat_set(group.job.X, count, i, mat_get(all->X, k, i));
			square += (double)mat_get(all->X, k, i) * (double)mat_get(all->X, k, i);
		}
		group.reach[count] = sqrt(square) + radius;
		y[count] = 1;
		sample[count++] = k;
	}
	return group;
}

/* The bounds of the group against one rival lower those of the job. The two outputs are evaluated
 * apart, with a rounding of their own: `gain` is that of both. */
static void lower_by(const struct group *group, double gain, struct certify_job *all)
{
	for (ptrdiff_t r = 0; r < group->job.X.rows; r++) {
		ptrdiff_t k = group->sample[r];
		double noise =
			certify_noise(all->X.cols, group->job.net->U.cols, gain, group->reach[r]);

		all->lower[k] = fmin(all->lower[k], group->job.lower[r] - noise);
		if (!(group->job.upper[r] < all->upper[k]))
			continue;
		all->upper[k] = group->job.upper[r];
		for (ptrdiff_t i = 0; i < all->X.cols; i++)
			mat_set(all->worst, k, i, mat_get(group->job.worst, r, i));
	}
}

void certify_margins(const struct certifier *certifier, const void *options,
		     const struct model *model, const int *label, struct certify_job *job,
		     struct arena *arena)
{
	ptrdiff_t classes = model_outputs(model);
	struct model_layers all;
	real *alpha;
	double *gain; /* of each output */
	struct net net;

	if (certifier->margins) {
		certifier->margins(model, label, job, arena);
		return;
	}
	all = model->kind->relu(model);
	if (classes == 1) {
		net = net_output(all, 0);
		job->net = &net;
		certifier->run(options, job, arena);
		job->net = NULL;
		return;
	}
	alpha = ARENA_ARRAY(arena, real, all.U.cols);
	gain = ARENA_ARRAY(arena, double, classes);
	for (int c = 0; c < classes && !arena_counts(arena); c++) {
		net = net_output(all, c);
		gain[c] = certify_gain(&net);
	}
	for (ptrdiff_t k = 0; k < job->X.rows && !arena_counts(arena); k++)
		job->lower[k] = job->upper[k] = HUGE_VAL;
	for (int class = 0; class < classes; class ++) {
		struct arena scratch = arena_beside(arena);
		struct group group = group_of(job, label, class, &scratch);

		for (int rival = 0; rival < classes && group.job.X.rows > 0; rival++) {
			struct arena inner = arena_beside(&scratch);

			if (rival == class)
				continue;
			net = arena_counts(arena) ? net_output(all, class)
						  : net_difference(all, class, rival, alpha);
			group.job.net = &net;
			certifier->run(options, &group.job, &inner);
			if (!arena_counts(arena))
				lower_by(&group, gain[class] + gain[rival], job);
			arena_release(&inner);
		}
		arena_release(&scratch);
	}
}
