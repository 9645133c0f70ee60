/* relubench bound DIR CELL: how far a stored network is from the best one of any width. */
#include "harness/cli/cli.h"
#include "harness/merge/repeat.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/global_bound.h"
#include "harness/store/rows.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static const char solver[] = "all_networks";
static const double usual_s = 60;

static void print(const struct cli_args *args, const char *id, const struct result *stored,
		  const struct result *bound)
{
	double value = stored->objective_network, lower = bound->lower_bound;
	double share = global_bound_above(value, lower);

	if (args->json) {
		json_t *out = json_pack("{s:s, s:s, s:s}", "cell", id, "data", stored->data,
					"method", stored->method);

		json_object_set_new(out, "objective_network", field_json_number(value));
		json_object_set_new(out, "lower_bound", field_json_number(lower));
		json_object_set_new(out, "above_bound", field_json_number(share));
		json_object_set_new(out, "seconds",
				    field_json_number(bound->setup_s + bound->solve_s));
		json_object_set_new(out, "outcome", field_json_text(bound->outcome));
		cli_print_json(out);
		return;
	}
	printf("%s: %s on %s\n", id, stored->method, stored->data);
	if (!isnan(value))
		printf("network objective        %.10g\n", value);
	printf("bound over all networks  %.10g (%s after %.3g s)\n", lower,
	       bound->outcome ? bound->outcome : "unknown", bound->setup_s + bound->solve_s);
	if (!isnan(share))
		printf("The network is at most %.3g %% above the best network of any width.\n",
		       100 * share);
}

static enum status bound(struct cli_args *args, const char *folder, const char *id, struct err *err)
{
	struct arena *arena = &args->arena;
	const struct repeat_order order = {
		cli_worker_folder(arena),
		args->data,
		{.name = "bound",
		 .solver = solver,
		 .seconds = args->seconds > 0 ? args->seconds : usual_s}};
	struct result stored, found;
	const char *path = arena_format(arena, "%s/cells/%s/result.json", folder, id);

	TRY(result_read(path, arena, &stored, err));
	if (!comparable_is_network(&stored))
		return err_set(err, STATUS_SPEC,
			       "bound: expected a ReLU network, the objective of \"%s\" is that of "
			       "%s",
			       stored.method, stored.objective_of);
	TRY(repeat_with(folder, id, order, arena, &found, err));
	if (!found.status || strcmp(found.status, "ok") != 0)
		return err_at(err, STATUS_FAILED, (struct err_place){path, 0, 0}, "%s",
			      found.message ? found.message : "no bound was found");
	print(args, id, &stored, &found);
	if (global_bound_breaks(&stored, &found))
		return err_at(err, STATUS_FAILED, (struct err_place){path, 0, 0},
			      "the network is below the bound: one of the two is wrong");
	return STATUS_OK;
}

static int run(struct cli_args *args)
{
	char *folder = args->operand[0];
	const char *id = cli_find_cell(folder, args->operand[1], &args->arena);
	struct err err = {0};

	if (!id || !cli_find_data(args))
		return STATUS_ENV;
	return bound(args, folder, id, &err) == STATUS_OK ? STATUS_OK : cli_fail(&err);
}

static const struct cli_option options[] = {
	{.row = {OPTION_FIELD(struct cli_args, seconds), .initial = "60", .range = RANGE_ABOVE(0),
		 .unit = UNIT_SECONDS,
		 .doc = "that the bound may take after its setup, 60s by default"},
	 .argument = "TIME"},
	CLI_OPTION_JSON,
	CLI_OPTION_DATA,
	CLI_OPTIONS_END,
};

const struct cli_verb cmd_bound = {
	.name = "bound",
	.operands = "DIR CELL",
	.doc = "A lower bound over networks of any width on the data, loss and beta of a cell.",
	.least = 2,
	.most = 2,
	.options = options,
	.run = run,
};
