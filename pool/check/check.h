/* SPDX-License-Identifier: MIT */
/*
 * What a library with checks (-Dchecked=true, and debug builds) does besides.
 * Its workers hide, so that each borrow and return gets here; it knows each
 * object; counts those in use; and holds the footprint against its bound at
 * each construction, the magazines against theirs whenever they become more.
 * What does not hold ends the process with a message and SIGABRT.
 *
 * Without checks all this is nothing.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_pool;
struct worker;

#if DP_CHECKED

#include <pthread.h>

#include "ledger.h"

/*
 * Invariant: in_use <= peak; footprint counts objects not yet condemned, but
 * for `trimming`, as many as trimmers may have in their hands, from before they
 * have them.  magazines counts those with a body that are neither condemned,
 * nor partial in the depot, nor the one that who reserves fills, nor those that
 * a trimmer moves.  workers <= peak_workers, and counts who attaches or
 * detaches as well.  By the lock.
 */
struct check_pool {
	pthread_mutex_t lock;
	struct ledger ledger;
	uint64_t in_use;
	uint64_t peak;
	uint64_t footprint;
	uint64_t trimming;
	int64_t magazines;
	uint32_t workers;
	uint32_t peak_workers;
};

/* The owner's. */
struct check_worker {
	_Atomic uint64_t owner; /* a thread, by number and id */
	uint32_t inside;        /* calls that have begun and not ended */
	const char *frame;      /* of the outermost of these */
	const void *site;       /* of the next call; NULL: where it returns */
};

int dp__check_pool_init(struct dp_pool *pool);
void dp__check_pool_fini(struct dp_pool *pool);

/* A worker's life: entry of its attach, exit of its detach. */
void dp__check_arrive(struct dp_pool *pool);
void dp__check_gone(struct dp_pool *pool);

void dp__check_attach(struct worker *w);
void dp__check_bind(struct worker *w);
bool dp__check_is_owner(const struct worker *w);
pid_t dp__check_thread(const struct worker *w);
void dp__check_owner_at(const struct worker *w, const void *site);
#define dp__check_owner(w) dp__check_owner_at(w, __builtin_return_address(0))
void dp__check_detach_at(const struct worker *w, const char *frame);
#define dp__check_detach(w) dp__check_detach_at(w, __builtin_frame_address(0))

/*
 * Where the application called: a function of the library that calls another
 * one says so by the first, and that one learns it by the second.
 */
void dp__check_from(struct worker *w, const void *site);
const void *dp__check_site_at(struct worker *w, const void *site,
			      const char *frame);
#define dp__check_site(w, site)                                                \
	dp__check_site_at(w, site, __builtin_frame_address(0))

/*
 * A borrow's entry and exit: n objects asked for, got of them lent; none if a
 * constructor was left by an exception.
 */
void dp__check_borrow(struct worker *w, size_t n, const void *site);
void dp__check_borrowed(struct worker *w, void *const *objects, size_t n,
			size_t got, const void *site);

/* A return's entry and exit; w NULL: without a worker. */
void dp__check_return(struct dp_pool *pool, struct worker *w,
		      void *const *objects, size_t n, const void *site);
void dp__check_returned(struct dp_pool *pool, struct worker *w, size_t n);

/* False: out of memory, and then it knows nothing of the object. */
bool dp__check_constructed(struct dp_pool *pool, void *object);
void dp__check_condemned(struct dp_pool *pool, void *object);

/*
 * n objects, and the magazines that they fill, count as condemned before the
 * trimmer has them; so many of them then are, if any in one magazine, and the
 * rest after all not; one of them goes.
 */
void dp__check_trim(struct dp_pool *pool, size_t n);
void dp__check_untrim(struct dp_pool *pool, size_t n, size_t condemned);
void dp__check_trimmed(struct dp_pool *pool, void *object);

/* n more magazines count, or fewer; if more, the bound must hold. */
void dp__check_magazines(struct dp_pool *pool, int n);

/* pre: the caller is a worker that has just constructed an object */
void dp__check_bound(struct dp_pool *pool);

/* Are these objects those that are not lent, and is none missing? */
bool dp__check_audit(struct dp_pool *pool, void *const *objects, size_t n);

/* Around fork(). */
void dp__check_lock(struct dp_pool *pool);
void dp__check_unlock(struct dp_pool *pool);

#else

struct check_pool {
	char nothing;
};

struct check_worker {
	char nothing;
};

#define dp__check_pool_init(pool) ((void)(pool), 0)
#define dp__check_pool_fini(pool) ((void)(pool))
#define dp__check_arrive(pool) ((void)(pool))
#define dp__check_gone(pool) ((void)(pool))
#define dp__check_attach(w) ((void)(w))
#define dp__check_bind(w) ((void)(w))
#define dp__check_owner_at(w, site) ((void)(w), (void)(site))
#define dp__check_owner(w) ((void)(w))
#define dp__check_detach(w) ((void)(w))
#define dp__check_from(w, site) ((void)(w), (void)(site))
#define dp__check_site(w, site) ((void)(w), (const void *)NULL)
#define dp__check_borrow(w, n, site) ((void)(w))
#define dp__check_borrowed(w, objects, n, got, site)                           \
	((void)(w), (void)(got), (void)(site))
#define dp__check_return(pool, w, objects, n, site) ((void)(pool), (void)(site))
#define dp__check_returned(pool, w, n) ((void)(pool))
#define dp__check_constructed(pool, object) ((void)(pool), true)
#define dp__check_condemned(pool, object) ((void)(pool))
#define dp__check_trim(pool, n) ((void)(pool), (void)(n))
#define dp__check_untrim(pool, n, condemned)                                   \
	((void)(pool), (void)(n), (void)(condemned))
#define dp__check_trimmed(pool, object) ((void)(pool))
#define dp__check_magazines(pool, n) ((void)(pool), (void)(n))
#define dp__check_bound(pool) ((void)(pool))
#define dp__check_audit(pool, objects, n) ((void)(pool), true)
#define dp__check_lock(pool) ((void)(pool))
#define dp__check_unlock(pool) ((void)(pool))

#endif

#endif
