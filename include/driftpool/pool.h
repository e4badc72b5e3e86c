/* SPDX-License-Identifier: MIT */
/*
 * driftpool: pools of reusable objects for threads whose tasks migrate.
 *
 * An object is constructed once, lent out many times and destructed when the
 * pool gives it up.  Each worker has a cache of its own; what one worker's
 * cache has too much of, another one's gets through the shared pool, so that
 *
 *	constructed - destructed <= peak in use + (W - 1) * 2M + reserved
 *
 * at every instant, W being the most workers ever attached at once and M the
 * magazine size, however the objects migrate (dp_pool_bound()).  A thread that
 * trims, in dp_pool_trim() or by dp_config.trim, may have up to M objects in
 * its hands that it is about to destruct, or up to 2M that a parked worker left
 * (dp_worker_park()); they come on top.
 *
 * Synchronization.  "own" means: only by the thread that owns the handle,
 * that is, the one that attached it or bound it last.
 *
 *	function                  called by   waits for
 *	dp_borrow, dp_return,     own         nobody, while the cache or the
 *	  .._bulk                             shared pool serves it (*)
 *	dp_pool_borrow/return     any thread  as above; first use: attach
 *	dp_worker_attach          any thread  other attach, detach, fork
 *	dp_worker_detach,         own         the same, and running stats, audit
 *	  dp_thread_detach                    and trim calls, and borrows that
 *	                                      cannot construct, though not for
 *	                                      destructors (a grace period)
 *	dp_worker_bind            new owner   nobody
 *	dp_worker_place, _park    own         nobody
 *	dp_thread_park            any thread  nobody
 *	dp_pool_reserve, _trim    any thread  attach, detach, fork; allocator,
 *	                                      constructor, destructor
 *	dp_pool_stats             any thread  attach, detach, fork
 *	dp_pool_bound             any thread  nobody
 *	dp_pool_audit             quiescence  attach, detach, fork
 *	dp_pool_create, _destroy  any thread  other create, destroy, fork; and
 *	                                      destroy as detach and trim do
 *	dp_fork_prepare           any thread  everything above marked as waiting
 *
 * (*) With the backend `mutex` an exchange of magazines, once in M operations
 * at the most, takes a lock.  A borrow that finds nothing constructs, and so
 * waits for the allocator and the constructor; one that cannot construct looks
 * at what parked workers left, and the first time that a thread does so it may
 * wait for fork, and for short parts of a grace period, not for its readers.  A
 * return that needs an empty magazine and finds none waits for the allocator.
 *
 * All functions may run concurrently with all others on the same pool, except
 * that nothing may run on a pool during or after its successful destroy, and
 * dp_pool_audit() wants nobody else to use the pool meanwhile.  None may be
 * called from a signal handler; none is a cancellation point, nor is what a
 * constructor or destructor calls in it.  Destructors and constructors may call
 * all but dp_pool_destroy(), and must not detach the worker in whose call they
 * run, nor use it if that call is its detach; destructors that
 * dp_pool_destroy() runs must not use that pool, and find that no worker
 * attaches.  A task that suspends must not keep its worker's handle: it may
 * resume on another thread.  For the same reason a destructor or constructor
 * may block its thread, but not suspend its task so that another thread
 * resumes it, unless dp_pool_trim() or dp_pool_destroy() runs it: the call that
 * it is in goes on with its worker.
 *
 * The two-level cache of magazines is Bonwick's and Adams's ("Magazines and
 * Vmem", USENIX ATC 2001).
 */
#ifndef DRIFTPOOL_POOL_H
#define DRIFTPOOL_POOL_H

#include <stddef.h>
#include <stdint.h>

#define DP_VERSION "0.1.0"

#if defined(__GNUC__)
#define DP_API __attribute__((visibility("default")))
#define DP_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define DP_UNUSED __attribute__((unused))
#else
#define DP_API
#define DP_UNLIKELY(condition) (condition)
#define DP_UNUSED
#endif

/*
 * DP_NO_INLINE selects the exported dp_borrow() and dp_return() instead of the
 * inline ones.  So does C++ by a compiler without the builtins of gcc.
 */
#if defined(__cplusplus) && !defined(__GNUC__) && !defined(DP_NO_INLINE)
#define DP_NO_INLINE 1
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct dp_pool;
struct dp_worker;

/* Limits, checked by dp_pool_create(). */
#define DP_MAGAZINE_SIZE_MIN 2u
#define DP_MAGAZINE_SIZE_MAX 1024u
#define DP_MAGAZINE_SIZE_DEFAULT 64u
#define DP_NAME_BYTES_MAX 63u /* without the final 0 */
#define DP_CONFIG_BYTES_MAX 4096u
#define DP_OBJECT_ALIGN_MAX ((size_t)1 << 21)
#define DP_OBJECT_ALIGN_APART ((size_t)128) /* a cache line and its neighbour */

/* --- Pool --------------------------------------------------------------- */

/*
 * What a pool is made of.  Start from DP_CONFIG_INIT and set what differs:
 *
 *	struct dp_config config = DP_CONFIG_INIT;
 *	config.object_size = sizeof(struct session);
 */
struct dp_config {
	size_t size; /* bytes of this struct as the caller knows it */
	/*
	 * For people and metrics; up to DP_NAME_BYTES_MAX bytes, none of them a
	 * control character; copied.  NULL: "pool".
	 */
	const char *name;
	size_t object_size; /* bytes, at least 1 */
	/*
	 * Bytes; a power of two up to DP_OBJECT_ALIGN_MAX; default 16.  Below
	 * DP_OBJECT_ALIGN_APART objects of two workers may share a cache line.
	 */
	size_t object_align;
	/* Objects in a magazine, M; 2 to 1,024; default 64. */
	unsigned magazine_size;
	/*
	 * Magazines with objects that the shared pool may hold; to 2^32 - 1.
	 * One that it has no room for is destructed at once, by the worker that
	 * returns or detaches, outside every lock.  0: no limit.
	 */
	size_t depot_limit;
	/*
	 * Objects that may exist, from before their constructor to after their
	 * destructor.  A borrow beyond them fails with EAGAIN; see
	 * dp_borrow().  0: no limit.
	 */
	size_t max_objects;
	/*
	 * Bytes of objects that a worker's cache may hold.  M is made smaller,
	 * though not below DP_MAGAZINE_SIZE_MIN, until 2M objects fit;
	 * dp_stats.magazine_size tells the M that came of it.  0: no limit.
	 */
	size_t cache_bytes;
	/*
	 * Exchanges of all workers after which an interval ends.  Then its last
	 * exchanger gives up, one magazine at each exchange of its own, as many
	 * full ones as lay in the shared pool all the interval long, reserved
	 * ones too; destructors run in its borrow or return, outside every
	 * lock.  What workers hold stays, parked or not; dp_pool_trim() gets at
	 * it.  Memory goes to the system when the allocator sees fit, or with
	 * dp_pool_trim().  0: never.
	 */
	size_t trim;
	/*
	 * Runs once for an object before it is lent out for the first time, on
	 * the thread that borrows or reserves, outside every lock.  Returns 0,
	 * or a negative errno, which the borrow then reports.  If it leaves by
	 * a C++ exception or the end of its thread, nothing is lost; it must
	 * not be left by longjmp().  NULL: nothing.
	 */
	int (*construct)(void *object, void *arg);
	/*
	 * Runs once for an object when the pool gives it up, outside every
	 * lock.  It must return: else the process ends.  NULL: nothing.
	 */
	void (*destruct)(void *object, void *arg);
	void *arg; /* passed to both */
};

/* clang-format off */
#define DP_CONFIG_INIT \
	{ sizeof(struct dp_config), NULL, 0, 16, DP_MAGAZINE_SIZE_DEFAULT, \
	  0, 0, 0, 0, NULL, NULL, NULL }
/* clang-format on */

/*
 * Makes a pool.  Nothing is constructed yet.  Returns NULL with errno set:
 * EINVAL for one outside the ranges above or of a size that overflows, E2BIG
 * for one from a newer header with a field set that we do not know, ENOMEM.
 */
DP_API struct dp_pool *dp_pool_create(const struct dp_config *config);

/*
 * Destructs all objects and gives all memory back.  Detaches the calling
 * thread's thread-local worker first, if there is one.
 * Returns 0, or -EBUSY while workers are attached or objects in use; the pool
 * then stays as it was (but for that thread-local worker).  NULL: 0.
 */
DP_API int dp_pool_destroy(struct dp_pool *pool);

/*
 * Constructs n more objects ahead of time and puts them into the shared pool, a
 * remainder of less than M in a magazine of its own.
 * Returns 0; -ENOSPC if the shared pool may not hold them all (depot_limit),
 * -EAGAIN if they may not all exist (max_objects), -ENOMEM, -ENOTSUP with the
 * backend `none`, or what the constructor returned, and then none of the n was
 * kept.
 */
DP_API int dp_pool_reserve(struct dp_pool *pool, size_t n);

/* For dp_pool_trim(): all that was needed lately. */
#define DP_KEEP_NEEDED SIZE_MAX

/*
 * Gives up objects of the shared pool, whole magazines at a time, while at
 * least `keep` objects remain there, as counted before each; with keep 0 all of
 * them; with DP_KEEP_NEEDED as many full magazines as lay there all the time
 * since the last such call or the end of the last interval of dp_config.trim.
 * Destructors run on the calling thread, outside every lock.  Returns the
 * number of objects given up.
 *
 * Before that, what parked workers left is taken over to the shared pool, and
 * all others are asked: each gives what lies in its cache beyond M objects at
 * its next return or exchange, which the next trim finds in the shared pool.
 * With the backend `none` everything stays where it is.
 */
DP_API size_t dp_pool_trim(struct dp_pool *pool, size_t keep);

/* --- Worker ------------------------------------------------------------- */

/*
 * Makes a worker with an empty cache; it belongs to the calling thread.  A
 * thread may have several, also of one pool.
 * Returns NULL with errno set to ENOMEM, or to ESHUTDOWN while
 * dp_pool_destroy() destructs.
 */
DP_API struct dp_worker *dp_worker_attach(struct dp_pool *pool);

/*
 * Gives the worker's cache to the shared pool and ends the worker.  Objects it
 * lent out stay in use.  Not inside a read-side section of liburcu's bp
 * flavour, for it waits for a grace period; so do dp_thread_detach(), destroy
 * and the end of a thread that has a thread-local worker.  NULL: nothing.
 */
DP_API void dp_worker_detach(struct dp_worker *worker);

/*
 * The worker belongs to the calling thread from now on.  The caller sees to it
 * that the former owner has stopped using it (a happens-before edge).
 */
DP_API void dp_worker_bind(struct dp_worker *worker);

/*
 * The worker's exchanges go by this CPU number from now on, whatever CPU the
 * thread runs on; -1, as at first: by the one it runs on.  A hint, for a
 * simulation of many workers on few CPUs; only the backend `percpu` heeds it.
 */
DP_API void dp_worker_place(struct dp_worker *worker, int cpu);

/*
 * To be called before the thread waits for long, say for work: what lies in the
 * worker's cache is there for others, until the worker's next borrow or return.
 * They take it in dp_pool_trim(), and in a borrow that would fail otherwise;
 * what nobody took the worker has again.  It costs the worker no exchange, then
 * or later, and it cannot fail.  Parking a parked worker does nothing.
 */
DP_API void dp_worker_park(struct dp_worker *worker);

/* --- Objects ------------------------------------------------------------ */

/*
 * Borrows up to n objects into objects[0..].  Returns how many; fewer than n
 * only if an object could not be constructed, with errno as dp_borrow() sets
 * it.
 */
DP_API size_t dp_borrow_bulk(struct dp_worker *worker, void **objects,
			     size_t n);

/* Returns objects[0..n), none of them NULL, none twice. */
DP_API void dp_return_bulk(struct dp_worker *worker, void *const *objects,
			   size_t n);

/*
 * The same on the calling thread's own worker, which is attached at its first
 * use and detached at thread exit; what destructors of thread-specific data do
 * after that attaches for one call.  Somewhat slower: the worker is looked up.
 * dp_pool_borrow() fails as dp_worker_attach() and dp_borrow() do.  A thread
 * whose worker cannot be attached (out of memory) still returns: the object is
 * destructed then.
 */
DP_API void *dp_pool_borrow(struct dp_pool *pool);
DP_API void dp_pool_return(struct dp_pool *pool, void *object);

/* Detaches the calling thread's own worker of the pool, or parks it, if any. */
DP_API void dp_thread_detach(struct dp_pool *pool);
DP_API void dp_thread_park(struct dp_pool *pool);

/* --- Numbers ------------------------------------------------------------ */

/*
 * A snapshot.  Totals only grow; levels are exact at quiescence and within 2M a
 * worker, and 2M a thread that trims, otherwise.
 */
struct dp_stats {
	/* Levels, in objects: in_use + cached + depot is the footprint. */
	uint64_t in_use;
	uint64_t cached; /* in workers' caches; `none`: and their piles */
	uint64_t depot;  /* in the shared pool */
	/* Totals, in objects; what is given up is taken off `reserved`. */
	uint64_t constructed;
	uint64_t destructed;
	uint64_t reserved; /* a level; see dp_pool_bound() */
	/* Totals, in magazines with objects; reserve and trim included. */
	uint64_t refills;       /* taken from the shared pool */
	uint64_t flushes;       /* given to it */
	uint64_t misses;        /* takes that found nothing there */
	uint64_t rack_hits;     /* exchanges served by the own CPU's rack */
	uint64_t depot_hits;    /* by the depot */
	uint64_t steals;        /* by another CPU's rack */
	uint64_t retries;       /* failed CASes, or locks found taken */
	uint64_t workers;       /* attached now */
	uint64_t peak_workers;  /* the most attached at once, W */
	uint64_t magazine_size; /* M, as it came of the configuration */
	uint64_t object_size;
	/* Levels, in magazines, arrays of M pointers; see dp_stats(3). */
	uint64_t magazines_cached; /* two a worker; `none`: and their piles */
	uint64_t magazines_depot;  /* with objects, in the shared pool */
	uint64_t magazines_empty;  /* without, in the shared pool */
	uint64_t magazine_slots;   /* 24 bytes each, used or kept for use */
};

DP_API void dp_pool_stats(struct dp_pool *pool, struct dp_stats *stats);

/*
 * Checks conservation: every object is in exactly one place, and in use +
 * cached + depot = constructed - destructed.  What is lost or foreign only a
 * library with checks knows.  Wants quiescence: nobody borrows, returns,
 * attaches, detaches, reserves or trims meanwhile, and what was done before
 * happens before this call.  Returns 0, -EUCLEAN if the books do not balance,
 * -ENOMEM.
 */
DP_API int dp_pool_audit(struct dp_pool *pool);

/*
 * The most objects the pool can have constructed and not destructed, until more
 * are reserved or more workers attach, given that peak_in_use is not exceeded
 * nor ever was: peak_in_use + (W - 1) * 2M + reserved.  An object is in use
 * from the entry of its borrow to the exit of its return.  max_objects if that
 * is less.  Else SIZE_MAX with `none`, which has no bound, and on overflow.
 */
DP_API size_t dp_pool_bound(struct dp_pool *pool, size_t peak_in_use);

/* As pool_backend was when the library was built; DP_VERSION of then. */
DP_API const char *dp_backend_name(void);
DP_API const char *dp_version(void);

/* --- Fork --------------------------------------------------------------- */

/*
 * For pthread_atfork(), or around fork(): after dp_fork_child() the child's one
 * thread can use its own workers, create and destroy pools.  Workers of threads
 * that the child lacks stay attached there, so their pools cannot be destroyed,
 * and must not be bound or used.
 * The library installs no handlers itself: it cannot know the application's
 * order of locks.  They are also liburcu-bp's handlers.
 */
DP_API void dp_fork_prepare(void);
DP_API void dp_fork_parent(void);
DP_API void dp_fork_child(void);

/* --- An object at a time ------------------------------------------------ */

/*
 * dp_borrow() lends an object: the one returned last to this worker's cache,
 * else one from the shared pool, else a new one.  Returns NULL with errno set
 * to ENOMEM, to what the constructor reported, or to EAGAIN if max_objects
 * exist already; nothing is lost then.
 *
 * With max_objects: objects in other workers' caches cannot be lent here, but
 * for those of parked workers, which a borrow takes before it fails.  So it
 * fails with EAGAIN only if, at some instant of the call, the objects in use
 * and those that threads were constructing ahead, trimming or destructing were
 *
 *	max_objects - (W - 1) * 2M
 *
 * at least: that many can always be lent, W being the workers attached.
 *
 * dp_return() gives back an object of this pool, borrowed on any worker.  It
 * cannot fail: if there is no memory for a magazine, the object is destructed;
 * if the shared pool is at depot_limit, the magazine that it would have got is.
 * To return an object twice is an error.  A library with checks ends the
 * process at once; any other one if the two came in a row and the object was
 * not lent again before a magazine that it lies in leaves the worker.
 */
#ifdef DP_NO_INLINE
DP_API void *dp_borrow(struct dp_worker *worker);
DP_API void dp_return(struct dp_worker *worker, void *object);
#endif

#ifdef __cplusplus
}
#endif

#include <driftpool/hit.h>

#endif
