/* Sobol points from their direction numbers. */
#include "solvers/tools/sobol.h"

enum { BITS = 32, MOST_DEGREE = 7 };

/* Primitive polynomials x^s + a_1 x^(s-1) + ... + 1 over GF(2), and the first s numbers m, of the
 * dimensions behind the first (file new-joe-kuo-6.21201). */
static const struct {
	unsigned s, a;
	uint32_t m[MOST_DEGREE];
} table[SOBOL_DIMENSIONS - 1] = {
	{1, 0, {1}},
	{2, 1, {1, 3}},
	{3, 1, {1, 3, 1}},
	{3, 2, {1, 1, 1}},
	{4, 1, {1, 1, 3, 3}},
	{4, 4, {1, 3, 5, 13}},
	{5, 2, {1, 1, 5, 5, 17}},
	{5, 4, {1, 1, 5, 5, 5}},
	{5, 7, {1, 1, 7, 11, 19}},
	{5, 11, {1, 1, 5, 1, 1}},
	{5, 13, {1, 1, 1, 3, 11}},
	{5, 14, {1, 3, 5, 5, 31}},
	{6, 1, {1, 3, 3, 9, 7, 49}},
	{6, 13, {1, 1, 1, 15, 21, 21}},
	{6, 16, {1, 3, 1, 13, 27, 49}},
	{6, 19, {1, 1, 1, 15, 7, 5}},
	{6, 22, {1, 3, 1, 15, 13, 25}},
	{6, 25, {1, 1, 5, 5, 19, 61}},
	{7, 1, {1, 3, 7, 11, 23, 15, 103}},
	{7, 4, {1, 3, 7, 13, 13, 15, 69}},
};

/* v_k 2^32, k = 0, 1, ...: m_k 2^(31 - k), with m_k from the recurrence of the polynomial. */
static void directions(size_t dimension, uint32_t v[BITS])
{
	unsigned s = dimension ? table[dimension - 1].s : 0;

	for (unsigned k = 0; k < BITS; k++) {
		if (!dimension || k < s) {
			v[k] = (dimension ? table[dimension - 1].m[k] : 1) << (BITS - 1 - k);
			continue;
		}
		v[k] = v[k - s] ^ (v[k - s] >> s);
		for (unsigned j = 1; j < s; j++)
			if (table[dimension - 1].a >> (s - 1 - j) & 1)
				v[k] ^= v[k - j];
	}
}

double sobol_at(uint32_t index, size_t dimension, uint32_t shift)
{
	uint32_t v[BITS] = {0}, gray = index ^ index >> 1;

	directions(dimension, v);
	for (unsigned k = 0; k < BITS; k++)
		if (gray >> k & 1)
			shift ^= v[k];
	return shift * 0x1p-32;
}
