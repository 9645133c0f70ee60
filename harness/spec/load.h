/* From a file to an experiment. */
#ifndef SPEC_LOAD_H
#define SPEC_LOAD_H

#include "harness/spec/schema.h"

/* `sets`: count texts "path=value" of --set, e.g. "train[0].rho=0.1", applied before binding.
 * Returns STATUS_SPEC with `problems` filled if anything is wrong. */
enum status spec_load(const char *path, struct texts sets, struct arena *arena,
		      struct experiment *out, struct problems *problems);

/* The same for a text in memory; `path` is where it would be. */
enum status spec_load_text(const char *text, const char *path, struct texts sets,
			   struct arena *arena, struct experiment *out, struct problems *problems);

/* Of a spec that was run once, only what shows its records: name, about and plots, with the `sets`
 * that change these. Its other keys may be of another version of this program and are not looked
 * at; the experiment has no cells. */
enum status spec_load_shown(const char *path, struct texts sets, struct arena *arena,
			    struct experiment *out, struct problems *problems);

/* A file of figures: `plots` and `style` alone. The experiment has these, the tree and the path. */
enum status spec_load_figures(const char *path, struct arena *arena, struct experiment *out,
			      struct problems *problems);

#endif
