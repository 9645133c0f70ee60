/* Magic numbers of what is found where data is expected. */
#include "harness/file/filekind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
	HEAD = 512, /* a block of tar */
	TAR_MAGIC = 257,
	ZIP_NAME = 30, /* where the name of the first entry of a zip file starts */
	PAIRS = 16     /* of bytes that tell UTF-16 without a mark */
};

struct magic {
	const char *at;
	size_t count;
	const char *what;
};

#define MAGIC(bytes, what)                     \
	{                                      \
		bytes, sizeof(bytes) - 1, what \
	}

/* Of what nobody reads here; none starts as idx or CIFAR-10 files do, with a byte below 10. */
static const struct magic foreign[] = {
	MAGIC("version https://git-lfs.github.com/spec/",
	      "a Git LFS pointer; `git lfs pull` fetches the file itself"),
	MAGIC("\xfd"
	      "7zXZ",
	      "an xz file; unpack it, or pack it with gzip"),
	MAGIC("\x28\xb5\x2f\xfd", "a zstd file; unpack it, or pack it with gzip"),
	MAGIC("7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
	MAGIC("Rar!\x1a\x07", "a rar archive; unpack it"),
	MAGIC("\x89HDF\r\n\x1a\n", "an HDF5 file; save its arrays as .npy"),
	MAGIC("PAR1\x15", "a Parquet file; save it as CSV"),
	MAGIC("%PDF-", "a PDF document"),
	MAGIC("SQLite format 3", "an SQLite database; export the table as CSV"),
	MAGIC("MATLAB 5.0 MAT-file", "a MATLAB file; save its arrays as .npy"),
	MAGIC("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document; save it as CSV"),
};

static bool starts(const char *head, size_t count, const char *text, size_t length)
{
	return count >= length && memcmp(head, text, length) == 0;
}

static bool is_page(const char *head, size_t count)
{
	static const char *const tags[] = {"<!doctype html", "<html", "<head>"};
	size_t at = starts(head, count, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (at < count && head[at] && strchr(" \t\r\n", head[at]))
		at++;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (count - at >= strlen(tags[i]) &&
		    strncasecmp(head + at, tags[i], strlen(tags[i])) == 0)
			return true;
	return false;
}

/* A mark, or every other byte of the first ones 0. */
static const char *wide_text(const char *head, size_t count)
{
	size_t zeros[2] = {0}, pairs = count / 2 < PAIRS ? count / 2 : PAIRS;

	if (starts(head, count, "\xff\xfe\0\0", 4) || starts(head, count, "\0\0\xfe\xff", 4))
		return "UTF-32 text; convert it: iconv -f UTF-32 -t UTF-8";
	if (starts(head, count, "\xff\xfe", 2) || starts(head, count, "\xfe\xff", 2))
		return "UTF-16 text; convert it: iconv -f UTF-16 -t UTF-8";
	for (size_t i = 0; i < 2 * pairs; i++)
		zeros[i % 2] += head[i] == '\0';
	if (pairs < 2 || zeros[0] + zeros[1] != pairs || (zeros[0] && zeros[1]))
		return NULL;
	return zeros[0] ? "UTF-16 text without a byte order mark; convert it: iconv -f UTF-16BE "
			  "-t UTF-8"
			: "UTF-16 text without a byte order mark; convert it: iconv -f UTF-16LE "
			  "-t UTF-8";
}

const char *filekind_instead(const char *head, size_t count, enum filekind wanted)
{
	size_t end = 0; /* of the name of the first entry of a zip file */

	if (starts(head, count, "PK\3\4", 4) || starts(head, count, "PK\5\6", 4)) {
		if (wanted == FILEKIND_NPZ)
			return NULL;
		if (count >= ZIP_NAME)
			end = ZIP_NAME +
			      ((unsigned char)head[26] | (size_t)(unsigned char)head[27] << 8);
		return end >= ZIP_NAME + 4 && end <= count && memcmp(head + end - 4, ".npy", 4) == 0
			       ? "an .npz file (a zip archive of arrays); the source npz reads it"
			       : "a zip archive; unpack it";
	}
	if (starts(head, count, "\x93NUMPY", 6) && wanted != FILEKIND_NPY)
		return "a numpy array (.npy); the source npy reads it";
	if (count >= TAR_MAGIC + 6 && memcmp(head + TAR_MAGIC, "ustar", 5) == 0)
		return "a tar archive; unpack it";
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		if (starts(head, count, foreign[i].at, foreign[i].count))
			return foreign[i].what;
	/* the size of blocks, and the first digits of pi */
	if (starts(head, count, "BZh", 3) && count >= 10 && memcmp(head + 4, "1AY&SY", 6) == 0)
		return "a bz2 file; unpack it, or pack it with gzip";
	/* protocols 2 to 5 */
	if (count >= 4 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5 && head[2] &&
	    strchr("\x95}]c", head[2]))
		return wanted == FILEKIND_BYTES
			       ? "a Python pickle; the binary version of the data set is read here"
			       : "a Python pickle; save its arrays as .npy";
	if (is_page(head, count))
		return "an HTML page, as a failed download leaves one; fetch the file again";
	return wanted == FILEKIND_TEXT || wanted == FILEKIND_PLAIN ? wide_text(head, count) : NULL;
}

enum status filekind_missing(const char *path, struct err *err)
{
	const char *reason = strerror(errno), *folder = getenv("RELUBENCH_DATA");
	struct err_place at = {.source = path};
	char hint[400] = ""; /* if the path came through that variable */

	if (folder && folder[0] && strncmp(path, folder, strlen(folder)) == 0)
		snprintf(hint, sizeof hint, "; check RELUBENCH_DATA, which is \"%s\"", folder);
	else if (!folder && strncmp(path, "data/", 5) == 0)
		snprintf(hint, sizeof hint,
			 "; RELUBENCH_DATA is not set: set it to the folder of the data sets");
	return err_at(err, STATUS_ENV, at, "cannot open the file: %s%s", reason, hint);
}

/* The first bytes of the content; takes over the descriptor. */
static enum status check_head(const char *path, int fd, enum filekind wanted, struct err *err)
{
	struct err_place at = {.source = path};
	char head[HEAD] = "";
	ssize_t got = read(fd, head, sizeof head);
	bool packed = got > 0 && starts(head, (size_t)got, "\x1f\x8b", 2);
	bool unpack = packed && wanted != FILEKIND_PLAIN && wanted != FILEKIND_NPZ;
	gzFile file = unpack && lseek(fd, 0, SEEK_SET) == 0 ? gzdopen(fd, "rb") : NULL;
	const char *other;

	if (unpack)
		got = file ? gzread(file, head, HEAD) : 0;
	if (got < 0)
		got = 0; /* damage is for the reader to name */
	if (file)
		gzclose_r(file);
	else
		close(fd);
	if (unpack && starts(head, (size_t)got, "\x1f\x8b\x08", 3))
		other = "a gzip file, packed twice; unpack it once";
	else if (packed && !unpack)
		other = "a gzip file; unpack it";
	else
		other = filekind_instead(head, (size_t)got, wanted);
	return other ? err_at(err, STATUS_ENV, at,
			      unpack ? "the content of this gzip file is %s" : "this is %s", other)
		     : STATUS_OK;
}

enum status filekind_check(const char *path, enum filekind wanted, struct err *err)
{
	/* without O_NONBLOCK, open waits for a writer of a pipe */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct err_place at = {.source = path};
	enum status status = STATUS_OK;
	struct stat info;

	if (fd < 0)
		return filekind_missing(path, err);
	if (fstat(fd, &info) != 0) {
		status = filekind_missing(path, err);
	} else if (S_ISDIR(info.st_mode)) {
		errno = EISDIR;
		status = filekind_missing(path, err);
	} else if (!S_ISREG(info.st_mode)) {
		status = err_at(err, STATUS_ENV, at,
				"expected a regular file, which can be read several times; this is "
				"%s",
				S_ISFIFO(info.st_mode)   ? "a pipe"
				: S_ISSOCK(info.st_mode) ? "a socket"
							 : "a device");
	} else if (wanted != FILEKIND_ANY) {
		return check_head(path, fd, wanted, err);
	}
	close(fd);
	return status;
}
