/* Whether what an attack gave back can be true: a violation is a fault of the program, never of the
 * user. */
#ifndef ASSESS_INSPECT_H
#define ASSESS_INSPECT_H

#include "harness/assess/target.h"

/* The worst points lie in ball and box, frozen coordinates are untouched, and the margins are those
 * of these points, up to rounding. `aim` names attack and part in the error. */
enum status inspect_points(const struct aim *aim, const struct attack_job *job, struct err *err);

#endif
