/* One stage after the other: the settings of a contest, which are compared, are ranked at each. */
#include "harness/sched/stage.h"
#include "harness/stats/sample.h"
#include "harness/store/result.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A setting in a contest. */
struct setting {
	size_t contest;
	size_t stage;   /* the last one that it is run in */
	const char *id; /* of its first cell of the stage */
	double score;   /* lower is better */
};

/* What is chosen from at once: all cells of an entry of `train` on a data set, or those of one
 * repetition and fold. */
struct contest {
	const struct halving_options *halving;
	size_t rungs;  /* at least 1 */
	size_t stages; /* rungs, and one more behind inner folds */
	bool waits;    /* some cell of the stage has not ended */
};

struct staging {
	struct plan *plan;
	struct arena *arena;
	size_t *setting_of, *stage_of; /* of each cell; stage 0: it waits for none */
	size_t setting_count, contest_count;
	struct setting *setting;
	struct contest *contest;
};

/* Contest, setting and stage of a cell. */
static void place(struct staging *s, struct index *contests, struct index *settings, size_t i)
{
	const struct cell *cell = s->plan->at[i].cell;
	struct cell plain = *cell; /* without the budget, which is the last one that is swept */
	bool inside = cell->data.split.inner > 0 && cell->train.select.by != SELECT_NONE;
	size_t rung = cell->rung > 0 ? (size_t)cell->rung : 1, contest;
	struct text key = text_new(s->arena);
	long per = cell->train.select.per;
	bool resampled = cell->data.split.folds > 0 || /* as cellfile.h has it, for the report */
			 (cell->data.split.test > 0 &&
			  strcmp(cell->data.source.item->name, "generate") != 0);

	if (!cell->rung && !inside)
		return;
	plain.swept_count -= cell->rung > 0;
	s->stage_of[i] = rung + (inside && !cell->data.split.inner_fold);
	text_format(&key, "%s\n%s", cell->data.name, cell->train.name);
	for (size_t k = 0; k < plain.swept_count; k++)
		if (strncmp(plain.swept[k].path, "data.", strlen("data.")) == 0)
			text_format(&key, "\n%s=%s", plain.swept[k].path, plain.swept[k].value);
	if (per == SELECT_PER_AUTO ? resampled : per == SELECT_PER_REPETITION)
		text_format(&key, "\n%ld fold %ld", cell->repetition, cell->data.split.fold);
	contest = index_place(contests, key.at, s->contest_count);
	if (contest == s->contest_count) {
		const struct halving_options *halving = &cell->train.halving;

		s->contest[contest] = (struct contest){
			halving, halving->rungs ? (size_t)halving->rungs : 1, 0, false};
		s->contest[contest].stages = s->contest[contest].rungs + inside;
		s->contest_count++;
	}
	s->setting_of[i] = index_place(
		settings,
		arena_format(s->arena, "%s\n%s", key.at, sched_swept(&plain, "\n", s->arena)),
		s->setting_count);
	if (s->setting_of[i] == s->setting_count)
		s->setting[s->setting_count++] = (struct setting){.contest = contest, .stage = 1};
}

/* Lower is better; a cell that is not ok counts as the worst. */
static double score_of(const struct planned *at)
{
	const struct entry_list *held = &at->record.selects, *own;
	long by = at->cell->train.select.by;
	double value = at->record.validation[by];

	if (!at->record.status || strcmp(at->record.status, cell_status_names[CELL_OK]) != 0)
		return HUGE_VAL;
	if (by == SELECT_VALIDATION_ROBUST_ACCURACY) {
		own = &at->request.entries.of[ENTRY_SELECT];
		value = NAN;
		for (size_t k = 0; k < own->count; k++) {
			size_t found = entries_find(held, own->at[k].key);

			value = found < held->count ? held->at[found].accuracy : NAN;
		}
	}
	if (rows_higher_is_better(select_scores[by]))
		value = -value;
	return isnan(value) ? HUGE_VAL : value;
}

/* Cells of a stage, those of a setting in a row, by repetition and fold. */
static int by_setting(const void *a, const void *b, void *context)
{
	const struct staging *s = context;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	const struct cell *x = s->plan->at[i].cell, *y = s->plan->at[k].cell;
	const long left[] = {(long)s->setting_of[i], x->repetition, x->data.split.fold,
			     x->data.split.inner_fold};
	const long right[] = {(long)s->setting_of[k], y->repetition, y->data.split.fold,
			      y->data.split.inner_fold};

	for (size_t f = 0; f < sizeof left / sizeof *left; f++)
		if (left[f] != right[f])
			return left[f] < right[f] ? -1 : 1;
	return 0;
}

/* Of a setting by its cells: a mean over the inner folds of each draw, then the median. */
static void score(struct staging *s, const size_t *cells, size_t count)
{
	struct setting *setting = &s->setting[s->setting_of[cells[0]]];
	double *means = ARENA_ARRAY(s->arena, double, count);
	size_t draws = 0;

	for (size_t i = 0, end; i < count; i = end) {
		const struct cell *first = s->plan->at[cells[i]].cell;
		double sum = 0;

		for (end = i; end < count; end++) {
			const struct planned *at = &s->plan->at[cells[end]];

			if (at->cell->repetition != first->repetition ||
			    at->cell->data.split.fold != first->data.split.fold)
				break;
			sum += score_of(at);
		}
		means[draws++] = sum / (double)(end - i);
	}
	setting->id = s->plan->at[cells[0]].cell->id;
	setting->score = sample_spread(means, draws).median;
}

static int by_score(const void *a, const void *b)
{
	const struct setting *x = *(const struct setting *const *)a;
	const struct setting *y = *(const struct setting *const *)b;

	if (x->contest != y->contest)
		return x->contest < y->contest ? -1 : 1;
	if (x->score != y->score)
		return x->score < y->score ? -1 : 1;
	return strcmp(x->id, y->id) ? strcmp(x->id, y->id) : (x > y) - (x < y);
}

/* The settings of the contests whose cells have ended go on to the next stage, the best of them. */
static void advance(struct staging *s, size_t stage)
{
	struct setting **at = ARENA_ARRAY(s->arena, struct setting *, s->setting_count);
	size_t count = 0;

	for (size_t i = 0; i < s->setting_count; i++) {
		const struct contest *contest = &s->contest[s->setting[i].contest];

		if (s->setting[i].stage == stage && stage < contest->stages && !contest->waits)
			at[count++] = &s->setting[i];
	}
	qsort(at, count, sizeof *at, by_score);
	for (size_t i = 0, end; i < count; i = end) {
		const struct contest *contest = &s->contest[at[i]->contest];
		size_t kept;

		for (end = i; end < count && at[end]->contest == at[i]->contest;)
			end++;
		kept = stage < contest->rungs ? spec_survivors(contest->halving, end - i) : 1;
		for (size_t k = i; k < i + kept; k++)
			at[k]->stage = stage + 1;
	}
}

/* False if no cell is of this stage or a later one. */
static bool run_stage(struct staging *s, size_t stage)
{
	size_t *cells = ARENA_ARRAY(s->arena, size_t, s->plan->count), count = 0;
	bool more = false;

	for (size_t i = 0; i < s->contest_count; i++)
		s->contest[i].waits = false;
	for (size_t i = 0; i < s->plan->count; i++) {
		const struct setting *setting = &s->setting[s->setting_of[i]];
		const struct planned_record *record = &s->plan->at[i].record;

		more |= s->stage_of[i] >= stage;
		if (s->stage_of[i] != stage || setting->stage != stage)
			continue;
		cells[count++] = i;
		/* one that was skipped is computed again where there is room, but has ended */
		s->contest[setting->contest].waits |=
			!record->done &&
			(!record->status ||
			 strcmp(record->status, cell_status_names[CELL_SKIPPED]) != 0);
	}
	qsort_r(cells, count, sizeof *cells, by_setting, s);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i; end < count && s->setting_of[cells[end]] == s->setting_of[cells[i]];)
			end++;
		score(s, cells + i, end - i);
	}
	advance(s, stage);
	return more;
}

void stage_choose(struct plan *plan, size_t most, struct arena *arena)
{
	struct index contests = index_new(0, arena), settings = index_new(0, arena);
	struct staging s = {.plan = plan, .arena = arena};
	size_t *moved = ARENA_ARRAY(arena, size_t, plan->count), kept = 0;

	s.setting_of = ARENA_ARRAY(arena, size_t, plan->count);
	s.stage_of = ARENA_ARRAY(arena, size_t, plan->count);
	s.setting = ARENA_ARRAY(arena, struct setting, plan->count + 1);
	s.contest = ARENA_ARRAY(arena, struct contest, plan->count);
	for (size_t i = 0; i < plan->count; i++)
		place(&s, &contests, &settings, i);
	for (size_t stage = 1; s.contest_count && run_stage(&s, stage);)
		stage++;

	/* those that are left close up; of equal cells the first one that is left is the first */
	for (size_t i = 0; i < plan->count; i++)
		moved[i] = SIZE_MAX;
	for (size_t i = 0; i < plan->count; i++) {
		struct planned at = plan->at[i];

		if (s.stage_of[i] > s.setting[s.setting_of[i]].stage)
			continue;
		if (moved[at.first] == SIZE_MAX)
			moved[at.first] = kept;
		at.first = moved[at.first];
		plan->at[kept++] = at;
	}
	plan->count = kept;
	plan->most = most;
}
