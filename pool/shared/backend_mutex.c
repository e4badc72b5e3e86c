/* SPDX-License-Identifier: MIT */
/*
 * Lists under one mutex, the baseline of every ratio.
 *
 * Why it is correct: everything happens under the lock, so that every answer is
 * true at that instant.
 * Cost: a lock and an unlock for M operations.  What hurts is not the mean but
 * the tail: who holds the lock when its time slice ends stops everybody.
 */
#ifdef BACKEND_H /* included there: the layout */

#include <pthread.h>

#include "counts.h"
#include "line.h"
#include "list.h"
#include "store.h"

/* The owner's alone. */
struct seat {
	struct counts counts;
};

/*
 * Invariant: magazines on `full` hold M objects, on `partial` 1 to M - 1, on
 * `empty` none.
 */
struct backend {
	struct store *store;
	_Alignas(CPU_APART_BYTES) pthread_mutex_t lock; /* protects the lists */
	struct list full;
	uint64_t low; /* the least length of full in the interval */
	struct list partial;
	struct list empty;
};

#else /* compiled: the functions */
#include "backend.h"

const char dp__backend_name[] = "mutex";
const bool dp__backend_shares = true;
const bool dp__backend_waits = true;

int
dp__backend_init(struct backend *backend, struct store *store)
{
	backend->store = store;
	backend->full = (struct list){ 0 };
	backend->partial = (struct list){ 0 };
	backend->empty = (struct list){ 0 };
	backend->low = 0;
	return -pthread_mutex_init(&backend->lock, NULL);
}

void
dp__backend_fini(struct backend *backend)
{
	pthread_mutex_destroy(&backend->lock);
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

/* Counts how often somebody else had it. */
static void
backend_lock(struct backend *backend, struct seat *seat)
{
	if (pthread_mutex_trylock(&backend->lock) == 0)
		return;
	counts_add(&seat->counts, RETRIES, 1);
	pthread_mutex_lock(&backend->lock);
}

/* pre: the lock is held */
static struct magazine *
pop_full(struct backend *backend)
{
	struct magazine *m = list_pop(&backend->full, &backend->store->table);

	if (backend->full.length < backend->low)
		backend->low = backend->full.length;
	return m;
}

struct magazine *
dp__backend_take(struct backend *backend, struct seat *seat)
{
	const struct magazine_table *table = &backend->store->table;

	backend_lock(backend, seat);
	struct magazine *m = pop_full(backend);

	if (!m)
		m = list_pop(&backend->partial, table);
	pthread_mutex_unlock(&backend->lock);
	if (m)
		counts_add(&seat->counts, DEPOT_HITS, 1);
	return m;
}

static struct magazine *
take_from(struct backend *backend, struct seat *seat, struct list *list)
{
	backend_lock(backend, seat);
	struct magazine *m = list_pop(list, &backend->store->table);
	pthread_mutex_unlock(&backend->lock);
	return m;
}

static void
give_to(struct backend *backend, struct seat *seat, struct list *list,
	struct magazine *m)
{
	backend_lock(backend, seat);
	list_push(list, m);
	pthread_mutex_unlock(&backend->lock);
}

struct magazine *
dp__backend_take_partial(struct backend *backend, struct seat *seat)
{
	return take_from(backend, seat, &backend->partial);
}

struct magazine *
dp__backend_take_empty(struct backend *backend, struct seat *seat)
{
	return take_from(backend, seat, &backend->empty);
}

void
dp__backend_give(struct backend *backend, struct seat *seat, struct magazine *m)
{
	bool full = magazine_count(m) == backend->store->magazine_size;

	give_to(backend, seat, full ? &backend->full : &backend->partial, m);
	counts_add(&seat->counts, DEPOT_HITS, 1);
}

void
dp__backend_give_empty(struct backend *backend, struct seat *seat,
		       struct magazine *m)
{
	give_to(backend, seat, &backend->empty, m);
}

uint64_t
dp__backend_unneeded(struct backend *backend)
{
	pthread_mutex_lock(&backend->lock);
	uint64_t low = backend->low;

	backend->low = backend->full.length;
	pthread_mutex_unlock(&backend->lock);
	return low;
}

struct magazine *
dp__backend_take_last(struct backend *backend, struct seat *seat)
{
	backend_lock(backend, seat);
	struct magazine *m = pop_full(backend);
	pthread_mutex_unlock(&backend->lock);
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
	pthread_mutex_lock(&backend->lock);
	uint64_t objects = backend->full.objects + backend->partial.objects;
	pthread_mutex_unlock(&backend->lock);
	return objects;
}

uint64_t
dp__backend_magazines(struct backend *backend)
{
	pthread_mutex_lock(&backend->lock);
	uint64_t n = (uint64_t)backend->full.length + backend->partial.length;
	pthread_mutex_unlock(&backend->lock);
	return n;
}

uint64_t
dp__backend_empties(struct backend *backend)
{
	pthread_mutex_lock(&backend->lock);
	uint64_t n = backend->empty.length;
	pthread_mutex_unlock(&backend->lock);
	return n;
}

void
dp__backend_lock(struct backend *backend)
{
	pthread_mutex_lock(&backend->lock);
}

void
dp__backend_unlock(struct backend *backend)
{
	pthread_mutex_unlock(&backend->lock);
}

#endif
