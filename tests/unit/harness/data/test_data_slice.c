/* data_load_slice: what each rank reads is what one process has read, to the bit. */
#include "harness/data/source/source_libsvm.h"
#include "harness/data/source/source_npy.h"
#include "harness/file/npy_file.h"
#include "tests/close.h"
#include "tests/forked.h"
#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct source source_libsvm, source_npy;
extern const struct prepare prepare_standardize, prepare_minmax, prepare_bias, prepare_pca,
	prepare_row_normalize;

enum { N = 103, TEST = 11, MOST_D = 5, STEPS = 3 };

/* A data set in files of its own. */
struct trial {
	const char *about;
	size_t d, k, size; /* k targets, 0: labels of three classes; bytes of a feature */
	bool fortran, own_test, standardize, balanced, sparse;
	double test, validation;
	struct limit_options limit;
	const struct prepare *steps[STEPS];
};

static const struct trial trials[] = {
	{.about = "classes, split, standardised with a bias",
	 .d = 5,
	 .size = 8,
	 .balanced = true,
	 .test = 0.2,
	 .validation = 0.25,
	 .steps = {&prepare_standardize, &prepare_bias}},
	{.about = "targets in columns, of their own test part",
	 .d = 4,
	 .k = 2,
	 .size = 4,
	 .fortran = true,
	 .own_test = true,
	 .standardize = true,
	 .test = NAN,
	 .steps = {&prepare_minmax, &prepare_row_normalize}},
	{.about = "two features, which plots keep, of drawn rows",
	 .d = 2,
	 .size = 8,
	 .test = 20,
	 .validation = 5,
	 .limit = {.train = 60, .random = true}},
	{.about = "sparse text, split, standardised",
	 .d = 5,
	 .sparse = true,
	 .balanced = true,
	 .test = 0.2,
	 .validation = 0.25,
	 .steps = {&prepare_standardize, &prepare_bias}},
	{.about = "sparse text with a test part of its own",
	 .d = 3,
	 .sparse = true,
	 .own_test = true,
	 .test = NAN,
	 .limit = {.train = 60, .random = true}},
};

static double entry(size_t i, size_t j)
{
	return 3 * sin((double)(7 * i + 3 * j * j)) + 20 * (double)j;
}

struct place {
	struct room room;
	struct npy_options npy;
	struct libsvm_options libsvm;
	struct data_options options;
	struct choice steps[STEPS];
	struct dataset whole; /* by one process */
};

static int set_up(void **state)
{
	room_enter(state, sizeof(struct place));
	return 0;
}

/* rows x cols from row `first` on; a size of 4 is float, k 0 the labels. */
static const char *write_array(struct place *place, const char *name, size_t rows, size_t cols,
			       const struct trial *t)
{
	const char *path = room_path(&place->room, name);
	bool features = cols > 0, fortran = t->fortran && features;
	size_t d = features ? cols : t->k ? t->k : 1, size = features ? t->size : sizeof(double);
	struct npy_array array = {
		.kind = 'f', .size = size, .fortran = fortran, .dimensions = 2, .shape = {rows, d}};
	double *wide = ARENA_ARRAY(&place->room.arena, double, rows *d);
	float *narrow = ARENA_ARRAY(&place->room.arena, float, rows *d);
	struct err err = {0};

	for (size_t i = 0; i < rows; i++)
		for (size_t j = 0; j < d; j++) {
			size_t at = fortran ? j * rows + i : i * d + j;

			wide[at] = features ? entry(i, j)
				   : t->k   ? entry(j, i)
					    : (double)(i * i % 3);
			narrow[at] = (float)wide[at];
		}
	if (npy_write(path, &array, size == sizeof *narrow ? (void *)narrow : (void *)wide,
		      rows * size, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return path;
}

/* Zeros left out, and lines that are no rows. */
static const char *write_lines(struct place *place, const char *name, size_t rows, size_t cols)
{
	const char *path = room_path(&place->room, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("# no row\n", file);
	for (size_t i = 0; i < rows; i++) {
		fprintf(file, "%zu", i * i % 3);
		for (size_t j = 0; j < cols; j++)
			if ((i + j) % 4)
				fprintf(file, " %zu:%.17g", j + 1, entry(i, j));
		fputs(i % 7 ? "\n" : " # half 1:x\n\n", file);
	}
	assert_int_equal(fclose(file), 0);
	return path;
}

static void prepare_sparse(struct place *place, const struct trial *t)
{
	place->libsvm = (struct libsvm_options){.path = write_lines(place, "x.txt", N, t->d)};
	if (t->own_test)
		place->libsvm.test = write_lines(place, "tx.txt", TEST, t->d);
	place->options = files_data(&source_libsvm, &place->libsvm);
}

static void prepare(struct place *place, const struct trial *t)
{
	static const struct text_entry balanced = {.key = DATA_BALANCED};
	struct data_options *o = &place->options;

	place->npy = (struct npy_options){.x = write_array(place, "x.npy", N, t->d, t),
					  .y = write_array(place, "y.npy", N, 0, t)};
	if (t->own_test) {
		place->npy.test_x = write_array(place, "tx.npy", TEST, t->d, t);
		place->npy.test_y = write_array(place, "ty.npy", TEST, 0, t);
	}
	*o = files_data(&source_npy, &place->npy);
	if (t->sparse)
		prepare_sparse(place, t);
	o->split.test = t->test;
	o->split.validation = t->validation;
	o->limit = t->limit;
	o->task = t->k ? DATA_REGRESSION : DATA_CLASSIFICATION;
	o->target = t->standardize ? DATA_TARGET_STANDARDIZE : DATA_TARGET_RAW;
	if (t->balanced)
		o->class_weights = (struct text_map){1, &balanced};
	o->prepare.at = place->steps;
	o->prepare.count = 0;
	for (size_t i = 0; i < STEPS && t->steps[i]; i++)
		place->steps[o->prepare.count++] = (struct choice){.item = &t->steps[i]->base};
}

/* How many of the bits differ that a rank has read, by what they are of. */
struct found {
	ptrdiff_t rows;
	int X, y, weight, others, stages, raw;
};

static int differ(const void *a, const void *b, size_t bytes)
{
	return !a != !b || (a && memcmp(a, b, bytes) != 0);
}

/* Targets from row `first` of a part of n rows. */
static int targets_differ(const struct part *part, const struct part *whole, ptrdiff_t first,
			  ptrdiff_t k)
{
	const size_t n = (size_t)part->X.rows;
	int wrong = differ(part->row, whole->row + first, n * sizeof *part->row);

	for (ptrdiff_t c = 0; c < k; c++)
		wrong += differ(part->y + c * part->X.rows, whole->y + c * whole->X.rows + first,
				n * sizeof *part->y);
	return wrong + differ(part->label, whole->label ? whole->label + first : NULL,
			      n * sizeof *part->label);
}

static int features_differ(struct mat X, struct mat whole, ptrdiff_t first)
{
	int wrong = X.cols != whole.cols;

	for (ptrdiff_t j = 0; j < X.cols && X.rows > 0; j++)
		wrong += differ(mat_col(X, j), mat_col(whole, j) + first,
				(size_t)X.rows * sizeof *X.at);
	return wrong;
}

static int stages_differ(const struct stages *a, const struct stages *b)
{
	int wrong = a->count != b->count || a->d != b->d;

	for (size_t i = 0; i < a->count && !wrong; i++) {
		const struct stage *s = &a->at[i];

		wrong += s->kind != b->at[i].kind;
		if (s->kind == STAGE_SHIFT || s->kind == STAGE_SCALE)
			wrong += differ(s->at, b->at[i].at, s->d_out * sizeof *s->at);
	}
	return wrong;
}

static void read_slice(struct ranks *ranks, const void *given, void *out)
{
	const struct place *place = given;
	const struct dataset *whole = &place->whole;
	struct arena arena = {0};
	struct dataset data = {0};
	struct found *found = out;
	struct err err = {0};
	const struct data_draw draw = {7, 0, ranks};
	const bool first_rank = ranks->rank == 0;
	ptrdiff_t first = ranks_rows(ranks, whole->train.X.rows).first;

	if (data_load_slice(&place->options, &draw, &arena, &data, &err) != STATUS_OK)
		return;
	found->rows = data.slice.rows;
	found->X = features_differ(data.slice, whole->train.X, first);
	found->y = targets_differ(&data.train, &whole->train, first_rank ? 0 : first, data.k) +
		   (data.train.X.rows != (first_rank ? whole->train.X.rows : data.slice.rows)) +
		   (data.train.X.at != NULL);
	found->weight =
		differ(data.train.weight,
		       whole->train.weight ? whole->train.weight + (first_rank ? 0 : first) : NULL,
		       (size_t)data.train.X.rows * sizeof(real));
	found->others = features_differ(data.validation.X, whole->validation.X, 0) +
			targets_differ(&data.validation, &whole->validation, 0, data.k);
	if (first_rank)
		found->others += features_differ(data.test.X, whole->test.X, 0) +
				 targets_differ(&data.test, &whole->test, 0, data.k) +
				 (data.test.X.rows != whole->test.X.rows);
	found->stages =
		stages_differ(&data.stages, &whole->stages) +
		differ(data.target_shift, whole->target_shift, (size_t)data.k * sizeof(double));
	if (first_rank && whole->train.raw)
		found->raw = differ(data.train.raw, whole->train.raw,
				    (size_t)whole->train.X.rows * 2 * sizeof(double));
	arena_release(&arena);
}

static void check_trial(struct place *place, const struct trial *t, int count)
{
	const struct found *all = forked_run(count, read_slice, place, sizeof *all);
	ptrdiff_t rows = 0;

	assert_non_null(all);
	for (int r = 0; r < count; r++) {
		const struct found *f = &all[r];

		rows += f->rows;
		if (f->X + f->y + f->weight + f->others + f->stages + f->raw > 0)
			fail_msg("%s: rank %d of %d: %d of X, %d of y, %d of weights, %d of other "
				 "parts, %d of stages, %d of raw features are not those of one "
				 "process",
				 t->about, r, count, f->X, f->y, f->weight, f->others, f->stages,
				 f->raw);
	}
	check_equal(rows, place->whole.train.X.rows);
}

static void ranks_read_what_one_process_reads(void **state)
{
	struct place *place = *state;

	for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
		struct err err = {0};

		prepare(place, &trials[i]);
		assert_null(data_whole(&place->options));
		if (data_load(&place->options, 7, 0, &place->room.arena, &place->whole, &err) !=
		    STATUS_OK)
			fail_msg("%s: %s", trials[i].about, err.text);
		for (int count = 1; count <= 4; count += count)
			check_trial(place, &trials[i], count);
	}
}

struct failed {
	struct err err;
	enum status status;
};

static void read_damaged(struct ranks *ranks, const void *given, void *out)
{
	const struct place *place = given;
	const struct data_draw draw = {7, 0, ranks};
	struct failed *failed = out;
	struct arena arena = {0};
	struct dataset data;

	failed->status = data_load_slice(&place->options, &draw, &arena, &data, &failed->err);
	arena_release(&arena);
}

/* The last row, which one rank alone reads, has a NaN. */
static void an_error_of_one_rank_is_that_of_all(void **state)
{
	struct place *place = *state;
	const double wrong = NAN;
	const struct failed *all;
	FILE *file;

	prepare(place, &(struct trial){.d = 5, .size = 8, .test = NAN});
	file = fopen(place->npy.x, "r+b");
	fseek(file, -(long)sizeof wrong, SEEK_END);
	fwrite(&wrong, sizeof wrong, 1, file);
	fclose(file);
	all = forked_run(3, read_damaged, place, sizeof *all);
	assert_non_null(all);
	for (int r = 0; r < 3; r++) {
		assert_int_equal(all[r].status, STATUS_ENV);
		assert_string_equal(all[r].err.text,
				    "element [102, 4]: expected a finite number, got nan");
		assert_string_equal(all[r].err.source, place->npy.x);
	}
}

/* Of text: with the line, which only the rank that reads the row comes across. */
static void a_line_of_one_rank_is_an_error_of_all(void **state)
{
	struct place *place = *state;
	const struct failed *all;
	FILE *file;

	prepare(place, &(struct trial){.d = 3, .sparse = true, .test = NAN});
	file = fopen(place->libsvm.path, "w");
	assert_non_null(file);
	fputs("# no row\n0 3:1\n\n1 1:2 2:2\n0 1:1\n1 2:1\n1 2:3 2:4\n", file);
	assert_int_equal(fclose(file), 0);
	all = forked_run(2, read_damaged, place, sizeof *all);
	assert_non_null(all);
	for (int r = 0; r < 2; r++) {
		assert_int_equal(all[r].status, STATUS_ENV);
		assert_string_equal(all[r].err.source, place->libsvm.path);
		assert_int_equal(all[r].err.line, 7);
		assert_non_null(strstr(all[r].err.text, "an index from 3"));
	}
}

static void more_ranks_than_rows_are_an_error(void **state)
{
	struct place *place = *state;
	const struct failed *all;

	prepare(place, &(struct trial){.d = 2, .size = 8, .test = NAN, .limit = {.train = 3}});
	all = forked_run(4, read_damaged, place, sizeof *all);
	assert_non_null(all);
	for (int r = 0; r < 4; r++)
		assert_string_equal(all[r].err.text, "4 ranks for 3 training samples");
}

static void what_needs_all_rows_is_said(void **state)
{
	struct place *place = *state;

	prepare(place,
		&(struct trial){
			.d = 5, .size = 8, .test = NAN, .steps = {&prepare_bias, &prepare_pca}});
	assert_string_equal(data_whole(&place->options), "a step of prepare is fitted to all rows");
	place->options.prepare.count = 0;
	assert_null(data_whole(&place->options));
	files_write(place->npy.x, "\x1f\x8b\x08", 3);
	assert_string_equal(data_whole(&place->options),
			    "a packed file is read from its beginning");
	place->options.source.item = &source_csv.base;
	assert_string_equal(data_whole(&place->options), "its source reads all rows");
}

/* Columns of the file as it is: what lies there is looked at, by one process and by ranks. */
static void columns_of_a_file_are_mapped(void **state)
{
	struct place *place = *state;
	struct dataset *whole = &place->whole;
	struct trial t = {.about = "a mapped file",
			  .d = 4,
			  .size = sizeof(real),
			  .fortran = true,
			  .test = 0,
			  .limit = {.train = 70}};
	struct err err = {0};

	prepare(place, &t);
	if (data_load(&place->options, 7, 0, &place->room.arena, whole, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_true(whole->mapped);
	check_equal(whole->train.X.rows, 70);
	check_equal(whole->train.X.stride, N);
	for (ptrdiff_t i = 0; i < 70; i++)
		for (ptrdiff_t j = 0; j < 4; j++)
			check_equal(mat_get(whole->train.X, i, j),
				    (real)entry((size_t)i, (size_t)j));
	for (int count = 1; count <= 4; count += count)
		check_trial(place, &t, count);
	place->options.split.validation = 0.2; /* rows of the training part lie apart */
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, whole, &err),
			 STATUS_OK);
	assert_true(!whole->mapped && whole->train.X.at);
	t.fortran = false;
	prepare(place, &t);
	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, whole, &err),
			 STATUS_OK);
	assert_false(whole->mapped);
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

enum { LARGE_N = 1 << 15, LARGE_D = 256, HELD = 99 };

/* A file with a hole: numbers that are 0. */
static void write_large(struct place *place)
{
	const struct npy_array array = {.kind = 'f',
					.size = sizeof(real),
					.fortran = true,
					.dimensions = 2,
					.shape = {LARGE_N, LARGE_D}};
	char header[NPY_HEADER_ROOM];

	place->npy.y = write_array(place, "y.npy", LARGE_N, 0, &(struct trial){.d = LARGE_D});
	place->npy.x = room_path(&place->room, "large.npy");
	npy_write_header(header, &array);
	files_write(place->npy.x, header, sizeof header);
	if (truncate(place->npy.x, sizeof header + sizeof(real) * (off_t)LARGE_N * LARGE_D) != 0)
		abort();
}

static void out_of_memory(size_t bytes)
{
	(void)bytes;
	_exit(HELD);
}

/* Exit status of a process that loads it with memory for half of it. */
static int load_in_half(struct place *place)
{
	double data = 0;
	struct dataset out;
	struct err err = {0};
	char line[128];
	int status;

	if (fork() == 0) {
		FILE *file = fopen("/proc/self/status", "r");
		struct rlimit limit;

		while (file && fgets(line, sizeof line, file))
			sscanf(line, "VmData: %lf", &data);
		getrlimit(RLIMIT_DATA, &limit);
		limit.rlim_cur = (rlim_t)(1024 * data) + sizeof(real) * LARGE_N * LARGE_D / 2;
		setrlimit(RLIMIT_DATA, &limit);
		arena_on_exhausted(out_of_memory);
		_exit((int)data_load(&place->options, 7, 0, &place->room.arena, &out, &err));
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_mapped_file_may_be_larger_than_memory(void **state)
{
	struct place *place = *state;

	if (SANITIZED)
		skip(); /* its own memory counts */
	prepare(place, &(struct trial){.d = 3, .size = sizeof(real), .test = 0});
	write_large(place);
	assert_int_equal(load_in_half(place), STATUS_OK);
	place->steps[0] = (struct choice){.item = &prepare_row_normalize.base};
	place->options.prepare.count = 1; /* the same in memory */
	assert_int_equal(load_in_half(place), HELD);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, room_leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ranks_read_what_one_process_reads),
		CASE(an_error_of_one_rank_is_that_of_all),
		CASE(a_line_of_one_rank_is_an_error_of_all),
		CASE(more_ranks_than_rows_are_an_error),
		CASE(what_needs_all_rows_is_said),
		CASE(columns_of_a_file_are_mapped),
		CASE(a_mapped_file_may_be_larger_than_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
