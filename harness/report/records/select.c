/* Choosing one setting of each method that asks for it. */
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "solvers/core/index.h"
#include "solvers/core/text.h"

#include <math.h>
#include <string.h>

const char *select_key(const struct group *group, struct arena *arena)
{
	return arena_format(arena, "%s\n%s", group->method, group->problem);
}

const char *select_criterion(const struct group *setting)
{
	bool rmse = false;

	if (setting->member[0]->select_by)
		return setting->member[0]->select_by;
	for (size_t i = 0; i < setting->count; i++) {
		if (!isnan(setting->member[i]->result.validation_accuracy))
			return "validation_accuracy";
		rmse = rmse || !isnan(setting->member[i]->result.validation_rmse);
	}
	return rmse ? "validation_rmse" : "validation_accuracy";
}

double select_score(const struct record *record, const char *by)
{
	double value = stat_column(record, by);

	if (!records_ok(record) || isnan(value))
		return HUGE_VAL;
	return rows_higher_is_better(by) ? -value : value;
}

bool select_per_repetition(const struct group *setting)
{
	const struct record *r = setting->member[0];

	if (r->select_per && strcmp(r->select_per, "auto") != 0)
		return strcmp(r->select_per, "repetition") == 0;
	return r->resampled;
}

/* The index of the setting that is best in a repetition, or `count` if none has a value. */
static size_t best_at(const struct group *const *setting, size_t count, const char *by,
		      const struct record *draw)
{
	size_t best = count;
	double least = HUGE_VAL;
	long rung = 0;

	for (size_t k = 0; k < count; k++) {
		const struct record *r = records_at_draw(setting[k], draw);
		double here = r ? select_score(r, by) : HUGE_VAL;

		if (r && r->rung > rung) {
			rung = r->rung;
			best = count;
			least = HUGE_VAL;
		}
		if (here < least && r->rung == rung) {
			least = here;
			best = k;
		}
	}
	return best;
}

const struct group *select_compose(const struct group *const *setting, size_t count, const char *by,
				   size_t *times, struct arena *arena)
{
	struct group *out = ARENA_NEW(arena, struct group);
	size_t members = 0, draws = 0;
	const struct record **draw;
	bool any = false;

	/* the repetitions and folds of any setting, each once */
	for (size_t k = 0; k < count; k++)
		members += setting[k]->count;
	draw = ARENA_ARRAY(arena, const struct record *, members);
	for (size_t k = 0; k < count; k++)
		for (size_t i = 0; i < setting[k]->count; i++) {
			const struct record *here = setting[k]->member[i];
			size_t at = 0;

			while (at < draws && !records_same_draw(&draw[at]->result, &here->result))
				at++;
			draw[at] = here;
			draws += at == draws;
		}

	*out = *setting[0];
	out->setting = "selected per repetition";
	out->composed = true;
	out->left_out = false;
	out->count = 0;
	out->member = ARENA_ARRAY(arena, const struct record *, draws);
	for (size_t i = 0; i < draws; i++) {
		size_t best = best_at(setting, count, by, draw[i]);

		any = any || best < count;
		times[best < count ? best : 0] += best < count;
		for (size_t k = 0; k < count && best == count; k++) /* all failed: one of them */
			best = records_at_draw(setting[k], draw[i]) ? k : best;
		out->member[out->count++] = records_at_draw(setting[best], draw[i]);
	}
	return any ? out : NULL;
}

/* The cells that are tested are those of the settings that the plan has chosen. */
static void compose_tested(struct search *search, struct arena *arena)
{
	struct group *out = ARENA_NEW(arena, struct group);
	size_t room = 0;

	for (size_t i = 0; i < search->tested_count; i++)
		room += search->tested[i]->count;
	*out = *search->tested[0];
	out->setting = "selected in inner folds";
	out->composed = true;
	out->count = 0;
	out->member = ARENA_ARRAY(arena, const struct record *, room);
	for (size_t i = 0; i < search->tested_count; i++) {
		const struct group *tested = search->tested[i];

		for (size_t k = 0; k < tested->count; k++)
			out->member[out->count++] = tested->member[k];
		for (size_t k = 0; k < search->count; k++)
			if (strcmp(search->setting[k]->setting, tested->setting) == 0)
				search->times[k] = tested->count;
	}
	search->per_repetition = true;
	search->chosen = out;
}

/* Per experiment by the median over all repetitions. The first of equals is kept: the order of the
 * spec. */
static void choose(struct search *search, struct arena *arena)
{
	double best = HUGE_VAL;
	long rung = 0;

	search->times = ARENA_ARRAY(arena, size_t, search->count);
	if (search->tested_count && search->count) {
		compose_tested(search, arena);
		return;
	}
	for (size_t i = 0; i < search->count; i++)
		if (search->setting[i]->member[0]->rung > rung)
			rung = search->setting[i]->member[0]->rung;
	search->per_repetition = search->by && search->count > 1 && !search->setting[0]->inner &&
				 select_per_repetition(search->setting[0]);
	if (search->per_repetition) {
		search->chosen = select_compose(search->setting, search->count, search->by,
						search->times, arena);
		return;
	}
	for (size_t i = 0; search->by && i < search->count; i++) {
		const struct group *setting = search->setting[i];
		double *values = ARENA_ARRAY(arena, double, setting->count), here;

		if (setting->inner || setting->member[0]->rung < rung)
			continue; /* inner: not tested yet */
		for (size_t k = 0; k < setting->count; k++)
			values[k] = select_score(setting->member[k], search->by);
		here = sample_spread(values, setting->count).median;
		if (here < best) {
			best = here;
			search->chosen = setting;
		}
	}
	for (size_t i = 0; search->chosen && i < search->count; i++)
		search->times[i] = search->setting[i] == search->chosen ? search->chosen->count : 0;
}

struct searches select_searches(const struct records *records)
{
	struct arena *arena = records->arena;
	struct index index = index_new(records->group_count, arena);
	size_t *place = ARENA_ARRAY(arena, size_t, records->group_count);
	struct searches out = {.at = ARENA_ARRAY(arena, struct search, records->group_count)};

	for (size_t g = 0; g < records->group_count; g++) {
		if (records->groups[g].composed)
			continue;
		place[g] = index_place(&index, select_key(&records->groups[g], arena), out.count);
		out.count += place[g] == out.count;
		out.at[place[g]].count++;
		out.at[place[g]].tested_count += records->groups[g].inner;
	}
	for (size_t i = 0; i < out.count; i++) {
		struct search *search = &out.at[i];

		search->setting = ARENA_ARRAY(arena, const struct group *, search->count);
		if (search->tested_count)
			search->tested = ARENA_ARRAY(arena, const struct group *, search->count);
		search->count = search->tested_count = 0;
	}
	for (size_t g = 0; g < records->group_count; g++) {
		struct search *search = &out.at[place[g]];
		const struct group *group = &records->groups[g];
		double sum;

		if (group->composed)
			continue;
		if (search->tested && !group->inner)
			search->tested[search->tested_count++] = group;
		else
			search->setting[search->count++] = group;
		sum = 0;
		for (size_t j = 0; j < group->count; j++) {
			const struct result *r = &group->member[j]->result;
			const double part[] = {r->load_s, r->setup_s, r->solve_s, r->eval_s,
					       r->select_s};

			for (size_t k = 0; k < sizeof part / sizeof *part; k++)
				sum += isnan(part[k]) ? 0 : part[k];
		}
		search->seconds += sum;
		if (!search->by)
			search->by = group->member[0]->select_by;
	}
	for (size_t i = 0; i < out.count; i++)
		choose(&out.at[i], arena);
	return out;
}

const char *select_tried(const struct search *search, struct arena *arena)
{
	struct text each = text_new(arena);
	size_t first = search->count;
	long rung = 1;

	for (; search->count && search->setting[0]->member[0]->rung > 0; rung++) {
		size_t here = 0;

		/* in one repetition and fold: so many go on in each of them */
		for (size_t i = 0; i < search->count; i++) {
			const struct record *r =
				records_at_draw(search->setting[i], search->setting[0]->member[0]);

			here += r && r->rung == rung;
		}
		if (!here)
			break;
		first = rung == 1 ? here : first;
		text_item(&each, ", ", "%zu", here);
	}
	return each.length ? arena_format(arena, "%zu in %ld rungs (%s)", first, rung - 1, each.at)
			   : arena_format(arena, "%zu", first);
}

bool select_is_flat(const struct search *search)
{
	return search->count && !search->tested && search->setting[0]->member[0]->rung == 0;
}

void select_settings(struct records *records)
{
	struct searches all = select_searches(records);
	struct arena *arena = records->arena;
	struct group *to = ARENA_ARRAY(arena, struct group, records->group_count + all.count);
	size_t *moved = ARENA_ARRAY(arena, size_t, records->group_count), count = 0;

	for (size_t i = 0; i < all.count; i++) {
		const struct search *search = &all.at[i];

		for (size_t k = 0; search->chosen && k < search->count; k++)
			records->groups[search->setting[k] - records->groups].left_out =
				search->setting[k] != search->chosen;
		for (size_t k = 0; k < search->tested_count; k++)
			records->groups[search->tested[k] - records->groups].left_out = true;
	}

	/* composed groups stand before the settings they are made of */
	for (size_t g = 0; g < records->group_count; g++) {
		for (size_t i = 0; i < all.count; i++) {
			const struct group *chosen = all.at[i].chosen;

			if (chosen && chosen->composed &&
			    all.at[i].setting[0] == &records->groups[g])
				to[count++] = *chosen;
		}
		moved[g] = count;
		to[count++] = records->groups[g];
	}
	for (size_t i = 0; i < records->count; i++)
		records->at[i].group = moved[records->at[i].group];
	records->groups = to;
	records->group_count = count;
}
