/* A list of names and checksums. */
#include "harness/store/checksums.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "solvers/core/text.h"

#include <errno.h>
#include <sha256.h>
#include <string.h>
#include <unistd.h>

enum { HEX = SHA256_DIGEST_STRING_LENGTH - 1, LOOKS = 3 };

/* The list, and the files that it lists, whoever wrote them. */
static const char *const checked[] = {CHECKSUMS_FILE, "spec.yaml",    "style.yaml",
				      "origin.txt",   "env.json",     "plan.csv",
				      "data.csv",     "transfer.csv", NULL};

/* In the place of a checksum: no file, as before the first one is put in its place. */
static const char absent[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* "<64 digits>  name" */
static const char *name_of(const char *line)
{
	bool formed =
		strspn(line, "0123456789abcdef") == HEX && line[HEX] == ' ' && line[HEX + 1] == ' ';

	return formed ? line + HEX + 2 : NULL;
}

/* The lines of the list, NULL at its end. */
static const char **read_lines(const char *folder, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/" CHECKSUMS_FILE, folder), *text = "";
	struct err ignored = {0}; /* what is not listed is told */
	char *copy, *rest = NULL;
	const char **lines;
	size_t count = 0;

	if (access(path, F_OK) != 0 || store_read_text(path, arena, &text, &ignored) != STATUS_OK)
		text = "";
	copy = arena_text(arena, text);
	lines = ARENA_ARRAY(arena, const char *, strlen(text) + 1);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		lines[count++] = line;
	return lines;
}

/* The list with one more line or, not to `keep` them, in the place of the others of its name. */
static enum status write_lines(const char *folder, const char **lines, const char *line, bool keep,
			       struct arena *arena, struct err *err)
{
	const char *path = arena_format(arena, "%s/" CHECKSUMS_FILE, folder);
	struct text text = text_new(arena);

	for (; *lines; lines++) {
		const char *name = name_of(*lines);

		if (name && (keep || strcmp(name, name_of(line)) != 0))
			text_format(&text, "%s\n", *lines);
	}
	text_format(&text, "%s\n", line);
	return store_write_text(path, text.at, err);
}

static enum status put(const char *folder, const char *name, const char *tmp, struct arena *arena,
		       struct err *err)
{
	const char *path = arena_format(arena, "%s/%s", folder, name), *line, *both;
	const char **lines = read_lines(folder, arena);
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (!SHA256File(tmp, hex))
		return io_error(err, tmp, "read");
	line = arena_format(arena, "%s  %s", hex, name);
	both = access(path, F_OK) == 0 ? line
				       : arena_format(arena, "%s  %s\n%s", absent, name, line);
	TRY(write_lines(folder, lines, both, true, arena, err));
	if (!io_rename(tmp, path))
		return io_error(err, path, "write");
	return write_lines(folder, lines, line, false, arena, err);
}

enum status checksums_put(const char *folder, const char *name, const char *tmp, struct err *err)
{
	struct arena arena = {0};
	enum status status = put(folder, name, tmp, &arena, err);

	arena_release(&arena);
	return status;
}

enum status checksums_put_text(const char *folder, const char *name, const char *text,
			       struct err *err)
{
	struct arena arena = {0};
	const char *tmp = store_beside(arena_format(&arena, "%s/new-%s", folder, name), &arena);
	enum status status = store_write_text(tmp, text, err);

	if (status == STATUS_OK)
		status = put(folder, name, tmp, &arena, err);
	if (status != STATUS_OK)
		unlink(tmp);
	arena_release(&arena);
	return status;
}

/* What is wrong with a file, or NULL. */
static const char *problem_of(const char *folder, const char *name, const char **lines,
			      struct arena *arena)
{
	const char *path = arena_format(arena, "%s/%s", folder, name);
	char hex[SHA256_DIGEST_STRING_LENGTH];
	bool found = false, there = access(path, F_OK) == 0;

	if (there && !SHA256File(path, hex))
		return arena_format(arena, "cannot be read: %s", strerror(errno));
	for (; *lines; lines++) {
		const char *at = name_of(*lines);

		if (!at || strcmp(at, name) != 0)
			continue;
		found = true;
		if (strncmp(*lines, there ? hex : absent, HEX) == 0)
			return NULL;
	}
	if (!there)
		return found ? "is missing" : NULL;
	return found ? "was changed: its checksum differs" : "has no line in " CHECKSUMS_FILE;
}

static enum status look(const char *folder, bool expected, FILE *to)
{
	struct arena arena = {0};
	bool there = access(arena_format(&arena, "%s/" CHECKSUMS_FILE, folder), F_OK) == 0;
	const char **lines = read_lines(folder, &arena), *problem = NULL;
	enum status status = STATUS_OK;

	if (!there && expected)
		problem = "is missing";
	for (size_t i = 0; there && lines[i] && !problem; i++)
		problem = name_of(lines[i]) ? NULL : "has a line that is no checksum";
	for (const char *const *name = checked; *name; name++) {
		if (name > checked)
			problem = there ? problem_of(folder, *name, lines, &arena) : NULL;
		if (problem && to)
			fprintf(to, "%s/%s: %s; `relubench run` writes it anew\n", folder, *name,
				problem);
		status = problem ? STATUS_FAILED : status;
	}
	arena_release(&arena);
	return status;
}

enum status checksums_tell(const char *folder, bool expected, FILE *to)
{
	/* a run may have replaced a file between the looks at the list and at the file */
	for (int i = 1; i < LOOKS; i++)
		if (look(folder, expected, NULL) == STATUS_OK)
			return STATUS_OK;
	return look(folder, expected, to);
}
