/* Claims as files with a time limit. */
#include "harness/share/lease.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FILE_MODE = 0666, /* the user's umask decides */
	CLAIM_ROOM = HOST_NAME_MAX + 128,
	SILENT_LEASES = 10 /* a folder of temporary files is given up after as many */
};

#define LEASE_PREFIX "claim-"

/* What a claim says and when it was renewed. */
struct claim {
	char owner[CLAIM_ROOM]; /* "": not written yet */
	double seconds;         /* of its lease */
	double age;             /* s, by the clock of the file system */
};

static double seconds_of(struct timespec time)
{
	const double nano = 1e-9;

	return (double)time.tv_sec + nano * (double)time.tv_nsec;
}

/* "HOST-SPACE-", where a process number means the same process. */
static const char *place(struct arena *arena)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct stat space = {0};

	if (gethostname(host, sizeof host - 1) != 0)
		host[0] = '\0';
	for (char *at = host; *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	if (stat("/proc/self/ns/pid", &space) != 0)
		space.st_ino = 0;
	return arena_format(arena, LEASE_PREFIX "%s-%ju-", host, (uintmax_t)space.st_ino);
}

const char *lease_owner(struct arena *arena)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return arena_format(arena, "%s%ld-%jd_%09ld", place(arena), (long)getpid(),
			    (intmax_t)now.tv_sec, now.tv_nsec);
}

/* Is its process gone from this host? Of another host nobody knows. */
static bool is_gone(const char *owner)
{
	struct arena arena = {0};
	const char *here = place(&arena);
	size_t length = strlen(here);
	bool gone = false;
	long process;

	if (strncmp(owner, here, length) == 0 && !strstr(here, "-0-")) {
		process = strtol(owner + length, NULL, 10);
		gone = process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH;
	}
	arena_release(&arena);
	return gone;
}

/* What the file system's clock says: that of the host may differ. 0: it does not say. */
static double now_there(const struct leases *leases)
{
	struct stat info;

	if (utimensat(AT_FDCWD, leases->own, NULL, 0) != 0 || stat(leases->own, &info) != 0)
		return 0;
	return seconds_of(info.st_mtim);
}

/* Opening a file makes NFS ask the server for its times. False: there is none. */
static bool read_claim(const struct leases *leases, const char *path, struct claim *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[CLAIM_ROOM + 32] = "";
	struct stat info;

	*out = (struct claim){.seconds = leases->seconds};
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof text - 1) > 0)
		sscanf(text, "%190s %lf", out->owner, &out->seconds);
	if (fstat(fd, &info) == 0)
		out->age = now_there(leases) - seconds_of(info.st_mtim);
	close(fd);
	return true;
}

static bool is_over(const struct claim *claim)
{
	return claim->age > claim->seconds || (*claim->owner && is_gone(claim->owner));
}

/* Make the claim, if there is none. */
static enum status make(const struct leases *leases, const char *path, bool *made, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	*made = fd >= 0;
	if (fd < 0)
		return errno == EEXIST ? STATUS_OK : io_error(err, path, "write");
	if (dprintf(fd, "%s %g\n", leases->owner, leases->seconds) < 0) {
		io_error(err, path, "write");
		close(fd);
		unlink(path);
		return STATUS_ENV;
	}
	close(fd);
	return STATUS_OK;
}

/* Move a claim that is over out of the way. Only one of several can rename it; one that was judged
 * but has been replaced by a new one since then is put back. */
static bool remove_over(const struct leases *leases, const char *path, const struct claim *judged)
{
	struct arena arena = {0};
	const char *aside = arena_format(&arena, "%s.%s", path, leases->owner);
	struct claim moved;
	bool same = false;

	if (rename(path, aside) == 0) {
		same = read_claim(leases, aside, &moved) &&
		       strcmp(moved.owner, judged->owner) == 0 && is_over(&moved);
		if (!same && link(aside, path) != 0 && errno != EEXIST)
			rename(aside, path); /* a file system without links */
		unlink(aside);
	}
	arena_release(&arena);
	return same;
}

enum status lease_take(const struct leases *leases, const char *cell, bool *taken, struct err *err)
{
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s/%s", leases->folder, cell);
	enum status status = make(leases, path, taken, err);
	struct claim claim;

	if (status == STATUS_OK && !*taken && read_claim(leases, path, &claim) && is_over(&claim) &&
	    remove_over(leases, path, &claim))
		status = make(leases, path, taken, err);
	arena_release(&arena);
	return status;
}

bool lease_renew(const struct leases *leases, const char *cell)
{
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s/%s", leases->folder, cell);
	struct claim claim;
	bool ours = read_claim(leases, path, &claim) && strcmp(claim.owner, leases->owner) == 0;

	if (ours)
		utimensat(AT_FDCWD, path, NULL, 0);
	arena_release(&arena);
	return ours;
}

void lease_free(const struct leases *leases, const char *cell)
{
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s/%s", leases->folder, cell);
	struct claim claim;

	if (read_claim(leases, path, &claim) && strcmp(claim.owner, leases->owner) == 0)
		unlink(path);
	arena_release(&arena);
}

const char *lease_host(const char *results, const char *cell, struct arena *arena)
{
	const char *path = arena_format(arena, "%s/claims/%s", results, cell);
	FILE *file = fopen(path, "re");
	char owner[CLAIM_ROOM] = "", *host = owner + strlen(LEASE_PREFIX);

	if (file && fscanf(file, "%190s", owner) != 1)
		*owner = '\0';
	if (file)
		fclose(file);
	if (strncmp(owner, LEASE_PREFIX, strlen(LEASE_PREFIX)) != 0 || is_gone(owner))
		return NULL;
	return arena_text_n(arena, host, strcspn(host, "-"));
}

/* Temporary folders of owners that are no more. */
static void remove_left(const struct leases *leases, const char *all, struct arena *arena)
{
	const double now = now_there(leases);
	struct err ignored = {0}; /* they only take room */
	DIR *dir = opendir(all);
	struct dirent *entry;
	struct stat info;

	while (dir && (entry = readdir(dir))) {
		const char *path = arena_format(arena, "%s/%s", all, entry->d_name);

		if (strncmp(entry->d_name, LEASE_PREFIX, strlen(LEASE_PREFIX)) != 0 ||
		    lstat(path, &info) != 0 || !S_ISDIR(info.st_mode))
			continue;
		if (is_gone(entry->d_name) ||
		    now - seconds_of(info.st_mtim) > SILENT_LEASES * leases->seconds)
			folder_remove(path, &ignored);
	}
	if (dir)
		closedir(dir);
}

enum status leases_open(struct leases *out, const char *results, const char *own, double seconds,
			struct arena *arena, struct err *err)
{
	const char *slash = strrchr(own, '/');

	*out = (struct leases){.folder = arena_format(arena, "%s/claims", results),
			       .owner = slash ? slash + 1 : own,
			       .own = own,
			       .seconds = seconds};
	TRY(folder_make_own(out->folder, err));
	remove_left(out, arena_format(arena, "%s/tmp", results), arena);
	return STATUS_OK;
}

void leases_renew(const struct leases *leases)
{
	now_there(leases);
}

void leases_close(const struct leases *leases)
{
	rmdir(leases->folder); /* fails while others use it */
}
