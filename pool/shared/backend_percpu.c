/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU racks of magazines in front of a depot.
 *
 *	CPU 0      CPU 1      CPU 2      CPU 3
 *	[ rack ]   [ rack ]   [ rack ]   [ rack ]    full | empty
 *	     \          \         /          /
 *	      [           depot             ]        full | partial | empty
 *
 * A worker exchanges with the rack of the CPU it runs on, whose lines are in
 * that CPU's cache.  If the rack has what it wants or has room, that is all.
 * Else the depot serves, and a taker then asks the other racks.
 *
 * Why it is correct:
 * 1. The CPU number is a hint.  It may be stale, have holes, exceed the number
 *    of racks: any number names a rack by its low bits, and any rack will do,
 *    for racks are stacks that all threads may use.
 * 2. "Nothing there" needs an instant at which all heads were empty: two passes
 *    with equal tags, see stack.h.  So does "no empty one".
 * 3. Nobody moves a magazine from a rack to the depot: one in a third party's
 *    hands would be missed by that answer, and belong to no cache.  A full
 *    rack's giver gives its own magazine to the depot instead.
 *
 * Bounds: a rack holds RACK_MAGAZINES of each kind, and one more for each
 * thread that pushes at the same moment.  What lies in racks can be stolen, and
 * so does not add to the footprint.
 * Progress: lock-free, as treiber is.
 */
#ifdef BACKEND_H /* included there: the layout */

#include "cpu.h"
#include "trace/probe.h"
#include "racks.h"
#include "store.h"

/* The owner's alone. */
struct seat {
	struct counts counts;
	int cpu; /* a CPU number to go by, or -1: the one it runs on */
};

/* Constant but for the racks and the depot.  Any thread. */
struct backend {
	struct store *store;
	struct racks racks;
	struct depot depot;
};

#else /* compiled: the functions */
#include "backend.h"

#include <errno.h>
#include <unistd.h>

#define RACKS_MAX 1024u

const char dp__backend_name[] = "percpu";
const bool dp__backend_shares = true;
const bool dp__backend_waits = false;

/*
 * The system's number of CPUs, hot-pluggable ones too, or a guess at it.  Asked
 * for once: a sandbox may close /sys after the start.
 */
static uint32_t
count_cpus(void)
{
	static _Atomic uint32_t cpus; /* 0: not yet known */
	/* NC1 relaxed: a number; who misses it asks for the same one. */
	uint32_t n = atomic_load_explicit(&cpus, memory_order_relaxed);

	if (n == 0) {
		long said = sysconf(_SC_NPROCESSORS_CONF);

		n = said > 0 ? (uint32_t)said : 1;
		/* NC2 relaxed: as NC1. */
		atomic_store_explicit(&cpus, n, memory_order_relaxed);
	}
	return n;
}

static uint32_t
count_racks(void)
{
	uint32_t n_cpus = count_cpus();
	uint32_t n = 1;

	while (n < RACKS_MAX && n < n_cpus)
		n *= 2;
	return n;
}

int
dp__backend_init(struct backend *backend, struct store *store)
{
	uint32_t n = count_racks();
	struct rack *rack = dp__source_alloc(store->source, n * sizeof(*rack),
					     CPU_APART_BYTES);

	if (!rack)
		return -ENOMEM;
	backend->store = store;
	racks_init(&backend->racks, rack, n);
	depot_init(&backend->depot);
	return 0;
}

void
dp__backend_fini(struct backend *backend)
{
	dp__source_free(backend->store->source, backend->racks.rack);
}

void
dp__backend_join(struct backend *backend, struct seat *seat)
{
	(void)backend;
	/* Plain: nobody else has this seat yet. */
	*seat = (struct seat){ .cpu = -1 };
}

void
dp__backend_place(struct seat *seat, int cpu)
{
	seat->cpu = cpu;
}

void
dp__backend_leave(struct backend *backend, struct seat *seat)
{
	(void)backend;
	(void)seat;
}

/* Any number, by its low bits. */
static uint32_t
own_number(const struct seat *seat)
{
	return (uint32_t)(seat->cpu >= 0 ? seat->cpu : cpu_current());
}

static struct magazine *
steal(struct backend *backend, struct seat *seat, uint32_t own)
{
	struct magazine *m = racks_steal(&backend->racks, own,
					 &backend->store->table, &seat->counts);

	if (m)
		PROBE2(steal, seat, magazine_count(m));
	return m;
}

/* One look everywhere, the nearest first; counts who served. */
static struct magazine *
take_once(struct backend *backend, struct seat *seat, uint32_t own)
{
	enum count served = RACK_HITS;
	struct magazine *m =
		shelf_take(&racks_at(&backend->racks, own, 0)->full,
			   &backend->store->table, &seat->counts);

	if (!m) {
		served = DEPOT_HITS;
		m = depot_take(&backend->depot, &backend->store->table,
			       &seat->counts);
	}
	if (!m) {
		served = STEALS;
		m = steal(backend, seat, own);
	}
	if (m)
		counts_add(&seat->counts, served, 1);
	return m;
}

struct magazine *
dp__backend_take(struct backend *backend, struct seat *seat)
{
	uint32_t own = own_number(seat);

	/* Another turn only if others took or gave something meanwhile. */
	do {
		struct magazine *m = take_once(backend, seat, own);

		if (m)
			return m;
	} while (!racks_are_empty(&backend->racks, &backend->depot));
	return NULL;
}

struct magazine *
dp__backend_take_partial(struct backend *backend, struct seat *seat)
{
	return depot_pop(&backend->depot.partial, &backend->store->table,
			 &seat->counts);
}

/* One look everywhere for an empty magazine. */
static struct magazine *
take_empty_once(struct backend *backend, struct seat *seat, uint32_t own)
{
	const struct magazine_table *table = &backend->store->table;
	struct rack *rack = racks_at(&backend->racks, own, 0);
	struct magazine *m = depot_pop(&rack->empty, table, &seat->counts);

	if (!m)
		m = depot_pop(&backend->depot.empty, table, &seat->counts);
	if (!m)
		m = racks_steal_empty(&backend->racks, own, table,
				      &seat->counts);
	return m;
}

/* Of other CPUs, too, before one is made: so a trim finds all of them. */
struct magazine *
dp__backend_take_empty(struct backend *backend, struct seat *seat)
{
	uint32_t own = own_number(seat);

	/* Another turn only if others took or gave something meanwhile. */
	do {
		struct magazine *m = take_empty_once(backend, seat, own);

		if (m)
			return m;
	} while (!racks_lack_empties(&backend->racks, &backend->depot));
	return NULL;
}

void
dp__backend_give(struct backend *backend, struct seat *seat, struct magazine *m)
{
	struct rack *rack = racks_at(&backend->racks, own_number(seat), 0);

	if (magazine_count(m) == backend->store->magazine_size &&
	    rack_has_room(&rack->full.stack, &backend->store->table)) {
		depot_push(&rack->full.stack, &backend->store->table,
			   &seat->counts, m);
		counts_add(&seat->counts, RACK_HITS, 1);
		return;
	}
	depot_give(&backend->depot, &backend->store->table, &seat->counts, m,
		   backend->store->magazine_size);
	counts_add(&seat->counts, DEPOT_HITS, 1);
}

void
dp__backend_give_empty(struct backend *backend, struct seat *seat,
		       struct magazine *m)
{
	struct rack *rack = racks_at(&backend->racks, own_number(seat), 0);
	bool room = rack_has_room(&rack->empty, &backend->store->table);

	depot_push(room ? &rack->empty : &backend->depot.empty,
		   &backend->store->table, &seat->counts, m);
}

uint64_t
dp__backend_unneeded(struct backend *backend)
{
	const struct magazine_table *table = &backend->store->table;

	return shelf_unneeded(&backend->depot.full, table) +
	       racks_unneeded(&backend->racks, table);
}

/* The other way round than a take: what is near is needed first. */
struct magazine *
dp__backend_take_last(struct backend *backend, struct seat *seat)
{
	uint32_t own = own_number(seat);
	enum count served = DEPOT_HITS;
	struct magazine *m = shelf_take(&backend->depot.full,
					&backend->store->table, &seat->counts);

	if (!m) {
		served = STEALS;
		m = steal(backend, seat, own);
	}
	if (!m) {
		served = RACK_HITS;
		m = shelf_take(&racks_at(&backend->racks, own, 0)->full,
			       &backend->store->table, &seat->counts);
	}
	if (m)
		counts_add(&seat->counts, served, 1);
	return m;
}

struct magazine *
dp__backend_drain(struct backend *backend)
{
	struct seat seat;

	dp__backend_join(backend, &seat);
	return dp__backend_take(backend, &seat);
}

uint64_t
dp__backend_count(struct backend *backend)
{
	const struct store *store = backend->store;
	uint64_t full = racks_count(&backend->racks, &store->table);

	return full * store->magazine_size + depot_count(&backend->depot,
							 &store->table,
							 store->magazine_size);
}

uint64_t
dp__backend_magazines(struct backend *backend)
{
	const struct magazine_table *table = &backend->store->table;

	return racks_count(&backend->racks, table) +
	       depot_magazines(&backend->depot, table);
}

uint64_t
dp__backend_empties(struct backend *backend)
{
	const struct magazine_table *table = &backend->store->table;

	return racks_count_empties(&backend->racks, table) +
	       stack_depth(&backend->depot.empty, table);
}

void
dp__backend_lock(struct backend *backend)
{
	(void)backend;
}

void
dp__backend_unlock(struct backend *backend)
{
	(void)backend;
}

#endif
