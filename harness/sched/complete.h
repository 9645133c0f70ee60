/* A record that is completed: what of it is taken over as it is. */
#ifndef SCHED_COMPLETE_H
#define SCHED_COMPLETE_H

#include "solvers/core/status.h"

/* Give the folder `tmp` the files of the record that completing does not write anew: links to them
 * where the file system has links, so that they stay what they are. The log is copied, and goes on.
 */
enum status complete_take_over(const char *record, const char *tmp, struct err *err);

#endif
