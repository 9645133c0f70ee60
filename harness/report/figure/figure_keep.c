/* Drawings that show already what they should: kept by the checksums beside them. */
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/report/figure/figure.h"

#include <fcntl.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEX_BYTES = 2 * SHA256_DIGEST_LENGTH + 1 };

/* Script and data first, the drawings behind. */
static const char *const ends[] = {"gp", "dat", "svg", "png", "pdf"};

enum { ENDS = sizeof ends / sizeof *ends, SOURCES = 2 };

struct blob {
	unsigned char *at; /* NULL: there is no such file */
	size_t size;
};

/* A regular file, not through a link. */
static struct blob read_blob(const char *path, struct arena *arena)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct blob blob = {0};
	struct stat file;
	ssize_t got = 1;

	if (fd < 0)
		return blob;
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
		blob.at = ARENA_ARRAY(arena, unsigned char, (size_t)file.st_size + 1);
		while (blob.size < (size_t)file.st_size && got > 0) {
			got = read(fd, blob.at + blob.size, (size_t)file.st_size - blob.size);
			blob.size += got > 0 ? (size_t)got : 0;
		}
	}
	close(fd);
	return blob;
}

/* A line of <stem>.sha256, as sha256sum writes and checks it. */
static const char *sum_line(const struct blob *blob, const char *name, struct arena *arena)
{
	char hex[HEX_BYTES];
	SHA256_CTX sum;

	SHA256Init(&sum);
	SHA256Update(&sum, blob->at, blob->size);
	SHA256End(&sum, hex);
	return arena_format(arena, "%s  %s\n", hex, name);
}

/* "# version" and a line of each file that there is. NULL without script or data. */
static const char *sums(const char *folder, const char *stem, const char *gnuplot,
			struct blob blobs[ENDS], struct arena *arena)
{
	const char *text = arena_format(arena, "# %s\n", gnuplot);

	for (size_t i = 0; i < ENDS; i++) {
		const char *name = arena_format(arena, "%s.%s", stem, ends[i]);

		blobs[i] = read_blob(arena_format(arena, "%s/%s", folder, name), arena);
		if (blobs[i].at)
			text = arena_format(arena, "%s%s", text, sum_line(&blobs[i], name, arena));
		else if (i <= SOURCES) /* no plot without an SVG */
			return NULL;
	}
	return text;
}

static bool equal(const struct blob *a, const struct blob *b)
{
	return a->at && b->at && a->size == b->size && memcmp(a->at, b->at, a->size) == 0;
}

static enum status write_blob(const char *path, const struct blob *blob, struct err *err)
{
	FILE *to = io_create(path);

	if (to)
		fwrite(blob->at, 1, blob->size, to);
	return to && io_close(to) ? STATUS_OK : io_error(err, path, "write");
}

/* The version behind "# " in <stem>.sha256, or NULL. */
static const char *drawn_by(const struct blob *sum, struct arena *arena)
{
	const char *text = (const char *)sum->at;

	if (!text || sum->size < 2 || memcmp(text, "# ", 2) != 0)
		return NULL;
	text = arena_text_n(arena, text, sum->size);
	return arena_text_n(arena, text + 2, strcspn(text + 2, "\n"));
}

/* A plot of the scripts in one folder whose drawings may be in another already. */
struct place {
	const char *from, *to, *stem;
	struct arena *arena;
};

static const char *in(const struct place *place, const char *folder, const char *end)
{
	return arena_format(place->arena, "%s/%s.%s", folder, place->stem, end);
}

/* Copy the drawings if they are of the script and data of now. */
static enum status keep(const struct place *place, const char *gnuplot, bool *kept, struct err *err)
{
	struct arena *arena = place->arena;
	struct blob sum = read_blob(in(place, place->from, "sha256"), arena);
	struct blob blobs[ENDS] = {{NULL, 0}};
	const char *version = drawn_by(&sum, arena), *text;

	*kept = false;
	if (!version || (gnuplot && strcmp(version, gnuplot) != 0))
		return STATUS_OK;
	text = sums(place->from, place->stem, version, blobs, arena);
	if (!text || strlen(text) != sum.size || memcmp(text, sum.at, sum.size) != 0)
		return STATUS_OK;
	for (size_t i = 0; i < SOURCES; i++) {
		struct blob now = read_blob(in(place, place->to, ends[i]), arena);

		if (!equal(&now, &blobs[i]))
			return STATUS_OK;
	}
	for (size_t i = SOURCES; i < ENDS; i++)
		if (blobs[i].at)
			TRY(write_blob(in(place, place->to, ends[i]), &blobs[i], err));
	*kept = true;
	return write_blob(in(place, place->to, "sha256"), &sum, err);
}

static enum status draw(const struct records *records, const struct place *place,
			const char *gnuplot, struct figure_drawing *drawing, struct err *err)
{
	struct blob blobs[ENDS] = {{NULL, 0}};
	struct stat folder;
	const char *text;
	bool kept = false;

	*drawing = (struct figure_drawing){.fate = FIGURE_KEPT};
	if (lstat(place->from, &folder) == 0 && S_ISDIR(folder.st_mode))
		TRY(keep(place, gnuplot, &kept, err));
	if (kept)
		return STATUS_OK;
	TRY(figure_run(place->to, place->stem, records->arena, drawing, err));
	if (drawing->fate != FIGURE_DRAWN || !gnuplot)
		return STATUS_OK;
	text = sums(place->to, place->stem, gnuplot, blobs, place->arena);
	return text ? store_write_text(in(place, place->to, "sha256"), text, err) : STATUS_OK;
}

enum status figure_draw(const struct records *records, const char *stem, const char *gnuplot,
			struct figure_drawing *drawing, struct err *err)
{
	struct arena scratch = {0};
	struct place place = {.from = arena_format(&scratch, "%s/plots", records->folder),
			      .to = arena_format(&scratch, "%s/plots", records->out),
			      .stem = stem,
			      .arena = &scratch};
	enum status status = draw(records, &place, gnuplot, drawing, err);

	arena_release(&scratch);
	return status;
}
