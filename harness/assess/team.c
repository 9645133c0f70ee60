/* Samples over ranks. See team.h. */
#include "harness/assess/team.h"

#include "harness/spec/spec.h"
#include "solvers/core/desc.h"

#include <omp.h>
#include <stdint.h>
#include <string.h>

enum {
	BLOCK = 256, /* samples of a thread: the chunk that attacks and certificates work on */
	NAME = 32
};

enum list { LIST_ATTACK, LIST_SELECT, LIST_CERTIFY, LIST_END };

/* What the first rank says before anything else: who computes what. */
struct heading {
	enum list list; /* LIST_END: nothing more */
	size_t entry;
	ptrdiff_t n, block;
	struct model_size size;
	char kind[NAME];
	enum norm norm;
	double eps;
	uint64_t seed;
	bool lower, upper, frozen, y, label;
};

/* An attack or a certificate on the samples of a rank, or on all. */
struct task {
	struct heading head;
	const void *entry; /* struct attack_options, struct certify_options */
	const struct model *model;
	struct threat threat;
	struct mat X, worst;
	real *y;
	int *label;
	real *margin;          /* of an attack */
	double *lower, *upper; /* of a certificate */
};

static ptrdiff_t block_rows(void)
{
	return (ptrdiff_t)BLOCK * omp_get_max_threads();
}

/* Whole blocks, as even as can be. */
static struct ranks_rows rows_of(int rank, int count, ptrdiff_t n, ptrdiff_t block)
{
	struct ranks_rows blocks = ranks_rows_of(rank, count, (n + block - 1) / block);
	ptrdiff_t first = blocks.first * block, end = first + blocks.rows * block;

	first = first < n ? first : n;
	return (struct ranks_rows){first, (end < n ? end : n) - first};
}

struct ranks_rows team_rows(const struct ranks *ranks, ptrdiff_t n)
{
	return rows_of(ranks_at(ranks), ranks_count(ranks), n, block_rows());
}

/* --- one block after the other ------------------------------------------------------------------
 */

/* Those arrays that there are. */
static void *behind(void *at, ptrdiff_t first, size_t size)
{
	return at ? (char *)at + (size_t)first * size : NULL;
}

static void attack_block(const struct task *t, struct ranks_rows rows, ptrdiff_t before,
			 struct arena *arena)
{
	const struct attack_options *o = t->entry;
	struct attack_job job = {.model = t->model,
				 .X = mat_rows(t->X, rows.first, rows.rows),
				 .y = behind(t->y, rows.first, sizeof *t->y),
				 .label = behind(t->label, rows.first, sizeof *t->label),
				 .threat = t->threat,
				 .seed = t->head.seed,
				 .first = before + rows.first,
				 .worst = mat_rows(t->worst, rows.first, rows.rows),
				 .margin = t->margin + rows.first};

	((const struct attack *)(const void *)o->attack.item)->run(o->attack.options, &job, arena);
}

static void certify_block(const struct task *t, struct ranks_rows rows, struct arena *arena)
{
	const struct certify_options *o = t->entry;
	struct certify_job job = {.X = mat_rows(t->X, rows.first, rows.rows),
				  .y = behind(t->y, rows.first, sizeof *t->y),
				  .threat = t->threat,
				  .lower = behind(t->lower, rows.first, sizeof *t->lower),
				  .upper = behind(t->upper, rows.first, sizeof *t->upper),
				  .worst = mat_rows(t->worst, rows.first, rows.rows)};

	certify_margins((const struct certifier *)(const void *)o->certificate.item,
			o->certificate.options, t->model,
			behind(t->label, rows.first, sizeof *t->label), &job, arena);
}

/* The first `rows` samples of the task, of which the first one is number `before` of all. */
static void compute(const struct task *t, ptrdiff_t rows, ptrdiff_t before,
		    const struct arena *beside)
{
	for (ptrdiff_t first = 0; first < rows; first += t->head.block) {
		struct arena arena = arena_beside(beside);
		ptrdiff_t left = rows - first;
		struct ranks_rows block = {first, left < t->head.block ? left : t->head.block};

		if (t->head.list == LIST_CERTIFY)
			certify_block(t, block, &arena);
		else
			attack_block(t, block, before, &arena);
		left = arena_counts(&arena) ? 0 : left;
		arena_release(&arena);
		if (left == 0) /* one block is as large as another */
			return;
	}
}

/* --- there and back -----------------------------------------------------------------------------
 */

enum way { THERE, BACK };

/* `size` bytes of each sample: those of a rank, of the array of all on the first one. */
static void move(struct ranks *ranks, const struct heading *h, enum way way, void *all, void *mine,
		 size_t size)
{
	for (int r = 1; r < ranks->count; r++) {
		struct ranks_rows rows = rows_of(r, ranks->count, h->n, h->block);
		void *part = behind(all, rows.first, size);

		if (rows.rows > 0)
			ranks_hand(ranks, way == THERE ? 0 : r, way == THERE ? r : 0,
				   way == THERE ? part : mine, way == THERE ? mine : part,
				   (size_t)rows.rows * size);
	}
}

/* The same of rows, which the first rank packs. */
static void move_rows(struct ranks *ranks, const struct heading *h, enum way way, struct mat mat)
{
	for (int r = 1; r < ranks->count; r++) {
		struct ranks_rows rows = rows_of(r, ranks->count, h->n, h->block);
		size_t bytes = (size_t)(rows.rows * mat.cols) * sizeof(real);
		struct arena scratch = {0};
		struct mat all = {0}, packed = mat;

		if (rows.rows == 0)
			continue;
		if (ranks->rank == 0) {
			all = mat_rows(mat, rows.first, rows.rows);
			packed = (struct mat){rows.rows, mat.cols, rows.rows,
					      ARENA_ARRAY(&scratch, real, rows.rows * mat.cols)};
		}
		if (ranks->rank == 0 && way == THERE)
			mat_copy(packed, all);
		ranks_hand(ranks, way == THERE ? 0 : r, way == THERE ? r : 0, packed.at, packed.at,
			   bytes);
		if (ranks->rank == 0 && way == BACK)
			mat_copy(all, packed);
		arena_release(&scratch);
	}
}

static void share_model(struct ranks *ranks, const struct model *model)
{
	for (const struct model_array *a = model->kind->arrays; a->name; a++) {
		struct model_part part = model_part(model, a);
		size_t bytes = (size_t)part.rows * sizeof(real);

		if (part.vector)
			ranks_share(ranks, 0, part.vector, bytes);
		for (ptrdiff_t j = 0; part.mat && j < part.cols; j++)
			ranks_share(ranks, 0, mat_col(*part.mat, j), bytes);
	}
}

/* Model and threat, to all; the first rank has them. */
static void share(struct ranks *ranks, struct task *t, struct arena *arena)
{
	const struct heading *h = &t->head;
	size_t d = (size_t)h->size.d;

	share_model(ranks, t->model);
	t->threat.norm = h->norm;
	t->threat.eps = h->eps;
	t->threat.d = h->size.d;
	if (h->lower)
		t->threat.lower = ranks_shared(ranks, t->threat.lower, d * sizeof(real), arena);
	if (h->upper)
		t->threat.upper = ranks_shared(ranks, t->threat.upper, d * sizeof(real), arena);
	if (h->frozen)
		t->threat.frozen = ranks_shared(ranks, t->threat.frozen, d * sizeof(bool), arena);
}

/* Samples and where their search begins; the results. */
static void move_task(struct ranks *ranks, const struct task *t, enum way way)
{
	const struct heading *h = &t->head;

	if (way == THERE) {
		move_rows(ranks, h, way, t->X);
		if (h->y)
			move(ranks, h, way, t->y, t->y, sizeof *t->y);
		if (h->label)
			move(ranks, h, way, t->label, t->label, sizeof *t->label);
	}
	if (way == BACK || h->list != LIST_CERTIFY)
		move_rows(ranks, h, way, t->worst);
	if (h->list != LIST_CERTIFY) {
		move(ranks, h, way, t->margin, t->margin, sizeof *t->margin);
	} else if (way == BACK) {
		move(ranks, h, way, t->lower, t->lower, sizeof *t->lower);
		move(ranks, h, way, t->upper, t->upper, sizeof *t->upper);
	}
}

/* --- the first rank -----------------------------------------------------------------------------
 */

/* Which entry of the cell it is; false: of another one. */
static bool find(const struct cell *cell, struct task *t)
{
	const struct attack_options *attack = cell->attack.at, *selects = cell->selects.at;
	const struct certify_options *certify = cell->certify.at;
	bool found = false;

	for (size_t i = 0; i < cell->attack.count && !found; t->head.entry = i++)
		found = &attack[i] == t->entry;
	for (size_t i = 0; i < cell->certify.count && !found; t->head.entry = i++)
		found = &certify[i] == t->entry;
	if (found)
		return true;
	t->head.list = LIST_SELECT;
	for (size_t i = 0; i < cell->selects.count && !found; t->head.entry = i++)
		found = &selects[i] == t->entry;
	return found;
}

static void describe(struct task *t)
{
	struct heading *h = &t->head;

	h->size = model_size(t->model);
	strncpy(h->kind, t->model->kind->base.name, sizeof h->kind - 1);
	h->norm = t->threat.norm;
	h->eps = t->threat.eps;
	h->lower = t->threat.lower;
	h->upper = t->threat.upper;
	h->frozen = t->threat.frozen;
	h->y = t->y;
	h->label = t->label;
}

static void run(const struct team *s, struct task *t, const struct arena *beside)
{
	struct ranks *ranks = s ? s->ranks : NULL;
	struct arena none = {0}; /* it has its threat */

	t->head.n = t->X.rows;
	t->head.block = block_rows();
	if (ranks_count(ranks) < 2 || !find(s->cell, t)) {
		compute(t, t->head.n, 0, beside);
		return;
	}
	describe(t);
	ranks_share(ranks, 0, &t->head, sizeof t->head);
	share(ranks, t, &none);
	move_task(ranks, t, THERE);
	compute(t, rows_of(0, ranks->count, t->head.n, t->head.block).rows, 0, beside);
	move_task(ranks, t, BACK);
}

/* What the caller may only read is only read. */
static void *reads(const void *at)
{
	return (void *)(uintptr_t)at;
}

void team_attack(const struct team *team, const struct aim *aim, struct attack_job *job,
		 const struct arena *beside)
{
	struct task task = {.head = {.list = LIST_ATTACK, .seed = job->seed},
			    .entry = aim->entry,
			    .model = job->model,
			    .threat = job->threat,
			    .X = job->X,
			    .worst = job->worst,
			    .y = reads(job->y),
			    .label = reads(job->label),
			    .margin = job->margin};

	run(team, &task, beside);
}

void team_certify(const struct team *team, const struct aim *aim, const struct model *model,
		  const int *label, struct certify_job *job, const struct arena *beside)
{
	struct task task = {.head.list = LIST_CERTIFY,
			    .entry = aim->entry,
			    .model = model,
			    .threat = job->threat,
			    .X = job->X,
			    .worst = job->worst,
			    .y = reads(job->y),
			    .label = reads(label),
			    .lower = job->lower,
			    .upper = job->upper};

	run(team, &task, beside);
}

void team_end(const struct team *team)
{
	struct heading end = {.list = LIST_END};

	ranks_share(team->ranks, 0, &end, sizeof end);
}

/* --- the others ---------------------------------------------------------------------------------
 */

static const void *entry_of(const struct cell *cell, const struct heading *h)
{
	const struct attack_options *attack = cell->attack.at, *selects = cell->selects.at;
	const struct certify_options *certify = cell->certify.at;

	if (h->list == LIST_CERTIFY)
		return &certify[h->entry];
	return h->list == LIST_ATTACK ? &attack[h->entry] : &selects[h->entry];
}

/* Room for `rows` samples. */
static struct task task_new(const struct cell *cell, const struct heading *h, ptrdiff_t rows,
			    struct arena *arena)
{
	bool certify = h->list == LIST_CERTIFY;
	const struct model_kind *kind =
		(const struct model_kind *)(const void *)registry_find(KIND_MODEL, h->kind);

	return (struct task){.head = *h,
			     .entry = entry_of(cell, h),
			     .model = model_new(kind, arena, h->size),
			     .X = mat_new(arena, rows, h->size.d),
			     .worst = mat_new(arena, rows, h->size.d),
			     .y = h->y ? ARENA_ARRAY(arena, real, rows) : NULL,
			     .label = h->label ? ARENA_ARRAY(arena, int, rows) : NULL,
			     .margin = certify ? NULL : ARENA_ARRAY(arena, real, rows),
			     .lower = certify ? ARENA_ARRAY(arena, double, rows) : NULL,
			     .upper = certify ? ARENA_ARRAY(arena, double, rows) : NULL};
}

void team_serve(const struct team *team)
{
	struct ranks *ranks = team->ranks;
	struct heading h;

	ranks_share(ranks, 0, &h, sizeof h);
	while (h.list != LIST_END) {
		struct ranks_rows rows = rows_of(ranks->rank, ranks->count, h.n, h.block);
		struct arena arena = {0};
		struct task task = task_new(team->cell, &h, rows.rows, &arena);

		share(ranks, &task, &arena);
		move_task(ranks, &task, THERE);
		compute(&task, rows.rows, rows.first, &arena);
		move_task(ranks, &task, BACK);
		arena_release(&arena);
		ranks_share(ranks, 0, &h, sizeof h);
	}
}
