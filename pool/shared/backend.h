/* SPDX-License-Identifier: MIT */
/*
 * The contract of a backend, the shared pool behind all workers' caches.  One
 * backend_<name>.c implements it and is linked in.  Its first part, which is
 * included here, lays out struct backend, which the pool embeds, and struct
 * seat, which each worker embeds.  The seat begins with the worker's counts;
 * the rest is the backend's.
 *
 * Common to all that follows, unless it says otherwise:
 *  - Any thread may call, with a seat that is its own.
 *  - A magazine given is of this pool, has its count set, and is the caller's
 *    own no longer.  One taken is the caller's own.
 *  - What the giver did before giving happens before what the taker does.
 *  - No backend allocates, constructs, or holds a lock while others run.
 *
 * Lock order: liburcu's, the list of pools, registry, store, backend, checks,
 * keys.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <stdbool.h>

#include "counts.h"
#include "store.h"

#include BACKEND_LAYOUT

extern const char dp__backend_name[];

/* Does what one worker gives ever reach another one? */
extern const bool dp__backend_shares;

/* Do exchanges wait for a thread that was stopped in the middle of one? */
extern const bool dp__backend_waits;

/* Returns 0 or a negative errno, with nothing left behind. */
int dp__backend_init(struct backend *backend, struct store *store);

/* pre: no other caller.  Magazines still inside are the store's to free. */
void dp__backend_fini(struct backend *backend);

/* A seat for a worker, or for a caller that has none.  Cannot fail. */
void dp__backend_join(struct backend *backend, struct seat *seat);

/* What the backend keeps in the seat goes where drain finds it. */
void dp__backend_leave(struct backend *backend, struct seat *seat);

/* Exchanges with this seat go by the CPU number; -1: by the one that runs. */
void dp__backend_place(struct seat *seat, int cpu);

/*
 * A magazine with objects, rather a full one than a partial one.
 * NULL only if there was an instant during the call at which the backend held
 * no object that it may lend to this seat.
 */
struct magazine *dp__backend_take(struct backend *backend, struct seat *seat);

/* A magazine that was given partly filled, or NULL; may miss one. */
struct magazine *dp__backend_take_partial(struct backend *backend,
					  struct seat *seat);

/*
 * An empty magazine.  NULL only if there was an instant during the call at
 * which the backend held none for this seat: then, and only then, one is made.
 */
struct magazine *dp__backend_take_empty(struct backend *backend,
					struct seat *seat);

/* pre: 1 <= count <= M */
void dp__backend_give(struct backend *backend, struct seat *seat,
		      struct magazine *m);

/* pre: count == 0 */
void dp__backend_give_empty(struct backend *backend, struct seat *seat,
			    struct magazine *m);

/*
 * Full magazines that lay here, needed by nobody, since the last call at least:
 * the low-water mark of an interval, which ends.  A hint: takes at the same
 * moment may be missed.
 */
uint64_t dp__backend_unneeded(struct backend *backend);

/*
 * A full magazine, rather one that takes would come to last; NULL: none; may
 * miss one.
 */
struct magazine *dp__backend_take_last(struct backend *backend,
				       struct seat *seat);

/*
 * Any magazine with objects, also one that no worker would get; NULL: none.
 * pre: no other caller, no seat in use
 */
struct magazine *dp__backend_drain(struct backend *backend);

/* Objects inside, but for those in seats: exact while nothing moves. */
uint64_t dp__backend_count(struct backend *backend);

/* Magazines, likewise: with objects; empty. */
uint64_t dp__backend_magazines(struct backend *backend);
uint64_t dp__backend_empties(struct backend *backend);

/* Around fork(): between the two, what a lock protects is whole. */
void dp__backend_lock(struct backend *backend);
void dp__backend_unlock(struct backend *backend);

#endif
