/* Files by mmap. See filemap.h. */
#include "harness/file/filemap.h"

#include "harness/file/filekind.h"
#include "harness/file/io.h"
#include "solvers/core/arena.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool filemap_packed(const char *path)
{
	unsigned char head[2] = {0};
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd < 0 ? 0 : read(fd, head, sizeof head);

	if (fd >= 0)
		close(fd);
	return got == sizeof head && head[0] == 0x1f && head[1] == 0x8b;
}

enum status filemap_open(const char *path, struct filemap *out, struct err *err)
{
	struct stat info;
	void *at = NULL;
	int fd;

	*out = (struct filemap){NULL, 0};
	TRY(filekind_check(path, FILEKIND_ANY, err));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return filekind_missing(path, err);
	if (fstat(fd, &info) != 0)
		at = MAP_FAILED;
	else if (info.st_size > 0) {
		arena_widen((double)info.st_size);
		at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	close(fd);
	if (at == MAP_FAILED)
		return io_error(err, path, "map");
	*out = (struct filemap){at, (size_t)info.st_size};
	return STATUS_OK;
}

void filemap_close(struct filemap *map)
{
	if (map->count > 0) {
		munmap((void *)(uintptr_t)map->at, map->count);
		arena_widen(-(double)map->count);
	}
	*map = (struct filemap){NULL, 0};
}
