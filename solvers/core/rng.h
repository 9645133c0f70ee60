/* Random streams: counter based (Philox 4x32-10, Random123), a stream is (seed, purpose, index).
 *
 * Two streams with a different purpose or index are independent, so the draws of one part of a
 * program never depend on how many another part made. Draws are in double whatever `real` is. */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
	uint32_t key[2];
	uint32_t counter[4];
	uint32_t block[4];
	int left;     /* unread words of block */
	double spare; /* second normal of the last pair */
	int have_spare;
};

/* purpose: a short literal such as "patterns"; index: repetition, restart, ... */
struct rng rng_stream(uint64_t seed, const char *purpose, uint64_t index);

uint64_t rng_bits(struct rng *rng);
double rng_uniform(struct rng *rng);             /* in [0, 1) */
double rng_normal(struct rng *rng);              /* N(0, 1), Box-Muller */
size_t rng_below(struct rng *rng, size_t bound); /* uniform on 0 .. bound-1, bound > 0, unbiased */
void rng_shuffle(struct rng *rng, size_t n, size_t *a); /* Fisher-Yates */

#endif
