/* Every attack and certificate over ranks: what one process finds, bit by bit. */
#include "harness/assess/team.h"
#include "harness/spec/spec.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/forked.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Three blocks of one thread, the last one smaller: of four ranks one has nothing to do. */
enum { N = 600, D = 4, CLASSES = 3, MOST = 20 };

/* Of little work. */
static const char *const attacks[][2] = {
	{"fgsm", "{}"},
	{"pgd", "{steps: 6, restarts: 3}"},
	{"apgd", "{steps: 8, restarts: 2}"},
	{"square", "{queries: 12, restarts: 2}"},
	{"fab", "{steps: 3, restarts: 2}"},
	{"paper", "{}"},
	{"worst", "{of: [fgsm, {pgd: {steps: 3, restarts: 2}}, {square: {queries: 5}}]}"},
	{"strong", "{of: [{apgd: {steps: 3}}, {pgd: {steps: 3, restarts: 2}}]}"},
	{"autoattack", "{of: [{apgd: {steps: 3, loss: cross_entropy}}, {fab: {steps: 2}}]}"},
};

static const char *const certificates[][2] = {
	{"interval", "{}"},       {"crown", "{steps: 20}"}, {"deepsplit", "{}"}, {"mixed", "{}"},
	{"exact", "{nodes: 10}"}, {"trust_region", "{}"},   {"biased", "{}"},
};

enum { ATTACKS = sizeof attacks / sizeof *attacks };
enum { CERTIFICATES = sizeof certificates / sizeof *certificates };

/* What is attacked: the same on every rank that has it. */
struct scene {
	struct arena arena;
	struct model *model;
	struct mat X;
	real *y;
	int *label; /* NULL: one output */
	struct threat threat;
};

struct trial {
	const char *kind;
	ptrdiff_t classes;
	enum norm norm;
	bool box;
};

static const struct trial trials[] = {
	{"relu", 1, NORM_LINF, false},        {"relu", 1, NORM_L2, true},
	{"relu", 1, NORM_L1, false},          {"relu_outputs", CLASSES, NORM_LINF, true},
	{"polynomial", 1, NORM_L2, false},    {"mixture", 1, NORM_L2, false},
	{"locally_biased", 1, NORM_L2, false}};

struct numbers {
	double value[2][N], worst[N][D]; /* margins, or bounds from below and above */
};

struct found {
	struct numbers of[MOST];
	bool there[MOST]; /* such a certificate there is */
};

static void fill(const struct model *model, struct rng *rng)
{
	for (const struct model_array *a = model->kind->arrays; a->name; a++) {
		struct model_part part = model_part(model, a);

		for (ptrdiff_t j = 0; j < part.cols; j++)
			for (ptrdiff_t i = 0; i < part.rows; i++)
				(part.vector ? part.vector : mat_col(*part.mat, j))[i] =
					(real)rng_normal(rng);
	}
}

static struct scene pose(const struct trial *t)
{
	const struct model_kind *kind =
		(const struct model_kind *)(const void *)registry_find(KIND_MODEL, t->kind);
	struct rng rng = rng_stream(5, "team", (uint64_t)t->norm);
	struct scene s = {0};
	struct model_work work;
	real *upper, *lower, *margin = ARENA_ARRAY(&s.arena, real, N);
	bool *frozen;

	s.model = model_new(kind, &s.arena, (struct model_size){D, 12, t->classes});
	fill(s.model, &rng);
	s.X = mat_new(&s.arena, N, D);
	toy_fill(s.X, &rng);
	s.y = ARENA_ARRAY(&s.arena, real, N);
	s.label = t->classes > 1 ? ARENA_ARRAY(&s.arena, int, N) : NULL;
	for (ptrdiff_t k = 0; k < N; k++) {
		s.y[k] = k % 5 > 2 ? 1 : -1;
		if (s.label)
			s.label[k] = (int)(k * k % CLASSES);
	}
	s.threat = (struct threat){.norm = t->norm, .eps = 0.3, .d = D};
	work = model_work_new(&s.arena, kind, model_size(s.model));
	if (t->classes == 1) { /* most are right */
		model_forward(s.model, s.X, margin, &work);
		for (ptrdiff_t k = 0; k < N; k++)
			s.y[k] = (margin[k] > 0) == (k % 4 > 0) ? 1 : -1;
	}
	if (!t->box)
		return s;
	upper = ARENA_ARRAY(&s.arena, real, D);
	lower = ARENA_ARRAY(&s.arena, real, D);
	frozen = ARENA_ARRAY(&s.arena, bool, D);
	for (ptrdiff_t j = 0; j < D; j++) {
		upper[j] = (real)(1 + 0.1 * (double)j);
		lower[j] = -upper[j];
		frozen[j] = j == 1;
	}
	s.threat.upper = upper;
	s.threat.lower = lower;
	s.threat.frozen = frozen;
	return s;
}

static struct desc const *item_of(enum kind kind, const char *name)
{
	return registry_find(kind, name);
}

/* A cell of all of them; every other attack selects. */
static struct cell cell_of(struct arena *arena)
{
	struct attack_options *attack = ARENA_ARRAY(arena, struct attack_options, ATTACKS),
			      *select = ARENA_ARRAY(arena, struct attack_options, ATTACKS);
	struct certify_options *certify = ARENA_ARRAY(arena, struct certify_options, CERTIFICATES);

	for (size_t i = 0; i < ATTACKS; i++) {
		const struct desc *item = item_of(KIND_ATTACK, attacks[i][0]);

		attack[i].attack.item = select[i].attack.item = item;
		attack[i].attack.options = select[i].attack.options =
			toy_options(item, attacks[i][1], arena);
	}
	for (size_t i = 0; i < CERTIFICATES; i++) {
		certify[i].certificate.item = item_of(KIND_CERTIFICATE, certificates[i][0]);
		certify[i].certificate.options =
			toy_options(certify[i].certificate.item, certificates[i][1], arena);
	}
	return (struct cell){.attack = {ATTACKS, attack},
			     .selects = {ATTACKS, select},
			     .certify = {CERTIFICATES, certify}};
}

static void keep_points(struct mat worst, struct numbers *out)
{
	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t j = 0; j < D; j++)
			out->worst[k][j] = (double)mat_get(worst, k, j);
}

static void attack(const struct team *team, const struct scene *s, size_t i, struct numbers *out)
{
	const struct attack_options *entries =
		i % 2 > 0 ? team->cell->selects.at : team->cell->attack.at;
	const struct aim aim = {.entry = &entries[i]};
	struct arena arena = {0};
	struct model_work work = model_work_new(&arena, s->model->kind, model_size(s->model));
	struct attack_job job = {.model = s->model,
				 .X = s->X,
				 .y = s->y,
				 .label = s->label,
				 .threat = s->threat,
				 .seed = 9,
				 .worst = mat_new(&arena, N, D),
				 .margin = ARENA_ARRAY(&arena, real, N)};
	const struct model_margin margins = {
		.y = {.n = N, .k = model_outputs(s->model), .at = s->y, .label = s->label},
		.margin = job.margin};

	mat_copy(job.worst, s->X);
	model_margin(s->model, s->X, &margins, &work);
	team_attack(team, &aim, &job, &(struct arena){0});
	for (ptrdiff_t k = 0; k < N; k++)
		out->value[0][k] = (double)job.margin[k];
	keep_points(job.worst, out);
	arena_release(&arena);
}

static bool certify(const struct team *team, const struct scene *s, size_t i, struct numbers *out)
{
	const struct certify_options *entries = team->cell->certify.at;
	const struct aim aim = {.entry = &entries[i]};
	struct arena arena = {0};
	struct certify_job job = {.X = s->X,
				  .y = s->y,
				  .threat = s->threat,
				  .lower = out->value[0],
				  .upper = out->value[1],
				  .worst = mat_new(&arena, N, D)};

	if (!certify_applies((const struct certifier *)(const void *)entries[i].certificate.item,
			     s->model->kind))
		return false;
	team_certify(team, &aim, s->model, s->label, &job, &(struct arena){0});
	keep_points(job.worst, out);
	arena_release(&arena);
	return true;
}

static void work_on(struct ranks *ranks, const void *given, void *out)
{
	const struct trial *trial = given;
	struct found *found = out;
	struct arena arena = {0};
	struct cell cell = cell_of(&arena);
	const struct team team = {ranks, &cell};
	struct scene scene;

	if (ranks_at(ranks) > 0) {
		team_serve(&team);
		return;
	}
	scene = pose(trial);
	for (size_t i = 0; i < ATTACKS; i++) {
		attack(&team, &scene, i, &found->of[i]);
		found->there[i] = true;
	}
	for (size_t i = 0; i < CERTIFICATES; i++)
		found->there[ATTACKS + i] = certify(&team, &scene, i, &found->of[ATTACKS + i]);
	team_end(&team);
	arena_release(&scene.arena);
	arena_release(&arena);
}

static void compare(const struct found *one, const struct found *all, const char *kind, int count)
{
	for (size_t i = 0; i < ATTACKS + CERTIFICATES; i++) {
		const struct numbers *a = &one->of[i], *b = &all->of[i];
		const char *name = i < ATTACKS ? attacks[i][0] : certificates[i - ATTACKS][0];

		for (size_t k = 0; k < N && memcmp(a, b, sizeof *a) != 0; k++)
			if (memcmp(a->worst[k], b->worst[k], sizeof a->worst[k]) != 0 ||
			    memcmp(&a->value[0][k], &b->value[0][k], sizeof(double)) != 0 ||
			    memcmp(&a->value[1][k], &b->value[1][k], sizeof(double)) != 0)
				fail_msg("%s of %s, sample %zu: %.17g on one process, %.17g on %d "
					 "ranks",
					 name, kind, k, a->value[0][k], b->value[0][k], count);
	}
}

/* Samples that an attack has moved. */
static size_t moved(const struct numbers *of, const struct numbers *other)
{
	size_t count = 0;

	for (size_t k = 0; k < N; k++)
		count += memcmp(of->worst[k], other->worst[k], sizeof of->worst[k]) != 0;
	return count;
}

static void ranks_find_the_bits_of_one_process(void **state)
{
	bool seen[CERTIFICATES] = {false};

	(void)state;
	for (size_t t = 0; t < sizeof trials / sizeof *trials; t++) {
		const struct found *one = forked_run(0, work_on, &trials[t], sizeof *one);

		assert_non_null(one);
		check_above((double)moved(&one->of[0], &one->of[1]),
			    N / 4.0); /* they do something */
		for (size_t i = 0; i < CERTIFICATES; i++)
			seen[i] |= one->there[ATTACKS + i];
		for (int count = 1; count <= 4; count += count) {
			const struct found *all =
				forked_run(count, work_on, &trials[t], sizeof *all);

			assert_non_null(all);
			compare(one, all, trials[t].kind, count);
		}
	}
	for (size_t i = 0; i < CERTIFICATES; i++)
		if (!seen[i])
			fail_msg("no model for certificate %s", certificates[i][0]);
}

/* A new one is to be looked at here. */
static void none_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(registry_count(KIND_ATTACK), ATTACKS);
	assert_int_equal(registry_count(KIND_CERTIFICATE), CERTIFICATES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_find_the_bits_of_one_process),
		cmocka_unit_test(none_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
