/* Root of a function that never rises: false position with the weights of the Illinois method
 * (Dowell, Jarratt 1971), every third step a bisection. */
#ifndef TOOLS_FALLING_H
#define TOOLS_FALLING_H

/* f(context, x); the values at the ends of a bracket have at_low >= 0 >= at_high. */
struct falling {
	double (*f)(void *context, double x);
	void *context;
	double low, at_low, high, at_high;
	double small; /* a value that counts as zero, >= 0 */
};

/* The root, where f was evaluated last; or, without an evaluation, an end of the bracket that is
 * one, or the end nearer to one if f has a single sign between them. */
double falling_root(struct falling falling);

#endif
