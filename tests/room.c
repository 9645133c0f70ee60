/* Folders of tests. See room.h. */
#include "tests/room.h"

#include "harness/file/folder.h"

#include <stdio.h>
#include <stdlib.h>

struct room room_of_tests;

static void make(struct room *room)
{
	const char *base = getenv("TMPDIR");

	snprintf(room->folder, sizeof room->folder, "%s/relubench-XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(room->folder))
		abort();
}

static int leave(struct room *room)
{
	struct err err = {0};

	arena_release(&room->arena);
	return folder_remove(room->folder, &err) != STATUS_OK;
}

void *room_enter(void **state, size_t size)
{
	struct room *room = calloc(1, size);

	if (!room)
		abort();
	make(room);
	*state = room;
	return room;
}

int room_leave(void **state)
{
	struct room *room = *state;
	int left = leave(room);

	free(room);
	return left;
}

const char *room_path(struct room *room, const char *name)
{
	return arena_format(&room->arena, "%s/%s", room->folder, name);
}

int room_open(void **state)
{
	(void)state;
	make(&room_of_tests);
	return 0;
}

int room_close(void **state)
{
	(void)state;
	return leave(&room_of_tests);
}
