/* Regimes of robust training: attacked, TRADES, interval bounds. */
#ifndef BASELINES_BACKPROP_ROBUST_H
#define BASELINES_BACKPROP_ROBUST_H

#include "baselines/backprop.h"

/* The regime of the options for k outputs; STATUS_SPEC if they ask for two. */
enum status backprop_robust_choose(const struct backprop_options *options, ptrdiff_t k,
				   const struct backprop_regime **regime, struct err *err);

/* The threat of the regime; NULL: the plain one. */
const struct threat_options *backprop_robust_threat(const struct backprop_options *options);

#endif
