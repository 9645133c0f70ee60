/* Philox 4x32-10 streams. */
#include "solvers/core/rng.h"

/* The library's header predates -Wconversion. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

#include <math.h>
#include <string.h>

struct rng rng_stream(uint64_t seed, const char *purpose, uint64_t index)
{
	struct rng rng = {0};
	uint64_t salt = 0xcbf29ce484222325u; /* FNV-1a, 64 bits: tells purposes apart */
	philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
	philox4x32_ctr_t derived, where = {{0, 0, (uint32_t)index, (uint32_t)(index >> 32)}};

	for (; *purpose; purpose++)
		salt = (salt ^ (unsigned char)*purpose) * 0x100000001b3u;
	where.v[0] = (uint32_t)salt;
	where.v[1] = (uint32_t)(salt >> 32);
	derived = philox4x32(where, key);
	/* The stream's own key is a block of the parent's; its counter starts at zero. */
	memcpy(rng.key, derived.v, sizeof rng.key);
	rng.counter[2] = derived.v[2];
	rng.counter[3] = derived.v[3];
	return rng;
}

static uint32_t next_word(struct rng *rng)
{
	if (rng->left == 0) {
		philox4x32_ctr_t counter;
		philox4x32_key_t key = {{rng->key[0], rng->key[1]}};

		memcpy(counter.v, rng->counter, sizeof rng->counter);
		counter = philox4x32(counter, key);
		memcpy(rng->block, counter.v, sizeof rng->block);
		if (++rng->counter[0] == 0)
			rng->counter[1]++;
		rng->left = 4;
	}
	return rng->block[--rng->left];
}

uint64_t rng_bits(struct rng *rng)
{
	uint64_t high = next_word(rng);

	return high << 32 | next_word(rng);
}

double rng_uniform(struct rng *rng)
{
	return (double)(rng_bits(rng) >> 11) * 0x1p-53;
}

double rng_normal(struct rng *rng)
{
	double radius, angle;

	if (rng->have_spare) {
		rng->have_spare = 0;
		return rng->spare;
	}
	radius = sqrt(-2 * log1p(-rng_uniform(rng))); /* 1 - u is in (0, 1] */
	angle = 2 * 3.14159265358979323846 * rng_uniform(rng);
	rng->spare = radius * sin(angle);
	rng->have_spare = 1;
	return radius * cos(angle);
}

size_t rng_below(struct rng *rng, size_t bound)
{
	uint64_t reject = (UINT64_MAX - bound + 1) % bound; /* 2^64 mod bound: the uneven rest */
	uint64_t bits;

	do
		bits = rng_bits(rng);
	while (bits < reject);
	return (size_t)(bits % bound);
}

void rng_shuffle(struct rng *rng, size_t n, size_t *a)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(rng, i), t = a[i - 1];

		a[i - 1] = a[j];
		a[j] = t;
	}
}
