/* A stored cell checked from its data and its stored network, by plain loops in double that share
 * no code with the solvers: objective, accuracies and errors, gaps; attacks and certificates are
 * run again and their points checked; worst cases of robust methods are bounded from both sides.
 *
 * A number that the record has must be found again, and one that it lacks must not exist: else the
 * figure differs. What cannot be recomputed fails too, and says why. Not looked at are
 * measurements of the run itself and what only the solver's state tells, which `rerun` repeats. */
#ifndef VERIFY_VERIFY_H
#define VERIFY_VERIFY_H

#include "harness/verify/reload.h"
#include "harness/verify/verify_figures.h"

/* `record`, `data`, errors: as of reload_record. */
enum status verify_record(const char *record, const char *data, struct arena *arena,
			  struct verify *out, struct err *err);

/* Its parts; `out` has been started by verify_new.
 *
 * Fields of result.json but for the worst case. */
struct verify verify_new(const struct reload *stored, struct arena *arena);
void verify_fields(const struct reload *stored, struct verify *out);
/* The worst-case objective of a robust method (verify_worst.c). */
void verify_worst(const struct reload *stored, struct verify *out);
/* attack.csv, certify.csv and the attack of a selection (verify_probes.c). */
enum status verify_probes(const char *record, const struct reload *stored, struct verify *out,
			  struct err *err);

#endif
