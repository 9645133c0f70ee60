#ifndef REPORT_INDEX_H
#define REPORT_INDEX_H

#include "solvers/core/index.h"

#endif
