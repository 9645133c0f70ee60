/* From an experiment to finished cell folders: plan, pool, resume. */
#ifndef SCHED_SCHED_H
#define SCHED_SCHED_H

#include "harness/sched/pack.h"
#include "harness/sched/plan.h"
#include "harness/sched/pool.h"

#endif
