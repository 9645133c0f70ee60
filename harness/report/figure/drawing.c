/* Running gnuplot on the script of a plot, unless the drawings show already what they should: these
 * are kept by the checksums beside them. */
#include "harness/report/figure/drawing.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha256.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG "gnuplot.log"

extern char **environ;

/* The environment for gnuplot: numbers with a point, texts in UTF-8. */
static char **environment(struct arena *arena)
{
	/* those that change what gnuplot draws: GNUTERM, GNUPLOT_LIB, ... */
	static const char *const left_out[] = {"GNU", "GDFONTPATH=", "FIT_", "LANG", "LC_"};
	const size_t starts = sizeof left_out / sizeof *left_out;
	size_t count = 0, kept = 0, k;
	char **out;

	while (environ[count])
		count++;
	out = ARENA_ARRAY(arena, char *, count + 2);
	for (size_t i = 0; i < count; i++) {
		for (k = 0; k < starts; k++)
			if (strncmp(environ[i], left_out[k], strlen(left_out[k])) == 0)
				break;
		if (k == starts)
			out[kept++] = environ[i];
	}
	out[kept] = arena_text(arena, "LC_ALL=C.UTF-8");
	return out;
}

/* Start gnuplot in `folder`, its output in the files `out` and `log` there, wait for its end.
 * *waited: as waitpid gives it, or -1 if there is no gnuplot. */
static enum status call(const char *folder, char **argv, const char *out, struct arena *arena,
			int *waited, struct err *err)
{
	posix_spawn_file_actions_t actions;
	int code;
	pid_t pid;

	*waited = -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT, 0666);
	posix_spawn_file_actions_addopen(&actions, 2, LOG, O_WRONLY | O_CREAT | O_APPEND, 0666);
	code = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environment(arena));
	posix_spawn_file_actions_destroy(&actions);
	if (code == ENOENT)
		return STATUS_OK;
	if (code != 0)
		return err_set(err, STATUS_ENV, "cannot start gnuplot: %s", strerror(code));
	while (waitpid(pid, waited, 0) < 0)
		if (errno != EINTR)
			return err_set(err, STATUS_ENV, "cannot wait for gnuplot: %s",
				       strerror(errno));
	return STATUS_OK;
}

const char *drawing_gnuplot(struct arena *arena)
{
	FILE *from = popen("gnuplot --version 2>/dev/null", "r");
	char line[128] = "";
	bool said = from && fgets(line, sizeof line, from);

	if (from && pclose(from) != 0)
		said = false;
	line[strcspn(line, "\n")] = '\0';
	return said ? arena_text(arena, line) : NULL;
}

/* The first line that says where and what, or the first at all: gnuplot shows the place before. */
static const char *first_message(const char *log, struct arena *arena)
{
	const char *first = NULL;
	size_t length;

	for (; *log; log += length + (log[length] == '\n')) {
		const char *line;

		length = strcspn(log, "\n");
		if (strspn(log, " \t^") >= length)
			continue;
		line = arena_text_n(arena, log, length);
		if (strstr(line, "line ") && strchr(line, ':'))
			return line;
		first = first ? first : line;
	}
	return first;
}

/* NULL if the run has drawn the plot. */
static const char *problem(const char *folder, const char *stem, int waited, const char *log,
			   struct arena *arena)
{
	const char *said = first_message(log, arena);
	struct stat file;

	if (WIFSIGNALED(waited))
		return arena_format(arena, "ended by signal %d", WTERMSIG(waited));
	if (WEXITSTATUS(waited) != 0)
		return said ? said
			    : arena_format(arena, "ended with status %d", WEXITSTATUS(waited));
	if (stat(arena_format(arena, "%s/%s.svg", folder, stem), &file) != 0 || file.st_size == 0)
		return said ? said : "has drawn nothing";
	return NULL;
}

/* Run gnuplot on <folder>/<stem>.gp, without the user's start files and the environment's wishes:
 * DRAWING_DRAWN, DRAWING_UNDRAWN, or DRAWING_IMPOSSIBLE with a message and without drawings. */
static enum status run(const char *folder, const char *stem, struct arena *arena,
		       struct drawing *drawing, struct err *err)
{
	const char *path = arena_format(arena, "%s/" LOG, folder), *log = "";
	char *argv[] = {arena_text(arena, "gnuplot"), arena_text(arena, "-d"),
			arena_format(arena, "%s.gp", stem), NULL};
	static const char *const forms[] = {"svg", "png", "pdf"};
	struct stat said; /* what earlier plots did */
	size_t earlier = stat(path, &said) == 0 ? (size_t)said.st_size : 0;
	int waited;

	*drawing = (struct drawing){.fate = DRAWING_DRAWN};
	TRY(call(folder, argv, "/dev/null", arena, &waited, err));
	if (waited == -1) {
		drawing->fate = DRAWING_UNDRAWN;
		return STATUS_OK;
	}
	TRY(store_read_text(path, arena, &log, err));
	log += earlier < strlen(log) ? earlier : strlen(log);
	drawing->message = problem(folder, stem, waited, log, arena);
	if (!drawing->message)
		return STATUS_OK;
	drawing->fate = DRAWING_IMPOSSIBLE;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) /* half drawn, perhaps */
		unlink(arena_format(arena, "%s/%s.%s", folder, stem, forms[i]));
	return STATUS_OK;
}

/* --- drawings that are kept ------------------------------------------------------------------- */

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

/* "# version" and a line of each file that there is. NULL without script or data. */
static const char *sums(const char *folder, const char *stem, const char *gnuplot,
			struct blob blobs[ENDS], struct arena *arena)
{
	const char *text = arena_format(arena, "# %s\n", gnuplot);
	char hex[HEX_BYTES];
	SHA256_CTX sum;

	for (size_t i = 0; i < ENDS; i++) {
		const char *name = arena_format(arena, "%s.%s", stem, ends[i]);

		blobs[i] = read_blob(arena_format(arena, "%s/%s", folder, name), arena);
		if (!blobs[i].at && i <= SOURCES) /* no plot without an SVG */
			return NULL;
		if (!blobs[i].at)
			continue;
		SHA256Init(&sum);
		SHA256Update(&sum, blobs[i].at, blobs[i].size);
		SHA256End(&sum, hex); /* as sha256sum writes and checks it */
		text = arena_format(arena, "%s%s  %s\n", text, hex, name);
	}
	return text;
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

		if (!now.at || now.size != blobs[i].size ||
		    memcmp(now.at, blobs[i].at, now.size) != 0)
			return STATUS_OK;
	}
	for (size_t i = SOURCES; i < ENDS; i++)
		if (blobs[i].at)
			TRY(write_blob(in(place, place->to, ends[i]), &blobs[i], err));
	*kept = true;
	return write_blob(in(place, place->to, "sha256"), &sum, err);
}

static enum status draw(const struct records *records, const struct place *place,
			const char *gnuplot, struct drawing *drawing, struct err *err)
{
	struct blob blobs[ENDS] = {{NULL, 0}};
	struct stat folder;
	const char *text;
	bool kept = false;

	*drawing = (struct drawing){.fate = DRAWING_KEPT};
	if (lstat(place->from, &folder) == 0 && S_ISDIR(folder.st_mode))
		TRY(keep(place, gnuplot, &kept, err));
	if (kept)
		return STATUS_OK;
	TRY(run(place->to, place->stem, records->arena, drawing, err));
	if (drawing->fate != DRAWING_DRAWN || !gnuplot)
		return STATUS_OK;
	text = sums(place->to, place->stem, gnuplot, blobs, place->arena);
	return text ? store_write_text(in(place, place->to, "sha256"), text, err) : STATUS_OK;
}

enum status drawing_make(const struct records *records, const char *stem, const char *gnuplot,
			 struct drawing *drawing, struct err *err)
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
