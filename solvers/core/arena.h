/* Memory by lifetime: everything allocated from an arena is released together.
 *
 * Memory is zeroed and aligned to 64 bytes. Exhausted memory never reaches the caller: the handler
 * set with arena_on_exhausted is called with the bytes asked for and must not return. A program
 * that sets none aborts. An arena is used by one thread at a time.
 *
 * A counting arena tells what code will take before there is data: it hands out small blocks as any
 * other, so that structs can be filled and arrays of them set up, and for large ones an address
 * that must not be touched. Code that allocates by shapes and skips its computations where
 * arena_counts() runs on it unchanged. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "solvers/core/real.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

/* Bytes in all arenas that count together. */
struct arena_tally {
	size_t held, peak;
	size_t later;     /* most that code will hold for a while behind what is held in the end:
			     workspace of libraries, reported by
			     arena_expect_reals */
	size_t real_size; /* of the program that is spoken of: sizeof(float) or sizeof(double) */
	double steps;     /* of training that follow at most; HUGE_VAL: not known */
};

struct arena {
	struct arena_block *head;  /* all zero = an empty arena */
	struct arena_tally *tally; /* NULL: memory is real */
	size_t bytes;              /* handed out so far */
	size_t untouched;          /* counting: of these, untouched */
	size_t calls; /* number of allocations; the "step allocates nothing" test reads it */
};

/* count * size bytes, zeroed; the product is checked. Never NULL. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* count numbers of the working precision. */
void *arena_reals(struct arena *arena, size_t count);

/* The same as arena_alloc for a large block of which every page will be written at once: huge pages
 * are asked for, which cost fewer faults. Not for what is touched in part, such as one triangle of
 * a matrix. */
void *arena_alloc_dense(struct arena *arena, size_t count, size_t size);

/* The same of `count` numbers of the working precision in a file without a name, in TMPDIR or else
 * /var/tmp, whose pages the system can write there and take away: for what may be larger than
 * memory. Where the file has no room it is memory as any other. Counting: untouched. */
void *arena_spilled_reals(struct arena *arena, size_t count);

/* What is mapped from files is no memory that is held, but counts as address space: a limit of that
 * grows by so many bytes, or shrinks again. */
void arena_widen(double bytes);

/* Copies of a text, of `length` bytes of it, and of a formatted one. */
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);
char *arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* An empty arena that counts, and one that counts with another if that does. */
struct arena arena_counting(struct arena_tally *tally);
struct arena arena_beside(const struct arena *arena);
bool arena_counts(const struct arena *arena);

/* Whether numbers are in single precision where this arena's memory is to be. */
bool arena_narrow(const struct arena *arena);

/* Counting: work, now or later, holds count numbers of the working precision for a while; nothing
 * otherwise. */
void arena_expect_reals(struct arena *arena, double count);

/* Counting: that work is done, beside what is held now. */
void arena_settle(struct arena *arena);

/* Counting: of what was allocated, so many bytes or numbers of the working precision will not be
 * touched for as long as it is held. */
void arena_untouched(struct arena *arena, double bytes);
void arena_untouched_reals(struct arena *arena, double count);

/* Counting: the bytes held now. */
double arena_held(const struct arena *arena);

/* Counting: so many of the bytes held are touched by step `step` of training, from 1 on, at the
 * earliest: untouched if no run gets there. */
void arena_untouched_before(struct arena *arena, double step, double bytes);

/* Counting: at most so many steps follow what is allocated from now on. Returns what was expected
 * before. */
double arena_expect_steps(struct arena *arena, double steps);

/* Give everything back; the arena is empty and usable again, and counts if it did. */
void arena_release(struct arena *arena);

void arena_on_exhausted(void (*handler)(size_t bytes));

/* Let the k-th call from now on fail (fault tests); 0 turns it off. */
void arena_fail_after(size_t calls);

#define ARENA_IS_REAL(text) \
	(sizeof(text) == 5 && (text)[0] == 'r' && (text)[1] == 'e' && (text)[3] == 'l')
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count)                                        \
	((type *)(ARENA_IS_REAL(#type) ? arena_reals((arena), (size_t)(count)) \
				       : arena_alloc((arena), (size_t)(count), sizeof(type))))

#endif
