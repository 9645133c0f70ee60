/* A program for the trainer `external`: the test itself, called again. */
#ifndef TESTS_OUTSIDE_H
#define TESTS_OUTSIDE_H

#include "solvers/model/trainer.h"

/* The option that names it, for a test whose main begins with outside_main. */
#define OUTSIDE_COMMAND "[/proc/self/exe, outside]"

/* What the program does if it is called as such: it trains by Adam on the files of the folder that
 * it is started in, and shows every iterate. Then, true: there is nothing left to do. */
bool outside_main(int argc, char **argv);

/* End a trainer whose setup went well. */
void outside_release(const struct trainer *trainer, void *state);

#endif
