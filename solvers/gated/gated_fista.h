/* Accelerated proximal gradients on the gated ReLU program, with restarts (O'Donoghue and Candes
 * 2015) and a search for the step, as Mishkin, Sahiner and Pilanci 2022 solve it. An iteration is
 * two products with X over the gates that have weights and over those that are not screened out. */
#ifndef GATED_GATED_FISTA_H
#define GATED_GATED_FISTA_H

#include "solvers/gated/gated_program.h"

/* A few iterations of a program made for GATED_FISTA, from where its W was evaluated. */
void gated_fista_steps(struct gated_program *program);

#endif
