/* Ranks as processes. See forked.h. */
#include "tests/forked.h"

#include "solvers/core/blas.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROOM = 1 << 20, /* bytes of a rank in one exchange */
	ALARM_S = 120   /* for one whose partner has died */
};

/* Shared by the ranks. */
struct forked {
	pthread_barrier_t barrier;
	int count;
	_Alignas(double) char room[]; /* count x ROOM */
};

static char *room_of(struct forked *shared, int rank)
{
	return shared->room + (size_t)rank * ROOM;
}

static void gather(struct ranks *self, const void *mine, size_t bytes, void *all)
{
	struct forked *shared = self->state;

	for (size_t first = 0; first < bytes; first += ROOM) {
		size_t count = bytes - first < ROOM ? bytes - first : ROOM;

		memcpy(room_of(shared, self->rank), (const char *)mine + first, count);
		pthread_barrier_wait(&shared->barrier);
		for (int r = 0; r < self->count; r++)
			memcpy((char *)all + (size_t)r * bytes + first, room_of(shared, r), count);
		pthread_barrier_wait(&shared->barrier);
	}
}

static void sum(struct ranks *self, double *at, size_t n)
{
	const size_t most = ROOM / sizeof *at;
	struct forked *shared = self->state;

	for (size_t first = 0; first < n; first += most) {
		size_t count = n - first < most ? n - first : most;

		memcpy(room_of(shared, self->rank), at + first, count * sizeof *at);
		pthread_barrier_wait(&shared->barrier);
		for (size_t j = 0; j < count; j++)
			at[first + j] = 0;
		for (int r = 0; r < self->count; r++) {
			const double *one = (const void *)room_of(shared, r);

			for (size_t j = 0; j < count; j++)
				at[first + j] += one[j];
		}
		pthread_barrier_wait(&shared->barrier);
	}
}

static void share(struct ranks *self, int root, void *at, size_t bytes)
{
	char *all = malloc((size_t)self->count * bytes);

	gather(self, at, bytes, all);
	if (self->rank != root) /* what it shares may be read only */
		memcpy(at, all + (size_t)root * bytes, bytes);
	free(all);
}

static void hand(struct ranks *self, int from, int to, const void *what, void *at, size_t bytes)
{
	struct forked *shared = self->state;

	for (size_t first = 0; first < bytes; first += ROOM) {
		size_t count = bytes - first < ROOM ? bytes - first : ROOM;

		if (self->rank == from)
			memcpy(room_of(shared, from), (const char *)what + first, count);
		pthread_barrier_wait(&shared->barrier);
		if (self->rank == to)
			memcpy((char *)at + first, room_of(shared, from), count);
		pthread_barrier_wait(&shared->barrier);
	}
}

static void *shared_memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

const void *forked_run(int count, void (*work)(struct ranks *ranks, const void *given, void *out),
		       const void *given, size_t bytes)
{
	int processes = count > 0 ? count : 1, status;
	struct forked *shared = shared_memory(sizeof *shared + (size_t)processes * ROOM);
	char *out = shared_memory((size_t)processes * bytes);
	pthread_barrierattr_t attributes;
	bool fine = true;

	if (!shared || !out)
		return NULL;
	shared->count = processes;
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->barrier, &attributes, (unsigned)processes);
	fflush(NULL);
	for (int rank = 0; rank < processes; rank++) {
		struct ranks ranks = {rank, processes, gather, sum, share, hand, shared, 0, 0, 0};

		if (fork() == 0) {
			alarm(ALARM_S);
			blas_set_threads(1); /* there are processes enough */
			work(count > 0 ? &ranks : NULL, given, out + (size_t)rank * bytes);
			_exit(0);
		}
	}
	for (int rank = 0; rank < processes; rank++)
		fine = wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && fine;
	if (!fine)
		fprintf(stderr, "forked: a rank did not end well\n");
	return fine ? out : NULL;
}
