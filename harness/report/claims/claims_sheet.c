/* Claims as a table. */
#include "harness/report/claims/claims_sheet.h"
#include "harness/report/records/column.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/stat.h"
#include "harness/spec/bind/bind.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

const char claims_sheet_note[] =
	"Measured: the mean over repetitions with Student's 95 % interval (of a ratio the "
	"geometric "
	"mean; where repetitions split the same data anew, or into folds, their overlap is taken "
	"into account, "
	"Nadeau and Bengio 2003). Confirmed: the interval lies within what is claimed; "
	"contradicted: "
	"it misses that by more than the margin; not confirmed: it reaches out of it, by no more "
	"than the margin; undecided: the interval is too wide to tell.";

enum {
	CLAIM,
	PLACE,
	DATA,
	STATISTIC,
	PUBLISHED,
	CLAIMED,
	MEASURED,
	MEDIAN,
	REPETITIONS,
	VERDICT,
	DEVIATIONS,
	COLUMNS
};

/* Accuracies, F1 and recalls are shown in per cent. */
static double factor_of(const struct claim_options *claim)
{
	const char *column = claim->trace == SCALAR_UNSET_INT ? claim_columns[claim->of]
							      : claim_traces[claim->trace];
	bool relative = claim->statistic == CLAIM_RATIO || claim->statistic == CLAIM_SLOPE ||
			claim->fit != CLAIM_FIT_NONE;

	bool share = strstr(column, "accuracy") || strstr(column, "macro_f1") ||
		     strstr(column, "recall");

	return share && !relative ? 100 : 1;
}

static const char *number(double value, const struct claim_options *claim, struct arena *arena)
{
	return arena_format(arena, "%.4g", factor_of(claim) * value);
}

/* As the spec has it. */
static const char *exactly(double value, const struct claim_options *claim, struct arena *arena)
{
	return arena_format(arena, "%.9g", factor_of(claim) * value);
}

static const char *with_where(const char *method, const struct text_map *where, struct arena *arena)
{
	for (size_t i = 0; i < where->count; i++)
		method = arena_format(arena, "%s, %s=%s", method, where->at[i].key,
				      where->at[i].text);
	return method;
}

/* "the best of adam, sgd" */
static const char *against_text(const struct texts *methods, struct arena *arena)
{
	const char *text = methods->count > 1 ? "the best of " : "";

	for (size_t i = 0; i < methods->count; i++)
		text = arena_format(arena, "%s%s%s", text, i ? ", " : "", methods->at[i]);
	return text;
}

static const char *quantile_text(double quantile, struct arena *arena)
{
	if (isnan(quantile))
		return "";
	if (quantile <= 0)
		return "smallest ";
	if (quantile >= 1)
		return "largest ";
	return arena_format(arena, "%.3g-quantile of ", quantile);
}

static const char *statistic_text(const struct claim_options *c, struct arena *arena)
{
	bool traced = c->trace != SCALAR_UNSET_INT, percent = factor_of(c) > 1;
	const char *of =
		column_label(traced ? claim_traces[c->trace] : claim_columns[c->of], arena);
	const char *a = with_where(c->method, &c->where, arena), *b = "";
	const char *part = quantile_text(c->quantile, arena);

	if (c->fit == CLAIM_FIT_GEOMETRIC)
		of = arena_format(arena,
				  "residual of a power law over that of a geometric rate, %s", of);
	if (!isnan(c->iteration))
		of = arena_format(arena, "%s at iteration %g", of, c->iteration);
	if (claim_of_end(c))
		b = "the same at the end";
	else if (c->against.count)
		b = with_where(against_text(&c->against, arena), &c->where_against, arena);
	if (c->statistic == CLAIM_DIFFERENCE)
		return arena_format(arena, "%s%s%s: %s less %s", part, of,
				    percent ? " in points" : "", a, b);
	if (c->statistic == CLAIM_RATIO)
		return arena_format(arena, "%sratio of %s: %s to %s", part, of, a, b);
	if (c->statistic == CLAIM_SLOPE)
		return arena_format(arena, "log-log slope of %s along %s: %s", of, c->x, a);
	return arena_format(arena, "%s%s%s: %s", part, of, percent ? " in %" : "", a);
}

static const char *claimed_text(const struct claim_options *c, struct arena *arena)
{
	const char *low = isnan(c->at_least) ? "" : exactly(c->at_least, c, arena);
	const char *high = isnan(c->at_most) ? "" : exactly(c->at_most, c, arena);
	const char *text = *low && *high ? arena_format(arena, "%s to %s", low, high)
			   : *low        ? arena_format(arena, "at least %s", low)
					 : arena_format(arena, "at most %s", high);

	if (!(c->margin > 0))
		return text;
	return arena_format(arena, "%s, margin %s", text,
			    c->statistic == CLAIM_RATIO
				    ? arena_format(arena, "%.3g %%", 100 * c->margin)
				    : exactly(c->margin, c, arena));
}

static const char *verdict_text(const struct claim_case *at, struct arena *arena)
{
	if (*at->note)
		return arena_format(arena, "%s: %s", finding_names[at->verdict], at->note);
	if (at->verdict != FINDING_UNDECIDED)
		return finding_names[at->verdict];
	if (at->more == SIZE_MAX)
		return "undecided: more repetitions would not tell";
	return arena_format(arena, "undecided (needs %zu more repetition%s)", at->more,
			    at->more == 1 ? "" : "s");
}

static void put_row(struct sheet *sheet, size_t row, const struct claim_options *c,
		    const struct claim_case *at, struct arena *arena)
{
	const struct student *s = &at->interval;
	const char *text = "";

	sheet_set(sheet, row, CLAIM, c->claim);
	sheet_set(sheet, row, PLACE, c->place);
	sheet_set(sheet, row, DATA, at->problem);
	sheet_set(sheet, row, STATISTIC, statistic_text(c, arena));
	sheet_set(sheet, row, PUBLISHED, c->published);
	sheet_set(sheet, row, CLAIMED, claimed_text(c, arena));
	if (!isnan(s->low))
		sheet_set(sheet, row, MEASURED,
			  arena_format(arena, "%s [%s, %s]", number(s->mean, c, arena),
				       number(s->low, c, arena), number(s->high, c, arena)));
	else if (!isnan(s->mean))
		sheet_set(sheet, row, MEASURED, number(s->mean, c, arena));
	if (!isnan(at->median))
		sheet_set(sheet, row, MEDIAN, number(at->median, c, arena));
	sheet_set(sheet, row, REPETITIONS,
		  at->left_out
			  ? arena_format(arena, "%zu, %zu without a value", at->used, at->left_out)
			  : arena_format(arena, "%zu", at->used));
	sheet_set(sheet, row, VERDICT, verdict_text(at, arena));
	for (size_t i = 0; i < c->deviations.count; i++)
		text = arena_format(arena, "%s%s%s", text, i ? "; " : "", c->deviations.at[i]);
	sheet_set(sheet, row, DEVIATIONS, text);
	if (at->verdict == FINDING_CONTRADICTED)
		sheet->state[row] = "bad";
}

struct sheet claims_sheet(const struct claims *claims, struct arena *arena)
{
	static const char *const heads[COLUMNS] = {
		"claim",    "place",  "data",        "statistic", "published", "claimed",
		"measured", "median", "repetitions", "verdict",   "deviations"};
	struct sheet sheet;
	size_t rows = 0;

	for (size_t i = 0; i < claims->count; i++)
		rows += claims->at[i].count;
	sheet = sheet_new(arena, rows, COLUMNS);
	for (size_t k = 0; k < COLUMNS; k++) {
		sheet.head[k] = heads[k];
		sheet.numeric[k] = k == MEASURED || k == MEDIAN;
	}
	rows = 0;
	for (size_t i = 0; i < claims->count; i++)
		for (size_t k = 0; k < claims->at[i].count; k++)
			put_row(&sheet, rows++, claims->at[i].claim, &claims->at[i].at[k], arena);
	sheet_drop_empty(&sheet, PLACE);
	return sheet;
}

void claims_sheet_page(const struct claims *claims, const struct experiment *experiment,
		       const struct records *records, FILE *to)
{
	/* everything that a cell took */
	static const char *const parts[] = {"load_s",      "setup_s",  "solve_s",  "eval_s",
					    "violation_s", "attack_s", "select_s", "certify_s"};
	struct sheet sheet = claims_sheet(claims, records->arena);
	size_t ok = 0;
	double seconds = 0;

	for (size_t i = 0; i < records->count; i++) {
		ok += records_ok(&records->at[i]);
		for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
			double part = records_number(&records->at[i].result, parts[k]);

			seconds += isnan(part) ? 0 : part;
		}
	}
	fprintf(to, "## %s\n\n", experiment->name);
	if (experiment->about && *experiment->about)
		fprintf(to, "%s%s\n\n", experiment->about,
			strchr(".?!", experiment->about[strlen(experiment->about) - 1]) ? "" : ".");
	fprintf(to,
		"`relubench run experiments/claims/%s.yaml`: %zu of %zu cells ok, %.3g s of work "
		"in "
		"all%s.\n%s.\n\n",
		experiment->name, ok, records->count, seconds, ending_caption(records),
		records->caption);
	sheet_markdown(&sheet, to);
	putc('\n', to);
}
