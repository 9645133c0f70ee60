/* Random streams: the generator's published vectors, independence, distributions.
 *
 * The draws are fixed by their seeds, so a statistical bound either holds for good or not at all; 5
 * standard deviations are passed by a correct generator with probability 1 - 6e-7. */
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 200000, CELLS = 64 };

static const double SIGMAS = 5;

/* Vectors of Random123 for philox4x32 with 10 rounds: counter, key, block. */
static const struct {
	uint32_t counter[4], key[2], block[4];
} known[] = {
	{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
	{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
	 {0xffffffff, 0xffffffff},
	 {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
	{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
	 {0xa4093822, 0x299f31d0},
	 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static uint64_t pair(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static void blocks_are_the_published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct rng rng = {0};

		memcpy(rng.key, known[i].key, sizeof rng.key);
		memcpy(rng.counter, known[i].counter, sizeof rng.counter);
		assert_int_equal(rng_bits(&rng), pair(known[i].block[3], known[i].block[2]));
		assert_int_equal(rng_bits(&rng), pair(known[i].block[1], known[i].block[0]));
	}
}

/* The counter is one number of 64 bits: after 2^32 blocks the next word is raised. */
static void counter_carries(void **state)
{
	struct rng before = rng_stream(1, "carry", 0), after = before;

	(void)state;
	before.counter[0] = 0xffffffff;
	after.counter[1] = before.counter[1] + 1;
	rng_bits(&before);
	rng_bits(&before); /* a block holds two */
	for (int i = 0; i < 6; i++)
		assert_int_equal(rng_bits(&before), rng_bits(&after));
}

static void same_stream_gives_same_numbers(void **state)
{
	struct rng a = rng_stream(7, "patterns", 3), b = rng_stream(7, "patterns", 3);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(rng_bits(&a), rng_bits(&b));
}

/* 64 bits equal by chance: 1e-19 for each pair of numbers. */
static void check_apart(struct rng a, struct rng b)
{
	double both = 0;

	for (int i = 0; i < 100; i++)
		assert_int_not_equal(rng_bits(&a), rng_bits(&b));
	for (int i = 0; i < DRAWS; i++) /* and without correlation: variance 1/144 of a product */
		both += (rng_uniform(&a) - 0.5) * (rng_uniform(&b) - 0.5);
	check_close(both, 0, 0, SIGMAS * sqrt(DRAWS) / 12);
}

static void streams_differ_by_seed_purpose_and_index(void **state)
{
	struct rng base = rng_stream(7, "patterns", 3);

	(void)state;
	check_apart(base, rng_stream(8, "patterns", 3));
	check_apart(base, rng_stream(7 + (1ull << 32), "patterns", 3));
	check_apart(base, rng_stream(7, "pattern", 3));
	check_apart(base, rng_stream(7, "patternt", 3));
	check_apart(base, rng_stream(7, "patterns", 4));
	check_apart(base, rng_stream(7, "patterns", 3 + (1ull << 32)));
	check_apart(base, rng_stream(3, "patterns", 7));
}

static double chi_square(const long *count, size_t cells)
{
	double expected = (double)DRAWS / (double)cells, sum = 0;

	for (size_t i = 0; i < cells; i++)
		sum += pow((double)count[i] - expected, 2) / expected;
	return sum;
}

/* The sum has mean k and variance 2 k for k = cells - 1 degrees of freedom; too even is as
 * suspicious as uneven. */
static void check_even(const long *count, size_t cells)
{
	double k = (double)cells - 1;

	check_close(chi_square(count, cells), k, 0, SIGMAS * sqrt(2 * k));
}

static void uniform_numbers_fill_the_interval_evenly(void **state)
{
	struct rng rng = rng_stream(1, "uniform", 0);
	long count[CELLS] = {0}, odd[2] = {0};
	double sum = 0, square = 0;

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		double u = rng_uniform(&rng);

		check_at_least(u, 0);
		check_below(u, 1);
		count[(int)(u * CELLS)]++;
		odd[(uint64_t)(u * 0x1p53) & 1]++; /* the last of 53 bits is used as well */
		sum += u - 0.5;
		square += (u - 0.5) * (u - 0.5) - 1.0 / 12;
	}
	check_even(count, CELLS);
	check_even(odd, 2);
	check_close(sum, 0, 0, SIGMAS * sqrt(DRAWS / 12.0));
	check_close(square, 0, 0, SIGMAS * sqrt(DRAWS / 180.0)); /* E u^4 - (E u^2)^2 */
}

/* Moments of N(0, 1): the k-th power has mean m_k and variance m_2k - m_k^2, m = 1, 0, 1, 0, 3, 0,
 * 15, 0, 105; and the shares of CELLS intervals by the distribution function. */
static void normal_numbers_are_normal(void **state)
{
	static const double moment[] = {1, 0, 1, 0, 3, 0, 15, 0, 105};
	struct rng rng = rng_stream(1, "normal", 0);
	double sum[5] = {0}, neighbours = 0, last = 0;
	long count[CELLS] = {0};

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		double z = rng_normal(&rng);

		for (int k = 1; k <= 4; k++)
			sum[k] += pow(z, k) - moment[k];
		neighbours += z * last;
		last = z;
		count[(int)(0.5 * erfc(-z / sqrt(2)) * CELLS * (1 - 1e-15))]++;
	}
	for (int k = 1; k <= 4; k++)
		check_close(sum[k], 0, 0,
			    SIGMAS * sqrt(DRAWS * (moment[2 * k] - moment[k] * moment[k])));
	check_close(neighbours, 0, 0, SIGMAS * sqrt(DRAWS));
	check_even(count, CELLS);
}

static void below_is_even_for_any_bound(void **state)
{
	static const size_t bounds[] = {2, 3, 7, 48, CELLS};

	(void)state;
	for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
		struct rng rng = rng_stream(2, "below", b);
		long count[CELLS] = {0};

		for (int i = 0; i < DRAWS; i++) {
			size_t at = rng_below(&rng, bounds[b]);

			check_below(at, bounds[b]);
			count[at]++;
		}
		check_even(count, bounds[b]);
	}
}

/* With a bound of 3/4 of 2^64 a remainder alone would give the lower third twice as often. */
static void below_is_unbiased_for_a_large_bound(void **state)
{
	struct rng rng = rng_stream(2, "large", 0);
	size_t bound = (size_t)3 << 62;
	long count[3] = {0};

	(void)state;
	for (int i = 0; i < DRAWS; i++)
		count[rng_below(&rng, bound) / (bound / 3)]++;
	check_even(count, 3);
}

static void only_zero_is_below_one(void **state)
{
	struct rng rng = rng_stream(2, "one", 0);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(rng_below(&rng, 1), 0);
}

/* Each of the 24 orders of four elements comes equally often, and it is a permutation. */
static void shuffles_are_even(void **state)
{
	struct rng rng = rng_stream(3, "shuffle", 0);
	long count[CELLS * 4] = {0}, orders[24] = {0};
	int found = 0;

	(void)state;
	for (int i = 0; i < DRAWS; i++) {
		size_t a[4] = {0, 1, 2, 3};

		rng_shuffle(&rng, 4, a);
		assert_int_equal((1 << a[0]) + (1 << a[1]) + (1 << a[2]) + (1 << a[3]), 15);
		count[a[0] * 64 + a[1] * 16 + a[2] * 4 + a[3]]++;
	}
	for (int i = 0; i < CELLS * 4; i++)
		if (count[i] > 0)
			orders[found < 24 ? found++ : 0] = count[i];
	assert_int_equal(found, 24);
	check_even(orders, 24);
}

static void long_shuffles_are_permutations(void **state)
{
	enum { LONG = 1001 };
	struct rng rng = rng_stream(3, "long", 0);
	size_t a[LONG], kept = 0;
	bool seen[LONG] = {0};

	(void)state;
	for (size_t i = 0; i < LONG; i++)
		a[i] = i;
	rng_shuffle(&rng, LONG, a);
	for (size_t i = 0; i < LONG; i++) {
		check_below(a[i], LONG);
		assert_true(!seen[a[i]]);
		seen[a[i]] = true;
		kept += a[i] == i;
	}
	check_below(kept, 10); /* fixed points are Poisson with mean 1 */
	rng_shuffle(&rng, 0, a);
	rng_shuffle(&rng, 1, a + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_the_published_vectors),
		cmocka_unit_test(counter_carries),
		cmocka_unit_test(same_stream_gives_same_numbers),
		cmocka_unit_test(streams_differ_by_seed_purpose_and_index),
		cmocka_unit_test(uniform_numbers_fill_the_interval_evenly),
		cmocka_unit_test(normal_numbers_are_normal),
		cmocka_unit_test(below_is_even_for_any_bound),
		cmocka_unit_test(below_is_unbiased_for_a_large_bound),
		cmocka_unit_test(only_zero_is_below_one),
		cmocka_unit_test(shuffles_are_even),
		cmocka_unit_test(long_shuffles_are_permutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
