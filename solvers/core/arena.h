/* Memory by lifetime: everything allocated from an arena is released together.
 *
 * Memory is zeroed and aligned to 64 bytes. Exhausted memory never reaches the caller: the handler
 * set with arena_on_exhausted is called with the bytes asked for and must not return. A program
 * that sets none aborts. An arena is used by one thread at a time. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head; /* all zero = an empty arena */
	size_t bytes;             /* handed out so far */
	size_t calls; /* number of allocations; the "step allocates nothing" test reads it */
};

/* count * size bytes, zeroed; the product is checked. Never NULL. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* The same for a large block of which every page will be written at once: huge pages are asked for,
 * which cost fewer faults. Not for what is touched in part, such as one triangle of a matrix. */
void *arena_alloc_dense(struct arena *arena, size_t count, size_t size);

/* Copies of a text, of `length` bytes of it, and of a formatted one. */
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Give everything back; the arena is empty and usable again. */
void arena_release(struct arena *arena);

void arena_on_exhausted(void (*handler)(size_t bytes));

/* Let the k-th call from now on fail (fault tests); 0 turns it off. */
void arena_fail_after(size_t calls);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) \
	((type *)arena_alloc((arena), (size_t)(count), sizeof(type)))

#endif
