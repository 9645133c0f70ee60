/* Ranks by MPI; see mpi.h.
 *
 * A sum is made in the order of the ranks whatever the library does: numbers go to the rank that
 * adds them up (MPI_Alltoall), each of which has an equal part, and the sums to all
 * (MPI_Allgather). Twice (R - 1)/R of the numbers travel from every rank, as in the best reductions
 * of many numbers; few are gathered and added by everyone. */
#include "harness/machine/mpi.h"

#ifdef RB_MPI

#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SPINS = 200,  /* some 0.1 ms */
	YIELDS = 300, /* that many tries with those behind SPINS, which give the core away */
	NAP_NS = 20000,
	FEW = 64,         /* numbers for each rank that are not worth two steps */
	MOST = 1 << 20,   /* numbers in one exchange: room for them is held */
	LARGEST = 1 << 30 /* bytes of a message */
};

static double *room; /* of a sum: what came, and what was made */
static struct ranks here;

/* MPI spins while it waits: where ranks are more than cores, this takes from the others the core
 * that they need to answer. So the wait is our own, which gives the core away and then sleeps. With
 * naps alone each makes the others nap: sums of few numbers take 20 times as long on free cores. */
static void finish(MPI_Request *request)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};
	int done = 0;

	for (long tries = 0; !done; tries++) {
		MPI_Test(request, &done, MPI_STATUS_IGNORE);
		if (!done && tries > YIELDS)
			nanosleep(&nap, NULL);
		else if (!done && tries > SPINS)
			sched_yield();
	}
}

static double begin(struct ranks *self, double bytes)
{
	self->calls++;
	self->bytes += bytes;
	return MPI_Wtime();
}

static void gather(struct ranks *self, const void *mine, size_t bytes, void *all)
{
	double start = begin(self, (double)bytes);
	MPI_Request request;

	MPI_Iallgather(mine, (int)bytes, MPI_BYTE, all, (int)bytes, MPI_BYTE, MPI_COMM_WORLD,
		       &request);
	finish(&request);
	self->seconds += MPI_Wtime() - start;
}

/* to[j] = sum over ranks r, in their order, of from[r n + j] */
static void add_up(int count, const double *from, size_t n, double *to)
{
	memcpy(to, from, n * sizeof *to);
	for (int r = 1; r < count; r++)
		for (size_t j = 0; j < n; j++)
			to[j] += from[(size_t)r * n + j];
}

static void sum_few(struct ranks *self, double *at, size_t n)
{
	MPI_Request request;

	MPI_Iallgather(at, (int)n, MPI_DOUBLE, room, (int)n, MPI_DOUBLE, MPI_COMM_WORLD, &request);
	finish(&request);
	add_up(self->count, room, n, at);
}

/* n is a multiple of the number of ranks. */
static void sum_many(struct ranks *self, double *at, size_t n)
{
	size_t part = n / (size_t)self->count;
	MPI_Request request;

	MPI_Ialltoall(at, (int)part, MPI_DOUBLE, room, (int)part, MPI_DOUBLE, MPI_COMM_WORLD,
		      &request);
	finish(&request);
	add_up(self->count, room, part, room + n);
	MPI_Iallgather(room + n, (int)part, MPI_DOUBLE, at, (int)part, MPI_DOUBLE, MPI_COMM_WORLD,
		       &request);
	finish(&request);
}

static void sum(struct ranks *self, double *at, size_t n)
{
	size_t count = (size_t)self->count, most = MOST / count * count;
	double start = begin(self, (double)(n * sizeof *at));

	while (n > 0) {
		size_t now = n < most ? n : most;

		if (now <= FEW || now < count) {
			sum_few(self, at, now);
		} else {
			now -= now % count;
			sum_many(self, at, now);
		}
		at += now;
		n -= now;
	}
	self->seconds += MPI_Wtime() - start;
}

static void share(struct ranks *self, int root, void *at, size_t bytes)
{
	double start = begin(self, (double)bytes);
	MPI_Request request;

	MPI_Ibcast(at, (int)bytes, MPI_BYTE, root, MPI_COMM_WORLD, &request);
	finish(&request);
	self->seconds += MPI_Wtime() - start;
}

static void hand(struct ranks *self, int from, int to, const void *what, void *at, size_t bytes)
{
	MPI_Request request;

	if (self->rank != from && self->rank != to)
		return;
	for (size_t first = 0; first < bytes; first += LARGEST) {
		int now = (int)(bytes - first < LARGEST ? bytes - first : LARGEST);

		if (self->rank == from)
			MPI_Isend((const char *)what + first, now, MPI_BYTE, to, 0, MPI_COMM_WORLD,
				  &request);
		else
			MPI_Irecv((char *)at + first, now, MPI_BYTE, from, 0, MPI_COMM_WORLD,
				  &request);
		finish(&request);
	}
}

bool mpi_is_there(void)
{
	return true;
}

enum status mpi_open(int count, struct ranks **out, struct err *err)
{
	size_t few, many; /* numbers of all ranks; a whole exchange and its sums */
	int given;

	if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS)
		return err_set(err, STATUS_ENV, "MPI does not start");
	here = (struct ranks){.gather = gather, .sum = sum, .share = share, .hand = hand};
	MPI_Comm_rank(MPI_COMM_WORLD, &here.rank);
	MPI_Comm_size(MPI_COMM_WORLD, &here.count);
	if (here.count != count)
		return err_set(err, STATUS_ENV,
			       "expected %d ranks, got %d: is the launcher of another MPI than the "
			       "one this program is built with?",
			       count, here.count);
	few = (size_t)here.count * (size_t)(here.count > FEW ? here.count : FEW);
	many = (size_t)(MOST + MOST / here.count);
	room = calloc(few > many ? few : many, sizeof *room);
	if (!room)
		return err_set(err, STATUS_ENV, "no memory for sums over ranks");
	*out = &here;
	return STATUS_OK;
}

void mpi_close(void)
{
	free(room);
	room = NULL;
	MPI_Finalize();
}

void mpi_abort(int status)
{
	MPI_Abort(MPI_COMM_WORLD, status);
	_Exit(status);
}

#else

#include <stdlib.h>

bool mpi_is_there(void)
{
	return false;
}

enum status mpi_open(int count, struct ranks **out, struct err *err)
{
	(void)out;
	return err_set(err, STATUS_ENV,
		       "this program is built without MPI, %d ranks need `make MPI=1`", count);
}

void mpi_close(void)
{
}

void mpi_abort(int status)
{
	_Exit(status);
}

#endif
