/* Mehrotra's predictor and corrector. See mehrotra.h. */
#include "solvers/tools/mehrotra.h"

#include <math.h>

double mehrotra_length(const struct mehrotra *method, const void *state)
{
	return method->to_boundary * fmin(1 / method->to_boundary, method->longest(state));
}

bool mehrotra_direction(const struct mehrotra *method, void *state, double mu, double least)
{
	double length, sigma;

	if (!method->predict(state))
		return false;
	length = mehrotra_length(method, state);
	sigma = pow(fmax(0, method->complementarity(state, length)) / mu, 3);
	sigma = fmin(1, fmax(sigma, method->least_sigma));
	return method->correct(state, fmax(sigma * mu, least), length > method->far_enough);
}
