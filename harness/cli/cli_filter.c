/* What part of a plan a verb is about: --filter, --shard ("I/N"). */
#include "harness/cli/cli.h"
#include "harness/sched/filter.h"

#include <stdlib.h>
#include <string.h>

/* Digits only, and no more than an int holds: strtoul alone takes "-1" and blanks. */
static size_t count_of(const char *text, char end)
{
	size_t length = strspn(text, "0123456789");

	return length > 0 && length < 10 && text[length] == end ? strtoul(text, NULL, 10) : 0;
}

static enum status parse_shard(const char *text, struct sched_shard *out, struct err *err)
{
	const char *slash = text ? strchr(text, '/') : NULL;

	if (!text)
		return STATUS_OK;
	if (slash) {
		out->index = count_of(text, '/') - 1; /* of a 0 nothing is less than the count */
		out->count = count_of(slash + 1, '\0');
	}
	if (out->index < out->count)
		return STATUS_OK;
	return err_set(err, STATUS_SPEC,
		       "--shard: expected I/N with 1 <= I <= N, like 2/4, got \"%s\"", text);
}

enum status cli_plan(const struct cli_args *args, struct experiment *experiment,
		     struct arena *arena, struct plan *plan, struct sched_shard *shard,
		     struct err *err)
{
	*shard = (struct sched_shard){0};
	TRY(parse_shard(args->shard, shard, err));
	TRY(sched_plan(experiment, cli_folder(args, experiment, arena), arena, plan, err));
	TRY(filter_apply(plan, args->filter, err));
	sched_keep_shard(plan, *shard);
	return STATUS_OK;
}
