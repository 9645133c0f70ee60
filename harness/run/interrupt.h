/* A request to end early: SIGTERM, which the parent sends at the time limit of a cell. Training
 * ends after the iteration it is at, and what has been found is evaluated and recorded. */
#ifndef RUN_INTERRUPT_H
#define RUN_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGTERM is a request instead of the end of the process. */
void interrupt_install(void);

bool interrupt_requested(void);

#endif
