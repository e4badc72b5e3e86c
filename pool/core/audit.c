/* SPDX-License-Identifier: MIT */
/*
 * Conservation, checked on a pool at rest.  Every magazine is a slot of the
 * store: what a worker holds is in its cache, any other one with a body was
 * given to the backend, with its count.  So the audit reads all objects without
 * moving any, and without asking the backend where it keeps them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "worker.h"

/* Invariant: objects[0..n) are all that were seen; n <= capacity. */
struct census {
	void **objects;
	size_t n;
	size_t capacity;
	size_t in_caches; /* the first ones, seen with workers */
	bool balanced;    /* false: there were more than the books say */
};

static void
add(struct census *census, void *const *objects, size_t n)
{
	if (n > census->capacity - census->n) {
		census->balanced = false;
		return;
	}
	memcpy(census->objects + census->n, objects, n * sizeof(*objects));
	census->n += n;
}

/* Is it the worker's, in its hands or its park? */
static bool
has(const struct worker *w, const struct magazine *m)
{
	for (unsigned i = 0; i < PARK_PLACES; i++)
		if (park_at(&w->park, i) == m)
			return true;
	return w->loaded == m || w->previous == m;
}

static bool
is_cached(const struct dp_pool *pool, const struct magazine *m)
{
	const struct worker *w = dp__registry_first(&pool->registry);

	while (w && !has(w, m))
		w = dp__registry_next(w);
	return w != NULL;
}

static void
add_cache(struct census *census, const struct worker *w)
{
	uint32_t previous_n = worker_previous_n(w);

	if (!worker_is_parked(w)) {
		add(census, w->loaded->body, worker_cached(w) - previous_n);
		add(census, w->previous->body, previous_n);
		return;
	}
	for (unsigned i = 0; i < PARK_PLACES; i++) {
		const struct magazine *m = park_at(&w->park, i);

		/* NULL: a fork's child lacks the thread that was parking. */
		if (m)
			add(census, m->body, magazine_count(m));
	}
}

static void
add_caches(struct census *census, const struct dp_pool *pool)
{
	for (const struct worker *w = dp__registry_first(&pool->registry); w;
	     w = dp__registry_next(w))
		add_cache(census, w);
	census->in_caches = census->n;
}

static void
add_depot(struct census *census, struct dp_pool *pool)
{
	uint32_t n_slots = dp__store_slots(&pool->store);

	for (uint32_t i = 1; i <= n_slots; i++) {
		const struct magazine *m = magazine_at(&pool->store.table, i);

		if (m->body && !is_cached(pool, m))
			add(census, m->body, magazine_count(m));
	}
}

static int
compare(const void *a, const void *b)
{
	void *const *x = a;
	void *const *y = b;

	return (*x > *y) - (*x < *y);
}

static bool
has_twice(struct census *census)
{
	qsort(census->objects, census->n, sizeof(*census->objects), compare);
	for (size_t i = 1; i < census->n; i++)
		if (census->objects[i - 1] == census->objects[i])
			return true;
	return false;
}

/* Do the books agree with each other, and with what is there? */
static bool
is_clean(struct dp_pool *pool, const struct totals *sum, struct census *census)
{
	uint64_t footprint = sum->of[CONSTRUCTED] - sum->of[DESTRUCTED];
	uint64_t given = sum->of[FLUSHED] - sum->of[REFILLED];
	uint64_t backend = dp__backend_count(&pool->backend) + sum->of[PILED];

	add_caches(census, pool);
	add_depot(census, pool);
	return census->balanced && given == backend &&
	       census->in_caches == sum->cached &&
	       census->n - census->in_caches == given &&
	       census->n <= footprint && !has_twice(census) &&
	       dp__check_audit(pool, census->objects, census->n);
}

int
dp_pool_audit(struct dp_pool *pool)
{
	struct totals sum;
	int status = 0;

	pthread_mutex_lock(&pool->registry.lock);
	dp__registry_sum_locked(&pool->registry, &sum);
	uint64_t footprint = sum.of[CONSTRUCTED] - sum.of[DESTRUCTED];
	struct census census = { .balanced = true };

	if (footprint > PTRDIFF_MAX / sizeof(void *)) {
		status = -EUCLEAN;
		goto out;
	}
	census.capacity = (size_t)footprint;
	census.objects = malloc((census.capacity + 1) * sizeof(void *));
	if (!census.objects)
		status = -ENOMEM;
	else if (!is_clean(pool, &sum, &census))
		status = -EUCLEAN;
	free(census.objects);
out:
	pthread_mutex_unlock(&pool->registry.lock);
	return status;
}
