/* Names of the norms of a threat model. */
#include "solvers/model/attack.h"

const char *const norm_names[] = {[NORM_LINF] = "linf", [NORM_L2] = "l2", NULL};
const char *const threat_norms[] = {[NORM_LINF] = "linf", [NORM_L2] = "l2", [NORM_L1] = "l1", NULL};
