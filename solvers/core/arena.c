/* Arenas: a list of blocks, one per large allocation, shared ones for small allocations. */
#include "solvers/core/arena.h"

#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

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
	void *mapped; /* or bytes of a file */
	size_t mapped_bytes;
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

static size_t rounded_up(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t sum(size_t a, size_t b)
{
	size_t total;

	return __builtin_add_overflow(a, b, &total) ? SIZE_MAX : total;
}

static void *from_block(struct arena *arena, size_t rounded)
{
	struct arena_block *block = arena->head;
	void *at;

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
	return at;
}

/* As arena_alloc; `size` bytes an entry count, of which this program needs `own`. */
static void *count_block(struct arena *arena, size_t count, size_t size, size_t own)
{
	struct arena_tally *tally = arena->tally;
	size_t bytes, needed;
	bool beyond = __builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2;

	bytes = beyond ? SIZE_MAX / 2 : rounded_up(bytes);
	arena->bytes = sum(arena->bytes, bytes);
	tally->held = sum(tally->held, bytes); /* the peak is looked at before it falls */
	arena->calls++;
	beyond = beyond || __builtin_mul_overflow(count, own, &needed);
	if (beyond || rounded_up(needed) > BLOCK_BYTES / 2) {
		static void *page;

		/* A page that cannot be read or written: what is touched by mistake shows at
		 * once. */
		if (!page)
			page = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				    0);
		return page;
	}
	return from_block(arena, rounded_up(needed));
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (arena->tally)
		return count_block(arena, count, size, size);
	if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - 2 * ALIGNMENT)
		out_of_memory(SIZE_MAX);
	if (fail_after && --fail_after == 0)
		out_of_memory(bytes);
	arena->bytes += rounded_up(bytes);
	arena->calls++;
	return from_block(arena, rounded_up(bytes));
}

void *arena_reals(struct arena *arena, size_t count)
{
	if (arena->tally)
		return count_block(arena, count, arena->tally->real_size, sizeof(real));
	return arena_alloc(arena, count, sizeof(real));
}

void arena_widen(double bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return;
	limit.rlim_cur = (rlim_t)((double)limit.rlim_cur + bytes);
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_AS, &limit);
}

/* Bytes of a file that nobody else sees, zeroed; NULL. */
static void *map_file(size_t bytes)
{
	const char *folder = getenv("TMPDIR");
	int fd =
		open(folder && *folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	void *at = MAP_FAILED;

	if (fd < 0)
		return NULL;
	/* its room is taken now: a disk that is full later would kill the process */
	if (posix_fallocate(fd, 0, (off_t)bytes) == 0) {
		arena_widen((double)bytes);
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (at == MAP_FAILED)
			arena_widen(-(double)bytes);
	}
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

void *arena_spilled_reals(struct arena *arena, size_t count)
{
	struct arena_block *block;
	void *at;

	if (arena->tally) {
		at = arena_reals(arena, count);
		arena_untouched_reals(arena, (double)count);
		return at;
	}
	if (count < BLOCK_BYTES || count > PTRDIFF_MAX / sizeof(real))
		return arena_reals(arena, count);
	at = map_file(count * sizeof(real));
	if (!at)
		return arena_reals(arena, count);
	block = block_new(0);
	block->mapped = at;
	block->mapped_bytes = count * sizeof(real);
	block->next = arena->head ? arena->head->next : NULL;
	if (arena->head)
		arena->head->next = block;
	else
		arena->head = block;
	arena->calls++;
	return at;
}

struct arena arena_counting(struct arena_tally *tally)
{
	return (struct arena){.tally = tally};
}

struct arena arena_beside(const struct arena *arena)
{
	return (struct arena){.tally = arena->tally};
}

bool arena_counts(const struct arena *arena)
{
	return arena->tally != NULL;
}

bool arena_narrow(const struct arena *arena)
{
	return (arena->tally ? arena->tally->real_size : sizeof(real)) < sizeof(double);
}

void arena_untouched(struct arena *arena, double bytes)
{
	size_t count;

	if (!arena->tally)
		return;
	count = least((size_t)fmin(bytes, 0x1p62), arena->tally->held);
	arena->untouched += count;
	arena->tally->held -= count;
}

void arena_untouched_reals(struct arena *arena, double count)
{
	if (arena->tally)
		arena_untouched(arena, count * (double)arena->tally->real_size);
}

double arena_held(const struct arena *arena)
{
	return arena->tally ? (double)arena->tally->held : 0;
}

void arena_untouched_before(struct arena *arena, double step, double bytes)
{
	if (arena->tally && arena->tally->steps < step)
		arena_untouched(arena, bytes);
}

double arena_expect_steps(struct arena *arena, double steps)
{
	double before = arena->tally ? arena->tally->steps : HUGE_VAL;

	if (arena->tally)
		arena->tally->steps = steps;
	return before;
}

void arena_expect_reals(struct arena *arena, double count)
{
	struct arena_tally *tally = arena->tally;
	size_t bytes;

	if (!tally)
		return;
	bytes = (size_t)fmin(count * (double)tally->real_size, 0x1p62);
	tally->later = most(tally->later, bytes);
	tally->peak = most(tally->peak, sum(tally->held, bytes));
}

void arena_settle(struct arena *arena)
{
	struct arena_tally *tally = arena->tally;

	if (!tally)
		return;
	tally->peak = most(tally->peak, sum(tally->held, tally->later));
	tally->later = 0;
}

void *arena_alloc_dense(struct arena *arena, size_t count, size_t size)
{
	char *at = arena_alloc(arena, count, size);
	uintptr_t first = ((uintptr_t)at + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	uintptr_t end = ((uintptr_t)at + count * size) / PAGE_BYTES * PAGE_BYTES;

	if (!arena->tally &&
	    end > first + HUGE_BYTES) /* advice only: a kernel that cannot changes nothing */
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
	struct arena_tally *tally = arena->tally;

	if (tally) {
		size_t touched = arena->bytes - least(arena->untouched, arena->bytes);

		tally->peak = most(tally->peak, tally->held);
		tally->held -= least(touched, tally->held);
	}
	while (block) {
		struct arena_block *next = block->next;

		if (block->mapped) {
			munmap(block->mapped, block->mapped_bytes);
			arena_widen(-(double)block->mapped_bytes);
		}
		free(block);
		block = next;
	}
	*arena = (struct arena){.tally = tally};
}
