/* findings.npz of a record: what its attacks and certificates have found about each point, so that
 * those of a later run can be held against them.
 *
 * For an entry with key K the i-th radius has an array K_<i>_upper (n), of a certificate
 * K_<i>_lower too: bounds of y f; of an attack that looks for the nearest point K_<i>_distance,
 * how far it is. What is not finite is written as the largest number there is. */
#ifndef ASSESS_FINDINGS_H
#define ASSESS_FINDINGS_H

#include "harness/assess/evidence.h"
#include "harness/assess/target.h"
#include "harness/spec/spec.h"
#include "harness/store/entries.h"

/* An entry of `attack` or `certify` and where it aims. */
struct finding_of {
	const char *key;
	struct aim aim;
	const struct reals *eps;
	bool bounds;    /* of a certificate */
	bool distances; /* of an attack that looks for the nearest point */
};

/* Write those of these entries that the evidence has; nothing if there are none. */
enum status findings_write(const struct evidence *evidence, const struct finding_of *of,
			   size_t count, const char *path, struct err *err);

/* Add those of these entries to the evidence. STATUS_ENV: the file lacks one, or another number of
 * points. */
enum status findings_read(const char *path, const struct finding_of *of, size_t count,
			  struct evidence *evidence, struct err *err);

#endif
