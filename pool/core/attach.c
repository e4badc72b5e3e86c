/* SPDX-License-Identifier: MIT */
/* A worker's life: attach, detach, and who it belongs to meanwhile. */
#include <errno.h>
#include <string.h>

#include "pool.h"
#include "worker.h"

/* A worker with a seat and two empty magazines; NULL: out of memory. */
static struct worker *
make_worker(struct dp_pool *pool)
{
	struct worker *w = dp__source_alloc(&pool->source, sizeof(*w),
					    _Alignof(struct worker));

	if (!w)
		return NULL;
	/* Plain: R8 publishes it. */
	memset(w, 0, sizeof(*w));
	w->pool = pool;
	dp__backend_join(&pool->backend, &w->seat);
	struct magazine *loaded = pool_empty(pool, &w->seat);

	w->previous = loaded ? pool_empty(pool, &w->seat) : NULL;
	if (w->previous) {
		worker_load(w, loaded, 0);
		return w;
	}
	if (loaded)
		pool_free_empty(pool, loaded);
	dp__source_free(&pool->source, w);
	return NULL;
}

struct dp_worker *
dp_worker_attach(struct dp_pool *pool)
{
	if (pool->closing) {
		errno = ESHUTDOWN;
		return NULL;
	}
	dp__check_arrive(pool);
	struct worker *w = make_worker(pool);

	if (!w) {
		dp__check_gone(pool);
		errno = ENOMEM;
		return NULL;
	}
	w->hides = pool->watched;
	w->head.poison_bytes = DP_POISONS ? pool->source.object_bytes : 0;
	w->answered = worker_asked(w);
	worker_set_room(w, w->pool->store.magazine_size);
	dp__check_attach(w);
	worker_hide(w);
	dp__registry_add(&pool->registry, w);
	return &w->head;
}

void
dp_worker_detach(struct dp_worker *head)
{
	if (!head)
		return;
	struct worker *w = worker_of(head);
	struct dp_pool *pool = w->pool;

	dp__check_detach(w);
	worker_show(w);
	worker_check_seam(w);
	dp__pool_donate(pool, &w->seat, w->previous, worker_previous_n(w));
	worker_set_previous_n(w, 0);
	dp__pool_donate(pool, &w->seat, w->loaded, worker_n(w));
	worker_set_n(w, 0);
	dp__backend_leave(&pool->backend, &w->seat);
	dp__registry_remove(&pool->registry, w);
	dp__source_free(&pool->source, w);
	dp__check_gone(pool);
	dp__registry_left(&pool->registry);
}

void
dp_worker_bind(struct dp_worker *head)
{
	dp__check_bind(worker_of(head));
}

void
dp_worker_place(struct dp_worker *head, int cpu)
{
	dp__check_owner(worker_of(head));
	dp__backend_place(&worker_of(head)->seat, cpu);
}
