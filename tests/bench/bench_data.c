/* Speed of the readers in MB of file per second: CSV, LIBSVM, and packed IDX against a plain
 * inflate of the same bytes in the same run. Generated files; the best of a few repeats. */
#include "harness/data/csv/csv_options.h"
#include "harness/data/data.h"
#include "harness/data/source/source_idx.h"
#include "harness/data/source/source_libsvm.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

extern const struct source source_csv, source_idx, source_libsvm;

enum { ROWS = 20000, COLUMNS = 60, IMAGES = 20000, PIXELS = 784, REPEATS = 5, PIECE = 1 << 18 };

static const double megabyte = 1e6;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static unsigned draw(void) /* xorshift, so that every run reads the same bytes */
{
	static unsigned state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void write_csv(FILE *to)
{
	for (int i = 0; i < ROWS; i++) {
		for (int j = 0; j < COLUMNS; j++)
			fprintf(to, "%.4f,", (double)(draw() % 1000000) / 1e4 - 50);
		fprintf(to, "%d\n", i % 2);
	}
}

static void write_libsvm(FILE *to)
{
	for (int i = 0; i < ROWS; i++) {
		fprintf(to, "%+d", i % 2 ? 1 : -1);
		for (unsigned j = 1 + draw() % 4; j <= 4 * COLUMNS; j += 1 + draw() % 8)
			fprintf(to, " %u:%.4f", j, (double)(draw() % 20000) / 1e4 - 1);
		fputs(" \n", to);
	}
}

/* Blank borders and noise inside pack about as well as handwritten digits. */
static void write_images(gzFile to)
{
	static const unsigned char head[] = {0, 0, 8, 3,  0, 0, IMAGES >> 8, IMAGES & 255,
					     0, 0, 0, 28, 0, 0, 0,           28};
	unsigned char image[PIXELS];

	gzwrite(to, head, sizeof head);
	for (int i = 0; i < IMAGES; i++) {
		for (int j = 0; j < PIXELS; j++)
			image[j] = draw() % 5 ? 0 : (unsigned char)draw();
		gzwrite(to, image, sizeof image);
	}
}

static void write_labels(gzFile to)
{
	static const unsigned char head[] = {0, 0, 8, 1, 0, 0, IMAGES >> 8, IMAGES & 255};

	gzwrite(to, head, sizeof head);
	for (int i = 0; i < IMAGES; i++)
		gzputc(to, i % 2);
}

static double time_source(const struct source *source, const void *options)
{
	double best = 1e30;

	for (int k = 0; k < REPEATS; k++) {
		struct read_request request = {0};
		struct table train = {0}, test = {0};
		struct arena arena = {0};
		struct err err = {0};
		double start = seconds(), took;

		if (source->read(options, &request, &arena, &train, &test, &err) != STATUS_OK) {
			err_print(&err, stderr);
			exit(1);
		}
		took = seconds() - start;
		best = took < best ? took : best;
		arena_release(&arena);
	}
	return best;
}

static double time_inflate(const char *path)
{
	static unsigned char piece[PIECE];
	double best = 1e30;

	for (int k = 0; k < REPEATS; k++) {
		double start = seconds(), took;
		gzFile file = gzopen(path, "rb");

		gzbuffer(file, PIECE);
		while (gzread(file, piece, sizeof piece) > 0)
			;
		gzclose_r(file);
		took = seconds() - start;
		best = took < best ? took : best;
	}
	return best;
}

static double megabytes(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 ? (double)info.st_size / megabyte : 0;
}

static void report(const char *what, double size, double took)
{
	printf("%-28s %7.1f MB %8.4f s %8.1f MB/s\n", what, size, took, size / took);
}

static void write_files(const char *csv, const char *libsvm, const char *images, const char *labels)
{
	FILE *text;
	gzFile packed;

	text = fopen(csv, "w");
	write_csv(text);
	fclose(text);
	text = fopen(libsvm, "w");
	write_libsvm(text);
	fclose(text);
	packed = gzopen(images, "wb");
	write_images(packed);
	gzclose(packed);
	packed = gzopen(labels, "wb");
	write_labels(packed);
	gzclose(packed);
}

int main(void)
{
	char folder[] = "/tmp/relubench-XXXXXX";
	char csv[64], libsvm[64], images[64], labels[64];
	struct csv_options csv_options = {.path = csv, .separator = ",", .label = "last"};
	struct libsvm_options libsvm_options = {.path = libsvm};
	struct idx_options idx_options = {.images = images, .labels = labels};
	const double unpacked = (double)IMAGES * PIXELS / megabyte;
	double plain, read;

	if (!mkdtemp(folder))
		return 1;
	snprintf(csv, sizeof csv, "%s/a.csv", folder);
	snprintf(libsvm, sizeof libsvm, "%s/a.svm", folder);
	snprintf(images, sizeof images, "%s/images.gz", folder);
	snprintf(labels, sizeof labels, "%s/labels.gz", folder);
	write_files(csv, libsvm, images, labels);
	report("csv", megabytes(csv), time_source(&source_csv, &csv_options));
	report("libsvm", megabytes(libsvm), time_source(&source_libsvm, &libsvm_options));
	plain = time_inflate(images);
	read = time_source(&source_idx, &idx_options);
	report("idx.gz, unpacked bytes", unpacked, read);
	report("plain inflate of the same", unpacked, plain);
	printf("idx.gz at %.0f %% of the speed of inflate alone\n", 100 * plain / read);
	unlink(csv);
	unlink(libsvm);
	unlink(images);
	unlink(labels);
	return rmdir(folder) != 0;
}
