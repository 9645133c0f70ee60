/* Two bytes of a lock file, locked by open file as in lock.c: the wish to be alone, and the
 * machine.
 */
#include "harness/sched/alone.h"
#include "harness/sched/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_MODE = 0600, /* of this user only */
	BYTE_WISH = 0,
	BYTE_MACHINE = 1
};

static bool lock_byte(const struct alone *alone, short type, off_t byte)
{
	struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(alone->fd, F_OFD_SETLK, &range) == 0;
}

struct alone alone_open(bool exclusive)
{
	const char *folder = getenv("TMPDIR");
	struct alone alone = {.fd = -1, .exclusive = exclusive};
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/relubench-%ld.lock",
			      folder && *folder ? folder : "/tmp", (long)getuid());

	if (length > 0 && (size_t)length < sizeof path)
		alone.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (alone.fd < 0) {
		alone.none = strerror(errno);
	} else if (!lock_byte(&alone, F_UNLCK, BYTE_WISH) && lock_has_none(errno)) {
		alone.none = strerror(errno);
		alone_close(&alone);
	}
	return alone;
}

bool alone_may_start(struct alone *alone)
{
	struct flock wish = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = BYTE_WISH, .l_len = 1};

	if (alone->fd < 0 || (alone->held && alone->exclusive))
		return true;
	if (!alone->exclusive && fcntl(alone->fd, F_OFD_GETLK, &wish) == 0 &&
	    wish.l_type != F_UNLCK)
		return false; /* of another run */
	if (alone->exclusive && !lock_byte(alone, F_WRLCK, BYTE_WISH))
		return false;
	if (!alone->held)
		alone->held = lock_byte(alone, alone->exclusive ? F_WRLCK : F_RDLCK, BYTE_MACHINE);
	return alone->held;
}

void alone_rest(struct alone *alone)
{
	if (alone->fd < 0 || alone->exclusive || !alone->held)
		return;
	lock_byte(alone, F_UNLCK, BYTE_MACHINE);
	alone->held = false;
}

void alone_close(struct alone *alone)
{
	if (alone->fd >= 0)
		close(alone->fd); /* with it the locks */
	alone->fd = -1;
}
