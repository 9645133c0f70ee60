/* Arenas: a list of blocks, one per large allocation, shared ones for small allocations. */
#include "solvers/core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	ALIGNMENT = 64,          /* a cache line, and the width of an AVX-512 register */
	BLOCK_BYTES = 64 * 1024, /* small allocations share blocks of this size */
	PAGE_BYTES = 4096,
	HUGE_BYTES = 2 * 1024 * 1024
};

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of the room behind the header, which starts at an aligned address */
	char *room;
};

static void (*exhausted)(size_t bytes);
static size_t fail_after;

void arena_on_exhausted(void (*handler)(size_t bytes))
{
	exhausted = handler;
}

void arena_fail_after(size_t calls)
{
	fail_after = calls;
}

static _Noreturn void out_of_memory(size_t bytes)
{
	if (exhausted)
		exhausted(bytes);
	abort();
}

static struct arena_block *block_new(size_t room)
{
	struct arena_block *block;
	size_t bytes = sizeof *block + room + ALIGNMENT;
	uintptr_t start;

	if (bytes < room)
		out_of_memory(room);
	block = calloc(1, bytes); /* large blocks come as fresh zero pages */
	if (!block)
		out_of_memory(room);
	start = (uintptr_t)(block + 1);
	block->room = (char *)block +
		      ((start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - (uintptr_t)block);
	block->size = room;
	return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	size_t bytes, rounded;
	struct arena_block *block = arena->head;
	void *at;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - 2 * ALIGNMENT)
		out_of_memory(SIZE_MAX);
	if (fail_after && --fail_after == 0)
		out_of_memory(bytes);
	rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!block || block->size - block->used < rounded) {
		block = block_new(rounded > BLOCK_BYTES / 2 ? rounded : BLOCK_BYTES);
		if (arena->head && rounded > BLOCK_BYTES / 2) { /* keep filling the shared block */
			block->next = arena->head->next;
			arena->head->next = block;
		} else {
			block->next = arena->head;
			arena->head = block;
		}
	}
	at = block->room + block->used;
	block->used += rounded;
	arena->bytes += rounded;
	arena->calls++;
	return at;
}

void *arena_alloc_dense(struct arena *arena, size_t count, size_t size)
{
	char *at = arena_alloc(arena, count, size);
	uintptr_t first = ((uintptr_t)at + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	uintptr_t end = ((uintptr_t)at + count * size) / PAGE_BYTES * PAGE_BYTES;

	if (end > first + HUGE_BYTES) /* advice only: a kernel that cannot changes nothing */
		(void)madvise((void *)first, end - first, MADV_HUGEPAGE);
	return at;
}

char *arena_text_n(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1, 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_text_n(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list args;
	int length;
	char *text;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = arena_alloc(arena, (size_t)length + 1, 1);
	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void arena_release(struct arena *arena)
{
	struct arena_block *block = arena->head;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	memset(arena, 0, sizeof *arena);
}
