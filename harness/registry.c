/* The one place that names concrete algorithms: it turns the .def lists into tables. */
#include "baselines/baseline.h"
#include "harness/data/data.h"
#include "harness/data/generate/generate.h"
#include "harness/engine/engine.h"
#include "harness/executor/executor.h"
#include "harness/report/figure/plot.h"
#include "solvers/admm/u_update.h"
#include "solvers/core/desc.h"
#include "solvers/gates/pattern.h"
#include "solvers/loss/loss.h"
#include "solvers/model/attack.h"
#include "solvers/model/certify.h"
#include "solvers/model/trainer.h"
#include "solvers/scp/scp.h"

#include <string.h>

#define ITEM(symbol) extern const struct trainer symbol;
#include "baselines/baselines.def"
#include "solvers/solvers.def"
#undef ITEM
#define ITEM(symbol) extern const struct u_update symbol;
#include "solvers/admm/u_updates.def"
#undef ITEM
#define ITEM(symbol) extern const struct scp_method symbol;
#include "solvers/scp/scp_methods.def"
#undef ITEM
#define ITEM(symbol) extern const struct loss symbol;
#include "solvers/loss/losses.def"
#undef ITEM
#define ITEM(symbol) extern const struct pattern_source symbol;
#include "solvers/gates/patterns.def"
#undef ITEM
#define ITEM(symbol) extern const struct source symbol;
#include "harness/data/source/sources.def"
#undef ITEM
#define ITEM(symbol) extern const struct generator symbol;
#include "harness/data/generate/generators.def"
#undef ITEM
#define ITEM(symbol) extern const struct prepare symbol;
#include "harness/data/prepare/prepare.def"
#undef ITEM
#define ITEM(symbol) extern const struct attack symbol;
#include "solvers/attack/attacks.def"
#undef ITEM
#define ITEM(symbol) extern const struct certifier symbol;
#include "solvers/certify/certificates.def"
#undef ITEM
#define ITEM(symbol) extern const struct model_kind symbol;
#include "solvers/model/kinds.def"
#undef ITEM
#define ITEM(symbol) extern const struct plot symbol;
#include "harness/report/plots/plots.def"
#undef ITEM
#define ITEM(symbol) extern const struct executor symbol;
#include "harness/executor/executors.def"
#undef ITEM
#define ITEM(symbol) extern const struct engine symbol;
#include "harness/engine/engines.def"
#undef ITEM

#define ITEM(symbol) &symbol.base,
static const struct desc *const solvers[] = {
#include "solvers/solvers.def"
	NULL};
static const struct desc *const baselines[] = {
#include "baselines/baselines.def"
	NULL};
static const struct desc *const trainers[] = {
#include "baselines/baselines.def"
#include "solvers/solvers.def"
	NULL};
static const struct desc *const u_updates[] = {
#include "solvers/admm/u_updates.def"
	NULL};
static const struct desc *const scp_methods[] = {
#include "solvers/scp/scp_methods.def"
	NULL};
static const struct desc *const losses[] = {
#include "solvers/loss/losses.def"
	NULL};
static const struct desc *const pattern_sources[] = {
#include "solvers/gates/patterns.def"
	NULL};
static const struct desc *const sources[] = {
#include "harness/data/source/sources.def"
	NULL};
static const struct desc *const generators[] = {
#include "harness/data/generate/generators.def"
	NULL};
static const struct desc *const prepares[] = {
#include "harness/data/prepare/prepare.def"
	NULL};
static const struct desc *const attacks[] = {
#include "solvers/attack/attacks.def"
	NULL};
static const struct desc *const certificates[] = {
#include "solvers/certify/certificates.def"
	NULL};
static const struct desc *const models[] = {
#include "solvers/model/kinds.def"
	NULL};
static const struct desc *const plots[] = {
#include "harness/report/plots/plots.def"
	NULL};
static const struct desc *const executors[] = {
#include "harness/executor/executors.def"
	NULL};
static const struct desc *const engines[] = {
#include "harness/engine/engines.def"
	NULL};
#undef ITEM

static const struct {
	const char *title;
	const struct desc *const *items;
} tables[KIND_COUNT] = {
	[KIND_SOLVER] = {"solvers", solvers},
	[KIND_BASELINE] = {"baselines", baselines},
	[KIND_TRAINER] = {"trainers", trainers},
	[KIND_U_UPDATE] = {"u_updates", u_updates},
	[KIND_SCP_METHOD] = {"scp_methods", scp_methods},
	[KIND_LOSS] = {"losses", losses},
	[KIND_PATTERNS] = {"patterns", pattern_sources},
	[KIND_DATA] = {"data", sources},
	[KIND_GENERATOR] = {"generators", generators},
	[KIND_PREPARE] = {"prepare", prepares},
	[KIND_ATTACK] = {"attacks", attacks},
	[KIND_CERTIFICATE] = {"certificates", certificates},
	[KIND_MODEL] = {"models", models},
	[KIND_PLOT] = {"plots", plots},
	[KIND_EXECUTOR] = {"executors", executors},
	[KIND_ENGINE] = {"engines", engines},
};

size_t registry_count(enum kind kind)
{
	size_t count = 0;

	while (tables[kind].items[count])
		count++;
	return count;
}

const struct desc *registry_at(enum kind kind, size_t index)
{
	return tables[kind].items[index];
}

const struct desc *registry_find(enum kind kind, const char *name)
{
	for (const struct desc *const *item = tables[kind].items; *item; item++)
		if (strcmp((*item)->name, name) == 0)
			return *item;
	return NULL;
}

const char *registry_title(enum kind kind)
{
	return tables[kind].title;
}
