/* Facts on activation patterns. See facts.h. */
#include "harness/run/facts.h"

#include "harness/store/dictionary.h"

enum status facts_write(const struct trainer *trainer, const void *state, const char *path,
			struct err *err)
{
	const struct pattern_fact *fact;
	struct csv csv;

	if (!trainer->pattern_facts)
		return STATUS_OK;
	fact = trainer->pattern_facts(state);
	TRY(dictionary_open(&csv, path, dictionary_patterns, err));
	for (ptrdiff_t i = 0; i < trainer->patterns_used(state); i++) {
		csv_number(&csv, (double)i);
		csv_text(&csv, fact[i].source);
		csv_number(&csv, fact[i].active);
		csv_number(&csv, fact[i].lower);
		csv_number(&csv, fact[i].upper);
		csv_text(&csv, pattern_verdicts[fact[i].verdict]);
		csv_end_row(&csv);
	}
	return csv_close(&csv, err);
}

bool facts_exclude_all(const struct trainer *trainer, const void *state)
{
	const struct pattern_fact *fact =
		trainer->pattern_facts ? trainer->pattern_facts(state) : NULL;

	for (ptrdiff_t i = 0; fact && i < trainer->patterns_used(state); i++)
		if (fact[i].verdict != PATTERN_EXCLUDED)
			return false;
	return fact != NULL;
}
