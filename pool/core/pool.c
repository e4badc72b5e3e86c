/* SPDX-License-Identifier: MIT */
/* A pool's life: create, destroy, and objects made ahead of time. */
#include "pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "fork.h"
#include "check/watch.h"

/* --- Objects ------------------------------------------------------------- */

/* A place under max_objects, for an object that is not there yet. */
struct place {
	struct limit *limit; /* NULL: the object is there, and has it */
};

/* Gives it back, also if an exception leaves its scope. */
static void
place_end(const struct place *place)
{
	if (place->limit)
		limit_give(place->limit, 1);
}

void *
dp__pool_construct(struct dp_pool *pool, struct counts *counts)
{
	if (!limit_take(&pool->objects, 1)) {
		errno = EAGAIN;
		return NULL;
	}
	struct place place
		__attribute__((cleanup(place_end))) = { &pool->objects };
	void *object = dp__source_construct(&pool->source);

	if (object && !dp__check_constructed(pool, object)) {
		dp__source_destruct(&pool->source, object);
		object = NULL;
		errno = ENOMEM;
	}
	if (!object)
		return NULL;
	place.limit = NULL;
	watch_closed(pool, object);
	PROBE2(construct, pool->name, object);
	counts_add(counts, CONSTRUCTED, 1);
	return object;
}

void
dp__pool_unmake(struct dp_pool *pool, void *object)
{
	DP_UNPOISON(object, pool->source.object_bytes);
	watch_opened(pool, object);
	PROBE2(destruct, pool->name, object);
	dp__source_destruct(&pool->source, object);
	limit_give(&pool->objects, 1);
}

void
dp__pool_destruct(struct dp_pool *pool, struct counts *counts, void *object)
{
	counts_add(counts, DESTRUCTED, 1);
	dp__check_condemned(pool, object);
	reserve_give_back(&pool->reserve, 1);
	dp__pool_unmake(pool, object);
}

void
dp__pool_condemn(struct dp_pool *pool, struct counts *counts,
		 const struct magazine *m)
{
	uint32_t n = magazine_count(m);

	counts_add(counts, DESTRUCTED, n);
	dp__check_magazines(pool, -1);
	for (uint32_t i = 0; i < n; i++)
		dp__check_condemned(pool, m->body[i]);
	reserve_give_back(&pool->reserve, n);
}

void
dp__pool_unmake_all(struct dp_pool *pool, struct magazine *m)
{
	uint32_t n = magazine_count(m);

	while (n-- > 0)
		dp__pool_unmake(pool, m->body[n]);
	dp__store_free(&pool->store, m);
}

void
dp__pool_discard(struct dp_pool *pool, struct counts *counts,
		 struct magazine *m)
{
	dp__pool_condemn(pool, counts, m);
	dp__pool_unmake_all(pool, m);
}

/* --- Create and destroy -------------------------------------------------- */

/* Returns 0 or a negative errno, with nothing left behind. */
static int
init_parts(struct dp_pool *pool, unsigned size)
{
	int status = dp__store_init(&pool->store, &pool->source, size);

	if (status != 0)
		return status;
	status = dp__backend_init(&pool->backend, &pool->store);
	if (status != 0)
		goto no_backend;
	status = dp__registry_init(&pool->registry);
	if (status != 0)
		goto no_registry;
	status = dp__check_pool_init(pool);
	if (status == 0)
		return 0;
	dp__registry_fini(&pool->registry);
no_registry:
	dp__backend_fini(&pool->backend);
no_backend:
	dp__store_fini(&pool->store);
	return status;
}

struct dp_pool *
dp_pool_create(const struct dp_config *config)
{
	void *memory;
	int status = dp__config_check(config);

	if (status == 0)
		status = -posix_memalign(&memory, _Alignof(struct dp_pool),
					 sizeof(struct dp_pool));
	if (status != 0) {
		errno = -status;
		return NULL;
	}
	struct dp_pool *pool = memory;

	/* Plain: nobody else has the pool yet. */
	memset(pool, 0, sizeof(*pool));
	strcpy(pool->name, config->name ? config->name : "pool");
	dp__source_init(&pool->source, config);
	limit_init(&pool->objects, config->max_objects);
	limit_init(&pool->depot, config->depot_limit);
	reserve_init(&pool->reserve);
	pool->trim = config->trim;
	atomic_init(&pool->asked, 0);
	atomic_init(&pool->exchanges, 0);
	status = init_parts(pool, dp__config_magazine_size(config));
	if (status != 0) {
		dp__source_fini(&pool->source);
		free(pool);
		errno = -status;
		return NULL;
	}
	watch_begin(pool);
	dp__fork_add(pool);
	return pool;
}

/*
 * Under the lock nobody attaches, and what all who are gone have counted is
 * exact: a worker seen halfway could hide an object that is in use.
 */
static bool
is_busy(struct dp_pool *pool)
{
	struct totals sum;

	pthread_mutex_lock(&pool->registry.lock);
	bool attached = dp__registry_workers(&pool->registry) > 0;
	dp__registry_sum_locked(&pool->registry, &sum);
	pthread_mutex_unlock(&pool->registry.lock);
	return attached || totals_in_use(&sum) > 0;
}

/* Destructs what is left.  pre: nobody else uses the pool */
static void
drain(struct dp_pool *pool)
{
	struct counts counts = { 0 };
	struct magazine *m;

	while ((m = dp__backend_drain(&pool->backend)))
		dp__pool_discard(pool, &counts, m);
}

int
dp_pool_destroy(struct dp_pool *pool)
{
	if (!pool)
		return 0;
	dp_thread_detach(pool);
	if (is_busy(pool))
		return -EBUSY;
	dp__fork_remove(pool);
	pool->closing = true;
	dp__source_close(&pool->source);
	drain(pool);
	watch_end(pool);
	dp__check_pool_fini(pool);
	dp__registry_fini(&pool->registry);
	dp__backend_fini(&pool->backend);
	dp__store_fini(&pool->store);
	dp__source_fini(&pool->source);
	free(pool);
	return 0;
}

/* --- Reserve ------------------------------------------------------------- */

/* A reserve that goes on.  Its caller's. */
struct reservation {
	struct dp_pool *pool;
	struct seat seat;
	size_t n;         /* objects */
	size_t magazines; /* places in the depot, for these */
	struct list made;
	struct magazine *filling; /* NULL: none */
	bool given;               /* all of them */
};

/* One more magazine, of up to n objects.  Returns 0 or a negative errno. */
static int
fill(struct reservation *reservation, size_t n)
{
	struct dp_pool *pool = reservation->pool;
	struct seat *seat = &reservation->seat;
	struct magazine *m = pool_empty(pool, seat);
	uint32_t size = pool->store.magazine_size;

	if (!m)
		return -ENOMEM;
	reservation->filling = m;
	for (uint32_t count = 0; count < size && count < n;) {
		void *object = dp__pool_construct(pool, &seat->counts);

		if (!object)
			return -errno;
		DP_POISON(object, pool->source.object_bytes);
		m->body[count++] = object;
		magazine_set_count(m, count);
	}
	reservation->filling = NULL;
	list_push(&reservation->made, m);
	return 0;
}

/*
 * Gives what was constructed.  Each magazine comes on the books as constructed
 * and as given at once, so that its objects never seem to be in use.
 */
static void
give_list(struct reservation *reservation)
{
	struct dp_pool *pool = reservation->pool;
	struct seat *seat = &reservation->seat;
	struct list *made = &reservation->made;
	struct magazine *m;

	counts_add(&seat->counts, CONSTRUCTED, -made->objects);
	while ((m = list_pop(made, &pool->store.table))) {
		uint32_t n = magazine_count(m);

		counts_add(&seat->counts, CONSTRUCTED, n);
		pool_put(pool, seat, m, n);
		dp__registry_fold(&pool->registry, &seat->counts);
	}
	reservation->given = true;
}

/* Discards what was not given, also if a constructor's exception ends it. */
static void
reservation_end(struct reservation *reservation)
{
	struct dp_pool *pool = reservation->pool;
	struct seat *seat = &reservation->seat;
	struct list *made = &reservation->made;

	if (reservation->filling)
		list_push(made, reservation->filling);
	uint64_t missing = reservation->n - made->objects;

	reserve_end(&pool->reserve, reservation->n);
	dp__pool_discard_all(pool, &seat->counts, made);
	dp__registry_fold(&pool->registry, &seat->counts);
	if (!reservation->given) {
		reserve_give_back(&pool->reserve, missing);
		limit_give(&pool->depot, reservation->magazines);
	}
	dp__check_magazines(pool, 1);
	dp__backend_leave(&pool->backend, seat);
}

int
dp_pool_reserve(struct dp_pool *pool, size_t n)
{
	size_t size = pool->store.magazine_size;
	size_t magazines = n / size + (n % size > 0);
	int status = 0;

	if (!dp__backend_shares)
		return -ENOTSUP;
	if (n > PTRDIFF_MAX / pool->source.object_bytes)
		return -ENOMEM;
	if (!limit_take(&pool->depot, magazines))
		return -ENOSPC;

	struct reservation reservation
		__attribute__((cleanup(reservation_end))) = {
			.pool = pool, .n = n, .magazines = magazines
		};

	dp__backend_join(&pool->backend, &reservation.seat);
	dp__check_magazines(pool, -1);
	reserve_begin(&pool->reserve, n);
	while (status == 0 && reservation.made.objects < n)
		status = fill(&reservation,
			      n - (size_t)reservation.made.objects);
	if (status == 0)
		give_list(&reservation);
	return status;
}
