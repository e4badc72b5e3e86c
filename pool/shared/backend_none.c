/* SPDX-License-Identifier: MIT */
/*
 * No shared pool, the control of every experiment: full magazines pile up with
 * the worker that filled them, and an object that migrates is lost to its home.
 * It must leak, one object for each unit of net flow.
 */
#ifdef BACKEND_H /* included there: the layout */

#include <pthread.h>

#include "counts.h"
#include "list.h"
#include "store.h"

/* Invariant: counts.of[PILED] == pile.objects.  The owner's alone. */
struct seat {
	struct counts counts;
	struct list pile;  /* magazines with objects */
	struct list empty; /* magazines without */
};

/* What workers left behind when they ended; nobody gets it any more. */
struct backend {
	struct store *store;
	pthread_mutex_t lock; /* protects stranded */
	struct list stranded;
};

#else /* compiled: the functions */
#include "backend.h"

const char dp__backend_name[] = "none";
const bool dp__backend_shares = false;
const bool dp__backend_waits = false;

int
dp__backend_init(struct backend *backend, struct store *store)
{
	backend->store = store;
	backend->stranded = (struct list){ 0 };
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
	const struct magazine_table *table = &backend->store->table;
	struct magazine *m;

	counts_add(&seat->counts, PILED, -seat->pile.objects);
	pthread_mutex_lock(&backend->lock);
	while ((m = list_pop(&seat->pile, table)))
		list_push(&backend->stranded, m);
	pthread_mutex_unlock(&backend->lock);
	while ((m = list_pop(&seat->empty, table)))
		dp__store_free(backend->store, m);
}

struct magazine *
dp__backend_take(struct backend *backend, struct seat *seat)
{
	struct magazine *m = list_pop(&seat->pile, &backend->store->table);

	if (m)
		counts_add(&seat->counts, PILED, -(uint64_t)magazine_count(m));
	return m;
}

struct magazine *
dp__backend_take_partial(struct backend *backend, struct seat *seat)
{
	(void)backend;
	(void)seat;
	return NULL;
}

struct magazine *
dp__backend_take_empty(struct backend *backend, struct seat *seat)
{
	return list_pop(&seat->empty, &backend->store->table);
}

void
dp__backend_give(struct backend *backend, struct seat *seat, struct magazine *m)
{
	(void)backend;
	counts_add(&seat->counts, PILED, magazine_count(m));
	list_push(&seat->pile, m);
}

void
dp__backend_give_empty(struct backend *backend, struct seat *seat,
		       struct magazine *m)
{
	(void)backend;
	list_push(&seat->empty, m);
}

uint64_t
dp__backend_unneeded(struct backend *backend)
{
	(void)backend;
	return 0;
}

struct magazine *
dp__backend_take_last(struct backend *backend, struct seat *seat)
{
	(void)backend;
	(void)seat;
	return NULL;
}

struct magazine *
dp__backend_drain(struct backend *backend)
{
	return list_pop(&backend->stranded, &backend->store->table);
}

uint64_t
dp__backend_count(struct backend *backend)
{
	pthread_mutex_lock(&backend->lock);
	uint64_t objects = backend->stranded.objects;
	pthread_mutex_unlock(&backend->lock);
	return objects;
}

uint64_t
dp__backend_magazines(struct backend *backend)
{
	pthread_mutex_lock(&backend->lock);
	uint64_t n = backend->stranded.length;
	pthread_mutex_unlock(&backend->lock);
	return n;
}

uint64_t
dp__backend_empties(struct backend *backend)
{
	(void)backend;
	return 0;
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
