/* The spec: a YAML file that names things, bound to typed structs with every problem reported at
 * once, and expanded into cells.
 *
 * A cell is one (data set, method, swept values, repetition). Its canonical text is JSON with every
 * option resolved; a worker binds it again through the same rows, so parent and worker cannot
 * disagree. */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include "harness/spec/cell.h"
#include "harness/spec/describe.h"
#include "harness/spec/load.h"
#include "harness/spec/schema.h"
#include "harness/spec/work.h"

#endif
