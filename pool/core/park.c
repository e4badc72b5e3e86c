/* SPDX-License-Identifier: MIT */
/*
 * Objects that idle workers hold.  A worker that says so leaves its magazines
 * in its park, for whoever wants them; one that does not is asked, and gives
 * what it can spare when it gets to the slow path next.
 */
#include <errno.h>

#include "pool.h"
#include "worker.h"

/* --- The owner ------------------------------------------------------------ */

void
dp_worker_park(struct dp_worker *head)
{
	struct worker *w = worker_of(head);

	dp__check_owner(w);
	if (worker_is_parked(w))
		return;
	worker_show(w);
	worker_check_seam(w);
	struct magazine *loaded = w->loaded;
	struct magazine *previous = w->previous;

	magazine_set_count(loaded, worker_n(w));
	magazine_set_count(previous, worker_previous_n(w));
	PROBE3(park, w->pool->name, &w->seat,
	       magazine_count(loaded) + magazine_count(previous));
	w->loaded = NULL;
	w->previous = NULL;
	worker_set_n(w, 0);
	worker_set_previous_n(w, 0);
	worker_set_room(w, 0);
	worker_hide(w);
	park_leave(&w->park, 0, loaded);
	park_leave(&w->park, 1, previous);
}

void
dp__worker_come_back(struct worker *w)
{
	struct magazine *loaded = park_come_back(&w->park, 0);

	w->previous = park_come_back(&w->park, 1);
	worker_set_previous_n(w, magazine_count(w->previous));
	worker_load(w, loaded, magazine_count(loaded));
	worker_set_room(w, w->pool->store.magazine_size);
}

void
dp__worker_answer(struct worker *w)
{
	uint32_t asked = worker_asked(w);
	struct magazine *full = worker_previous_n(w) > 0 ? w->previous : NULL;
	struct magazine *empty = full ? pool_empty(w->pool, &w->seat) : NULL;

	/* Without memory it is still asked, at its next exchange. */
	if (full && !empty)
		return;
	w->answered = asked;
	if (!full)
		return;
	worker_check_seam(w);
	w->previous = empty;
	worker_set_previous_n(w, 0);
	dp__pool_donate(w->pool, &w->seat, full, w->pool->store.magazine_size);
}

/* --- Others --------------------------------------------------------------- */

/*
 * What a parked worker left, for an empty magazine; NULL: nobody left anything,
 * and `empty` is still the caller's.
 */
static struct magazine *
take_over(struct dp_pool *pool, const struct seat *seat, struct magazine *empty)
{
	struct magazine *m = NULL;

	magazine_set_count(empty, 0);
	dp__registry_read_begin();
	for (struct worker *w = dp__registry_first(&pool->registry); w && !m;
	     w = dp__registry_next(w))
		for (unsigned i = 0; i < PARK_PLACES && !m; i++)
			m = park_take_over(&w->park, i, empty);
	dp__registry_read_end();
	if (m)
		PROBE3(takeover, pool->name, seat, magazine_count(m));
	return m;
}

bool
dp__worker_take_over(struct worker *w)
{
	int error = errno;

	if (!dp__backend_shares)
		return false;
	worker_show(w);
	/* A constructor may have returned some here. */
	bool found = worker_n(w) > 0 || worker_previous_n(w) > 0;
	struct magazine *m =
		found ? NULL : take_over(w->pool, &w->seat, w->previous);

	if (m) {
		w->previous = w->loaded;
		worker_load(w, m, magazine_count(m));
	}
	worker_hide(w);
	errno = error;
	return found || m;
}

/*
 * From a place of a parked worker to the depot.  What comes onto `surplus` the
 * depot has no room for.
 */
static void
gather_one(struct dp_pool *pool, struct seat *seat, struct park *park,
	   unsigned place, struct list *surplus)
{
	const struct magazine *there = park_at(park, place);
	struct magazine *m = NULL, *empty = NULL;

	if (there && magazine_count(there) > 0)
		empty = pool_empty(pool, seat);
	if (empty)
		m = park_take_over(park, place, empty);
	if (m) {
		PROBE3(takeover, pool->name, seat, magazine_count(m));
		dp__pool_give_any(pool, seat, m, magazine_count(m), surplus);
		dp__registry_fold(&pool->registry, &seat->counts);
	} else if (empty) {
		pool_free_empty(pool, empty);
	}
}

/* Of each parked worker in turn, until there is a surplus. */
static void
gather(struct dp_pool *pool, struct seat *seat, struct list *surplus)
{
	dp__registry_read_begin();
	for (struct worker *w = dp__registry_first(&pool->registry);
	     w && surplus->length == 0; w = dp__registry_next(w))
		for (unsigned i = 0; i < PARK_PLACES && surplus->length == 0;
		     i++)
			gather_one(pool, seat, &w->park, i, surplus);
	dp__registry_read_end();
}

static void
ask(struct dp_pool *pool)
{
	/* PK7 relaxed: it may be heard one exchange later. */
	atomic_fetch_add_explicit(&pool->asked, 1, memory_order_relaxed);
	dp__registry_read_begin();
	for (struct worker *w = dp__registry_first(&pool->registry); w;
	     w = dp__registry_next(w))
		/* PK8 relaxed: it may be heard one return later, or not. */
		atomic_store_explicit(&w->head.room, 0, memory_order_relaxed);
	dp__registry_read_end();
}

/*
 * Two magazines at most are in nobody's cache meanwhile, one that was taken
 * over and one that it is put into, or the surplus: the checks count them as
 * condemned.  Destructors run outside of the walk, which then begins again.
 */
uint64_t
dp__pool_gather(struct dp_pool *pool, struct seat *seat)
{
	size_t in_hands = 2 * (size_t)pool->store.magazine_size;
	struct list surplus = { 0 };
	uint64_t destructed = 0;

	if (!dp__backend_shares)
		return 0;
	ask(pool);
	/* Who parks again meanwhile may keep what it has: so this ends. */
	uint32_t left = PARK_PLACES * dp__registry_workers(&pool->registry);

	for (bool more = true; more; left--) {
		dp__check_trim(pool, in_hands);
		gather(pool, seat, &surplus);
		more = surplus.length > 0 && left > 0;
		dp__pool_discard_all(pool, &seat->counts, &surplus);
		dp__check_untrim(pool, in_hands, 0);
		destructed += counts_get(&seat->counts, DESTRUCTED);
		dp__registry_fold(&pool->registry, &seat->counts);
	}
	return destructed;
}
