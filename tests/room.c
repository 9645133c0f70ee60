/* Folders of tests. See room.h. */
#include "tests/room.h"

#include "harness/file/folder.h"

#include <stdio.h>
#include <stdlib.h>

void *room_enter(void **state, size_t size)
{
	const char *base = getenv("TMPDIR");
	struct room *room = calloc(1, size);

	if (!room)
		abort();
	snprintf(room->folder, sizeof room->folder, "%s/relubench-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(room->folder))
		abort();
	*state = room;
	return room;
}

int room_leave(void **state)
{
	struct room *room = *state;
	struct err err = {0};
	enum status status = folder_remove(room->folder, &err);

	arena_release(&room->arena);
	free(room);
	return status != STATUS_OK;
}

const char *room_path(struct room *room, const char *name)
{
	return arena_format(&room->arena, "%s/%s", room->folder, name);
}
