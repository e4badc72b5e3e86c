/* SPDX-License-Identifier: MIT */
/*
 * The worker-local cache, after Bonwick and Adams (USENIX ATC 2001).
 *
 * Two magazines, so that a worker that borrows one object and returns one at
 * the edge of a magazine swaps the two and does not exchange.  An exchange
 * therefore takes M operations at least after the one before.
 *
 * A borrow that finds no object anywhere constructs exactly one, in none of the
 * magazines: the proof of the footprint bound rests on that.
 */
#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "pool.h"
#include "check/watch.h"

static_assert(offsetof(struct worker, head) % 4096 != 0,
	      "the head is not where a page's first object is");

/* --- The two magazines --------------------------------------------------- */

/* pre: the loaded magazine is empty or full */
static void
swap(struct worker *w)
{
	struct magazine *m = w->previous;
	uint32_t n = worker_previous_n(w);

	w->previous = w->loaded;
	worker_set_previous_n(w, worker_n(w));
	worker_load(w, m, n);
}

/*
 * Sees to it that the loaded magazine, now empty, has objects.  False: there
 * were none to be had.
 */
static bool
refill(struct worker *w)
{
	if (worker_previous_n(w) > 0) {
		swap(w);
		return true;
	}
	struct magazine *m = pool_take(w->pool, &w->seat);

	if (!m)
		return false;
	swap(w);
	struct magazine *empty = w->loaded;

	w->exchanges++;
	worker_load(w, m, magazine_count(m));
	magazine_set_count(empty, 0);
	/* Who gave a partial one took no empty one for it. */
	if (magazine_count(m) < w->pool->store.magazine_size)
		pool_free_empty(w->pool, empty);
	else
		dp__backend_give_empty(&w->pool->backend, &w->seat, empty);
	return true;
}

/*
 * Sees to it that the loaded magazine, now full, has room.  False: there was no
 * memory for an empty one.  *surplus is a magazine that the depot has no room
 * for: for the caller to discard when the cache is as it should be, since
 * destructors may use it.
 */
static bool
flush(struct worker *w, struct magazine **surplus)
{
	if (worker_previous_n(w) == 0) {
		swap(w);
		return true;
	}
	worker_check_seam(w);
	struct magazine *empty = pool_empty(w->pool, &w->seat);

	if (!empty)
		return false;
	swap(w);
	struct magazine *full = w->loaded;
	uint32_t n = worker_n(w);

	w->exchanges++;
	worker_load(w, empty, 0);
	if (!pool_give(w->pool, &w->seat, full, n))
		*surplus = full;
	return true;
}

/* --- Objects ------------------------------------------------------------- */

static void *
construct(struct worker *w)
{
	void *object = dp__pool_construct(w->pool, &w->seat.counts);

	if (object)
		dp__check_bound(w->pool);
	return object;
}

/* What there is, up to n objects; returns how many. */
static size_t
collect(struct worker *w, void **objects, size_t n)
{
	size_t done = 0;

	worker_show(w);
	while (done < n && (worker_n(w) > 0 || refill(w))) {
		uint32_t have = worker_n(w);
		uint32_t part = n - done < have ? (uint32_t)(n - done) : have;

		worker_set_n(w, have - part);
		memcpy(objects + done, w->head.objects + (have - part),
		       part * sizeof(*objects));
		for (uint32_t i = 0; i < part; i++)
			DP_UNPOISON(objects[done + i], w->head.poison_bytes);
		done += part;
	}
	worker_hide(w);
	return done;
}

/*
 * Puts objects into the cache, up to n; returns how many.  Fewer: there was no
 * memory, or a second magazine would be surplus.
 */
static size_t
put(struct worker *w, void *const *objects, size_t n, struct magazine **surplus)
{
	uint32_t size = w->pool->store.magazine_size;
	size_t done = 0;

	*surplus = NULL;
	worker_show(w);
	while (done < n &&
	       (worker_n(w) < size || (!*surplus && flush(w, surplus)))) {
		uint32_t have = worker_n(w);
		uint32_t room = size - have;
		uint32_t part = n - done < room ? (uint32_t)(n - done) : room;

		for (uint32_t i = 0; i < part; i++)
			DP_POISON(objects[done + i], w->head.poison_bytes);
		memcpy(w->head.objects + have, objects + done,
		       part * sizeof(*objects));
		worker_set_n(w, have + part);
		done += part;
	}
	worker_hide(w);
	return done;
}

/*
 * Destructors may return objects here, so that more becomes surplus: that waits
 * for the call that is at the first, or a list whose objects own the next would
 * be destructed as deep as it is long.  pre: discarding
 */
static void
discard_waiting(struct worker *w)
{
	struct magazine *m;

	while ((m = list_pop(&w->surplus, &w->pool->store.table)))
		dp__pool_unmake_all(w->pool, m);
	w->discarding = false;
}

/* Gives a magazine up, at the latest when the call that discards is over. */
static void
discard(struct worker *w, struct magazine *m)
{
	dp__pool_condemn(w->pool, &w->seat.counts, m);
	list_push(&w->surplus, m);
	if (w->discarding)
		return;
	w->discarding = true;
	discard_waiting(w);
}

/*
 * Does what others asked for, and trims if the call has exchanged; within a
 * destructor that is left to the call that runs it.  exchanges: what the
 * worker's were at its entry.
 */
static inline void
tidy(struct worker *w, uint32_t exchanges)
{
	bool asked = worker_is_asked(w);
	bool trims = w->pool->trim > 0 && w->exchanges != exchanges;

	if (w->discarding || !(asked || trims))
		return;
	w->discarding = true;
	if (asked)
		dp__worker_answer(w);
	if (trims)
		dp__trim_after_exchange(w);
	discard_waiting(w);
}

static void
put_or_destruct(struct worker *w, void *const *objects, size_t n)
{
	struct magazine *surplus;
	size_t done = 0;

	do {
		done += put(w, objects + done, n - done, &surplus);
		if (surplus)
			discard(w, surplus);
	} while (surplus);
	for (; done < n; done++)
		dp__pool_destruct(w->pool, &w->seat.counts, objects[done]);
}

/* A call that lends: got of n objects are in objects[0..got).  Its caller's. */
struct lending {
	struct worker *w; /* NULL: it is over */
	void **objects;
	size_t n, got;
	const void *site;
};

/* A constructor was left by an exception: what had come goes back. */
static void
lending_end(const struct lending *lending)
{
	struct worker *w = lending->w;

	if (!w)
		return;
	put_or_destruct(w, lending->objects, lending->got);
	dp__check_borrowed(w, lending->objects, lending->n, 0, lending->site);
}

/*
 * Up to n objects; returns how many.  One answer "nothing there" covers all
 * that is constructed after it.  Where nothing can be constructed, what parked
 * workers have is better than nothing.
 */
static void
collect_or_construct(struct lending *lending)
{
	void **objects = lending->objects;
	size_t n = lending->n;

	do {
		lending->got += collect(lending->w, objects + lending->got,
					n - lending->got);
		while (lending->got < n &&
		       (objects[lending->got] = construct(lending->w)))
			lending->got++;
	} while (lending->got < n && dp__worker_take_over(lending->w));
}

static size_t
lend(struct worker *w, void **objects, size_t n, const void *site)
{
	struct lending lending
		__attribute__((cleanup(lending_end))) = { w, objects, n, 0,
							  site };
	uint32_t exchanges = w->exchanges;

	dp__check_borrow(w, n, site);
	collect_or_construct(&lending);
	tidy(w, exchanges);
	dp__check_borrowed(w, objects, n, lending.got, site);
	watch_lent(w->pool, objects, lending.got);
	lending.w = NULL;
	return lending.got;
}

/* The slow path is entered with n == 0, or by a worker that hides. */
void *
dp__borrow_slow(struct dp_worker *head)
{
	struct worker *w = worker_of(head);
	void *object = NULL;

	lend(w, &object, 1, dp__check_site(w, __builtin_return_address(0)));
	return object;
}

size_t
dp_borrow_bulk(struct dp_worker *head, void **objects, size_t n)
{
	struct worker *w = worker_of(head);

	return lend(w, objects, n,
		    dp__check_site(w, __builtin_return_address(0)));
}

/* The slow path is entered with n >= room. */
void
dp__return_slow(struct dp_worker *head, void *object)
{
	struct worker *w = worker_of(head);
	const void *site = dp__check_site(w, __builtin_return_address(0));
	uint32_t exchanges = w->exchanges;

	dp__check_return(w->pool, w, &object, 1, site);
	assert(object);
	watch_returned(w->pool, &object, 1);
	worker_set_room(w, w->pool->store.magazine_size);
	put_or_destruct(w, &object, 1);
	tidy(w, exchanges);
	dp__check_returned(w->pool, w, 1);
}

void
dp_return_bulk(struct dp_worker *head, void *const *objects, size_t n)
{
	struct worker *w = worker_of(head);
	const void *site = dp__check_site(w, __builtin_return_address(0));
	uint32_t exchanges = w->exchanges;

	dp__check_return(w->pool, w, objects, n, site);
	watch_returned(w->pool, objects, n);
	put_or_destruct(w, objects, n);
	tidy(w, exchanges);
	dp__check_returned(w->pool, w, n);
}
