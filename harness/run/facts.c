/* Facts on activation patterns. See facts.h. */
#include "harness/run/facts.h"

#include "harness/store/rows.h"

enum status facts_write(const struct trainer *trainer, const void *state, const char *path,
			struct err *err)
{
	const struct pattern_fact *fact;
	struct csv csv;

	if (!trainer->pattern_facts)
		return STATUS_OK;
	fact = trainer->pattern_facts(state);
	TRY(field_open(&csv, path, &rows_patterns, err));
	for (ptrdiff_t i = 0; i < trainer->patterns_used(state); i++) {
		field_put_row(&csv, &rows_patterns,
			      &(struct pattern_row){.pattern = (double)i,
						    .source = fact[i].source,
						    .active_share = fact[i].active,
						    .largest_eps_lower = fact[i].lower,
						    .largest_eps_upper = fact[i].upper,
						    .verdict = pattern_verdicts[fact[i].verdict]});
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
