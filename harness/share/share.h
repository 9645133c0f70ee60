/* The door of the folder: work shared out evenly beforehand, or taken as one goes. */
#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include "harness/share/balance.h"
#include "harness/share/lease.h"

#endif
