/* SPDX-License-Identifier: MIT */
/*
 * Treiber stacks of magazines, with tagged heads: a depot and nothing else.
 *
 * Why it is correct: stack.h for one stack, and for emptiness over two.
 * Progress: lock-free; who is stopped anywhere in here delays nobody.
 * Cost: one compare-and-swap for a full magazine and one for an empty one, for
 * M operations; under contention, the heads' cache lines.
 */
#ifdef BACKEND_H /* included there: the layout */

#include "depot.h"
#include "store.h"

/* The owner's alone. */
struct seat {
	struct counts counts;
};

/* Any thread. */
struct backend {
	struct store *store;
	struct depot depot;
};

#else /* compiled: the functions */
#include "backend.h"

const char dp__backend_name[] = "treiber";
const bool dp__backend_shares = true;
const bool dp__backend_waits = false;

int
dp__backend_init(struct backend *backend, struct store *store)
{
	backend->store = store;
	depot_init(&backend->depot);
	return 0;
}

void
dp__backend_fini(struct backend *backend)
{
	(void)backend;
}

void
dp__backend_join(struct backend *backend, struct seat *seat)
{
	(void)backend;
	/* Plain: nobody else has this seat yet. */
	*seat = (struct seat){ 0 };
}

void
dp__backend_place(struct seat *seat, int cpu)
{
	(void)seat;
	(void)cpu;
}

void
dp__backend_leave(struct backend *backend, struct seat *seat)
{
	(void)backend;
	(void)seat;
}

static bool
is_empty(const struct backend *backend)
{
	uint64_t first = 0, second = 0;

	return depot_scan(&backend->depot, &first) &&
	       depot_scan(&backend->depot, &second) && first == second;
}

struct magazine *
dp__backend_take(struct backend *backend, struct seat *seat)
{
	/* Another turn only if others took or gave something meanwhile. */
	do {
		struct magazine *m = depot_take(
			&backend->depot, &backend->store->table, &seat->counts);

		if (m) {
			counts_add(&seat->counts, DEPOT_HITS, 1);
			return m;
		}
	} while (!is_empty(backend));
	return NULL;
}

struct magazine *
dp__backend_take_partial(struct backend *backend, struct seat *seat)
{
	return depot_pop(&backend->depot.partial, &backend->store->table,
			 &seat->counts);
}

struct magazine *
dp__backend_take_empty(struct backend *backend, struct seat *seat)
{
	return depot_pop(&backend->depot.empty, &backend->store->table,
			 &seat->counts);
}

void
dp__backend_give(struct backend *backend, struct seat *seat, struct magazine *m)
{
	depot_give(&backend->depot, &backend->store->table, &seat->counts, m,
		   backend->store->magazine_size);
	counts_add(&seat->counts, DEPOT_HITS, 1);
}

void
dp__backend_give_empty(struct backend *backend, struct seat *seat,
		       struct magazine *m)
{
	depot_push(&backend->depot.empty, &backend->store->table, &seat->counts,
		   m);
}

uint64_t
dp__backend_unneeded(struct backend *backend)
{
	return shelf_unneeded(&backend->depot.full, &backend->store->table);
}

struct magazine *
dp__backend_take_last(struct backend *backend, struct seat *seat)
{
	struct magazine *m = shelf_take(&backend->depot.full,
					&backend->store->table, &seat->counts);

	if (m)
		counts_add(&seat->counts, DEPOT_HITS, 1);
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
	return depot_count(&backend->depot, &backend->store->table,
			   backend->store->magazine_size);
}

uint64_t
dp__backend_magazines(struct backend *backend)
{
	return depot_magazines(&backend->depot, &backend->store->table);
}

uint64_t
dp__backend_empties(struct backend *backend)
{
	return stack_depth(&backend->depot.empty, &backend->store->table);
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
