/* Descriptors and registries: everything a spec can name is a const descriptor in a file of its own
 * whose first member is a `struct desc`, and one line in a .def list.
 *
 * The tables are defined in harness/registry.c, the only file that names concrete algorithms. */
#ifndef CORE_DESC_H
#define CORE_DESC_H

#include "solvers/core/option.h"

#include <stddef.h>

enum kind {
	KIND_SOLVER,      /* struct trainer, solvers/solvers.def */
	KIND_BASELINE,    /* struct trainer, baselines/baselines.def */
	KIND_TRAINER,     /* both of the above: what `solver:` in a spec may name */
	KIND_U_UPDATE,    /* struct u_update, solvers/admm/u_updates.def */
	KIND_SCP_METHOD,  /* struct scp_method, solvers/scp/scp_methods.def */
	KIND_LOSS,        /* struct loss, solvers/loss/losses.def */
	KIND_PATTERNS,    /* struct pattern_source, solvers/gates/patterns.def */
	KIND_DATA,        /* struct source, harness/data/source/sources.def */
	KIND_GENERATOR,   /* struct generator, harness/data/generate/generators.def */
	KIND_PREPARE,     /* struct prepare, harness/data/prepare/prepare.def */
	KIND_ATTACK,      /* struct attack, solvers/attack/attacks.def */
	KIND_CERTIFICATE, /* struct certifier, solvers/certify/certificates.def */
	KIND_MODEL,       /* struct model_kind, solvers/model/kinds.def */
	KIND_PLOT,        /* struct plot, harness/report/plots/plots.def */
	KIND_EXECUTOR,    /* struct executor, harness/executor/executors.def */
	KIND_ENGINE,      /* struct engine, harness/engine/engines.def */
	KIND_COUNT
};

struct desc {
	const char *name;             /* as a spec writes it */
	const char *doc;              /* one line */
	const char *cite;             /* citation key or "" */
	const struct option *options; /* rows, or NULL */
	size_t size;                  /* of the options struct */
};

size_t registry_count(enum kind kind);
const struct desc *registry_at(enum kind kind, size_t index);
/* NULL if there is no such item. */
const struct desc *registry_find(enum kind kind, const char *name);
/* Plural, as the verb `list` takes it: "solvers", "u_updates", ... */
const char *registry_title(enum kind kind);

#endif
