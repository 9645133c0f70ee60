/* Register tiles of the two products of a minibatch. See tile.h.
 *
 * A tile sums `vectors` vectors times `rows` broadcast numbers over a range of the depth. Its sums,
 * the vectors of one step and a broadcast fill the register file; every element that is loaded is
 * used `rows` or `vectors` times. The depth is cut so that the vectors that many tiles share stay
 * in L1. (Goto and van de Geijn 2008) */
#include "baselines/tile.h"

#ifdef __clang__
#pragma clang fp contract(fast)
#else
#pragma GCC optimize("fp-contract=fast") /* one rounding of a b + c, as in kernels of BLAS */
#endif

#ifdef __AVX512F__
enum { BYTES = 64, VECTORS = 4, ROWS = 6 }; /* 24 + 4 + 1 of 32 registers */
#elif defined(__AVX__)
enum { BYTES = 32, VECTORS = 3, ROWS = 4 }; /* 12 + 3 + 1 of 16 registers */
#else
enum { BYTES = 16, VECTORS = 3, ROWS = 4 };
#endif

enum {
	LANES = BYTES / sizeof(real),
	PANEL = VECTORS * LANES,
	DEPTH = 32768 / (PANEL * sizeof(real)), /* steps whose vectors take 32 KiB */
	LINE = 64 / sizeof(real)
};

typedef real vector __attribute__((vector_size(BYTES)));
typedef real loose __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

const ptrdiff_t tile_lanes = LANES, tile_band = PANEL;

ptrdiff_t tile_room(ptrdiff_t count)
{
	return (count + LANES - 1) / LANES * LANES;
}

ptrdiff_t tile_stride(ptrdiff_t count)
{
	ptrdiff_t lines = (tile_room(count) + LINE - 1) / LINE;

	return (lines | 1) * LINE;
}

/* The kernels are compiled for constant sizes: they must be inlined. */
#define KERNEL static inline __attribute__((always_inline))

KERNEL vector load(const real *at)
{
	return (vector)(*(const loose *)at);
}

KERNEL void store(real *at, vector v)
{
	*(loose *)at = (loose)v;
}

/* Sizes of tiles: the largest, 2 or 1. */
static int size_of(ptrdiff_t left, int most)
{
	return left >= most ? most : (left >= 2 ? 2 : 1);
}

/* to, `width` numbers a feature, = LANES columns of U as rows */
static void pack_vectors(struct mat U, real *to, ptrdiff_t width)
{
	const real *u = U.at;

	for (ptrdiff_t i = 0; i < U.rows; i++) {
		vector v = {0};

#pragma GCC unroll 16
		for (int j = 0; j < LANES; j++)
			v[j] = u[i + j * U.stride];
		store(to + i * width, v);
	}
}

/* The same from fewer columns, with zeros. */
static void pack_rest(struct mat U, real *to, ptrdiff_t width)
{
	for (ptrdiff_t i = 0; i < U.rows; i++)
		for (ptrdiff_t j = 0; j < LANES; j++)
			to[i * width + j] = j < U.cols ? mat_get(U, i, j) : 0;
}

void tile_pack(struct mat U, real *packed)
{
	ptrdiff_t room = tile_room(U.cols), width;

	for (ptrdiff_t first = 0; first < room; first += width) {
		width = LANES * size_of((room - first) / LANES, VECTORS);
		for (ptrdiff_t j = first; j < first + width; j += LANES) {
			real *to = packed + first * U.rows + j - first;

			if (j + LANES <= U.cols)
				pack_vectors(mat_cols(U, j, LANES), to, width);
			else
				pack_rest(mat_cols(U, j, U.cols - j), to, width);
		}
	}
}

struct sums {
	vector of[ROWS][VECTORS];
};

/* sum += v s', v of a step at `at`, one broadcast s for each row */
KERNEL void add_step(struct sums *sum, const real *at, const real *s, int vectors, int rows)
{
	vector v[VECTORS];

#pragma GCC unroll 4
	for (int k = 0; k < vectors; k++)
		v[k] = load(at + k * LANES);
#pragma GCC unroll 6
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
		for (int k = 0; k < vectors; k++)
			sum->of[r][k] += v[k] * s[r];
}

/* Of either product: the columns `to` (+)= the sums over the steps first .. first+count-1. */
struct tile {
	const real *packed;      /* of this panel, at step `first` */
	const real *const *x;    /* samples: of the rows, or of the steps */
	const real *slopes;      /* of the first row, at step 0 */
	ptrdiff_t slopes_stride; /* from step to step */
	ptrdiff_t feature;       /* of the first vector */
	ptrdiff_t first, count;
	real *to;
	ptrdiff_t to_stride;
};

KERNEL void keep(const struct tile *t, const struct sums *sum, int vectors, int rows)
{
#pragma GCC unroll 6
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
		for (int k = 0; k < vectors; k++) {
			real *to = t->to + r * t->to_stride + k * LANES;

			store(to, sum->of[r][k] + (t->first > 0 ? load(to) : (vector){0}));
		}
}

/* Steps are features, rows samples, vectors hold neurons. */
KERNEL void forward(const struct tile *t, int vectors, int rows)
{
	struct sums sum = {0};
	const real *packed = t->packed, *x[ROWS];

	for (int r = 0; r < rows; r++)
		x[r] = t->x[r];
	for (ptrdiff_t i = t->first; i < t->first + t->count; i++, packed += vectors * LANES) {
		real s[ROWS];

#pragma GCC unroll 6
		for (int r = 0; r < rows; r++)
			s[r] = x[r][i];
		add_step(&sum, packed, s, vectors, rows);
	}
	keep(t, &sum, vectors, rows);
}

/* Steps are samples, rows neurons, vectors hold features. */
KERNEL void backward(const struct tile *t, int vectors, int rows)
{
	struct sums sum = {0};

	for (ptrdiff_t k = t->first; k < t->first + t->count; k++)
		add_step(&sum, t->x[k] + t->feature, t->slopes + k * t->slopes_stride, vectors,
			 rows);
	keep(t, &sum, vectors, rows);
}

#define EACH_SIZE(kernel)                                             \
	static void kernel##_tile(const struct tile *t, int v, int r) \
	{                                                             \
		if (v == VECTORS && r == ROWS)                        \
			kernel(t, VECTORS, ROWS);                     \
		else if (v == VECTORS && r == 2)                      \
			kernel(t, VECTORS, 2);                        \
		else if (v == VECTORS)                                \
			kernel(t, VECTORS, 1);                        \
		else if (v == 2 && r == ROWS)                         \
			kernel(t, 2, ROWS);                           \
		else if (v == 2 && r == 2)                            \
			kernel(t, 2, 2);                              \
		else if (v == 2)                                      \
			kernel(t, 2, 1);                              \
		else if (r == ROWS)                                   \
			kernel(t, 1, ROWS);                           \
		else if (r == 2)                                      \
			kernel(t, 1, 2);                              \
		else                                                  \
			kernel(t, 1, 1);                              \
	}
EACH_SIZE(forward)
EACH_SIZE(backward)

/* A panel of `vectors` vectors of neurons for all samples, t->first .. of the features. */
static void forward_panel(struct tile t, int vectors, const real *const *x, struct mat H)
{
	int rows;

	for (ptrdiff_t k = 0; k < H.cols; k += rows) {
		rows = size_of(H.cols - k, ROWS);
		t.x = x + k;
		t.to = mat_col(H, k);
		forward_tile(&t, vectors, rows);
	}
}

void tile_forward(const real *packed, ptrdiff_t d, const real *const *x, struct mat H)
{
	ptrdiff_t room = tile_room(H.rows), width;

	for (ptrdiff_t from = 0; from < d; from += DEPTH)
		for (ptrdiff_t first = 0; first < room; first += width) {
			struct tile t = {.first = from,
					 .count = d - from < DEPTH ? d - from : DEPTH,
					 .to_stride = H.stride};
			int vectors = size_of((room - first) / LANES, VECTORS);

			width = vectors * LANES;
			t.packed = packed + first * d + from * width;
			forward_panel(t, vectors, x, mat_rows(H, first, width));
		}
}

/* `vectors` vectors of features from t.feature on for all neurons, t->first .. of the samples. */
static void backward_panel(struct tile t, int vectors, struct mat S, struct mat g)
{
	int rows;

	for (ptrdiff_t j = 0; j < S.rows; j += rows) {
		rows = size_of(S.rows - j, ROWS);
		t.slopes = S.at + j;
		t.to = mat_col(g, j);
		backward_tile(&t, vectors, rows);
	}
}

void tile_backward(const real *const *x, ptrdiff_t first, ptrdiff_t count, struct mat S,
		   struct mat g)
{
	ptrdiff_t room = tile_room(count), width;

	for (ptrdiff_t from = 0; from < S.cols; from += DEPTH)
		for (ptrdiff_t i = 0; i < room; i += width) {
			struct tile t = {.x = x,
					 .slopes_stride = S.stride,
					 .feature = first + i,
					 .first = from,
					 .count = S.cols - from < DEPTH ? S.cols - from : DEPTH,
					 .to_stride = g.stride};
			int vectors = size_of((room - i) / LANES, VECTORS);

			width = vectors * LANES;
			backward_panel(t, vectors, S, mat_rows(g, i, g.rows - i));
		}
}
