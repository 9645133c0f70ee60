/* SHA-256 over the files of a data set. */
#include "harness/data/data.h"
#include "harness/file/gzfile.h"

#include <errno.h>
#include <sha256.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 64, PIECE = 64 * 1024 };

static enum status add_file(SHA256_CTX *sum, const char *path, double *bytes, struct err *err)
{
	struct err_place at = {.source = path};
	unsigned char piece[PIECE];
	FILE *file;
	enum status status = STATUS_OK;
	size_t n;

	TRY(filekind_check(path, FILEKIND_ANY, err));
	file = fopen(path, "rb");
	if (!file)
		return gzfile_missing(path, err);
	while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
		SHA256Update(sum, piece, n);
		*bytes += (double)n;
	}
	if (ferror(file))
		status = err_at(err, STATUS_ENV, at, "cannot read the file: %s", strerror(errno));
	fclose(file);
	return status;
}

enum status data_checksum(const struct data_options *options, char hex[65], struct err *err)
{
	const struct source *source = (const struct source *)options->source.item;
	const char *paths[MOST_FILES];
	size_t count = 0;
	double bytes = 0;
	SHA256_CTX sum;

	if (source->files)
		count = source->files(options->source.options, paths, MOST_FILES);
	SHA256Init(&sum);
	for (size_t i = 0; i < count; i++)
		TRY(add_file(&sum, paths[i], &bytes, err));
	SHA256End(&sum, hex);
	return STATUS_OK;
}

enum status data_file_there(const char *path, struct err *err)
{
	return access(path, R_OK) == 0 ? STATUS_OK : gzfile_missing(path, err);
}

enum status data_file_checksum(const char *path, char hex[65], double *bytes, struct err *err)
{
	SHA256_CTX sum;

	*bytes = 0;
	SHA256Init(&sum);
	TRY(add_file(&sum, path, bytes, err));
	SHA256End(&sum, hex);
	return STATUS_OK;
}
