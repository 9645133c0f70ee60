/* Who computes which cell, where processes of any number of hosts share a results folder.
 *
 * A claim is the file claims/<cell>, which only one process can make (O_EXCL, also on NFS). Its
 * text says who: host, process, start, and for how long it is good without being renewed: its
 * modification time is the last renewal. Age is measured by the clock of the file system alone,
 * which stamps renewals and a probe. A claim of a process that is gone from this host, or that has
 * not been renewed in time, is taken over. Should its holder come back, both compute the cell, and
 * the first record stays. No locks, no daemon. */
#ifndef SHARE_LEASE_H
#define SHARE_LEASE_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>

struct leases {
	const char *folder; /* claims in the results folder */
	const char *owner;  /* "claim-HOST-SPACE-PROCESS-START" of this process */
	const char *own;    /* its folder for temporary files, which is renewed with its claims */
	double seconds;     /* of a lease */
};

/* A name for this process that no other has, on no host; no '.' or '/' in it. */
const char *lease_owner(struct arena *arena);

/* Make the folder of claims of a results folder. Temporary folders beside `own` whose owners are
 * gone from this host, or were not renewed for ten leases, are removed. */
enum status leases_open(struct leases *out, const char *results, const char *own, double seconds,
			struct arena *arena, struct err *err);

/* Claim a cell; *taken says whether it is ours now. Errors are those of writing there. */
enum status lease_take(const struct leases *leases, const char *cell, bool *taken, struct err *err);

/* False if the claim is ours no more. */
bool lease_renew(const struct leases *leases, const char *cell);

/* Give a claim back, if it is ours. */
void lease_free(const struct leases *leases, const char *cell);

/* The host whose process holds the claim of a cell in a results folder, as a file name has it;
 * NULL: it is not claimed. */
const char *lease_host(const char *results, const char *cell, struct arena *arena);

/* Renew the temporary folder. */
void leases_renew(const struct leases *leases);

/* Remove the folder of claims if it is empty. */
void leases_close(const struct leases *leases);

#endif
