/* How cells ended. */
#include "harness/report/records/ending.h"

#include <string.h>

/* Outcomes by their names in the record, and as tables say them. */
static const struct {
	const char *outcome, *words;
} endings[] = {{"converged", "converged"},
	       {"iteration_limit", "at the iteration limit"},
	       {"time_limit", "at the time limit"},
	       {"stalled", "stalled"},
	       {"diverged", "diverged"}};

enum { ENDINGS = sizeof endings / sizeof *endings };

static size_t count_of(const struct record *const *member, size_t count, const char *outcome)
{
	size_t here = 0;

	for (size_t i = 0; i < count; i++) {
		const char *text = records_text(&member[i]->result, "outcome");

		here += records_ok(member[i]) && text && (!outcome || strcmp(text, outcome) == 0);
	}
	return here;
}

const char *ending_text(const struct record *const *member, size_t count, struct arena *arena)
{
	size_t known = count_of(member, count, NULL);
	const char *text = "";

	if (!known)
		return text;
	text = arena_format(arena, "%zu of %zu %s", count_of(member, count, endings[0].outcome),
			    known, endings[0].words);
	for (size_t k = 1; k < ENDINGS; k++) {
		size_t here = count_of(member, count, endings[k].outcome);

		if (here)
			text = arena_format(arena, "%s, %zu %s", text, here, endings[k].words);
	}
	return text;
}

const char *ending_cell_timing(const struct record *record)
{
	return records_text(&record->result, "timing");
}

const char *ending_cell_date(const struct record *record)
{
	return records_text(&record->result, "date");
}

const char *ending_timing(const struct record *const *member, size_t count, struct arena *arena)
{
	size_t marked = 0, ok = 0;

	for (size_t i = 0; i < count; i++) {
		ok += records_ok(member[i]);
		marked += records_ok(member[i]) && ending_cell_timing(member[i]);
	}
	if (!marked)
		return NULL;
	return arena_format(arena, "timing disturbed (%zu of %zu)", marked, ok);
}

const char *ending_marks(const struct records *records)
{
	const struct record **all = records_all(records);
	struct arena *arena = records->arena;
	size_t known = count_of(all, records->count, NULL);
	const char *timing = ending_timing(all, records->count, arena), *text = "";

	if (known > count_of(all, records->count, endings[0].outcome))
		text = arena_format(arena, "; %s", ending_text(all, records->count, arena));
	return timing ? arena_format(arena, "%s; %s", text, timing) : text;
}

/* Date and time to the minute of an ISO 8601 text. */
static const char *minute_of(const char *date, struct arena *arena)
{
	enum { MINUTES = 16 }; /* "2026-11-28T10:00" */
	char *text = arena_format(arena, "%.*s", MINUTES, date);
	char *t = strchr(text, 'T');

	if (t)
		*t = ' ';
	return text;
}

const char *ending_caption(const struct records *records)
{
	struct arena *arena = records->arena;
	const char *first = NULL, *last = NULL, *text = ending_marks(records);

	for (size_t i = 0; i < records->count; i++) {
		const char *date = ending_cell_date(&records->at[i]);

		if (!date)
			continue;
		if (!first || strcmp(date, first) < 0)
			first = date;
		if (!last || strcmp(date, last) > 0)
			last = date;
	}
	if (!first)
		return text;
	first = minute_of(first, arena);
	last = minute_of(last, arena);
	if (strcmp(first, last) == 0)
		return arena_format(arena, "%s; computed %s", text, first);
	return arena_format(arena, "%s; computed %s to %s", text, first, last);
}
