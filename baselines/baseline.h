/* Baselines are trainers (solvers/model/trainer.h); this header is their public face to the
 * registry. */
#ifndef BASELINES_BASELINE_H
#define BASELINES_BASELINE_H

#include "solvers/model/trainer.h"

#endif
