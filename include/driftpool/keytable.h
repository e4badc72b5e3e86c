/* SPDX-License-Identifier: MIT */
/*
 * Fiber-local storage: values that a fiber finds by a key, in a table that is
 * lent to it from a pool of tables.
 *
 * A runtime keeps one pointer for a fiber, NULL at first.  The fiber's first
 * get or set borrows a table from the worker that it runs on; its end returns
 * that table on the worker that it runs on by then.  Tables keep their values
 * when they are returned, and so the next fiber finds, under the same key, what
 * was expensive to make: a buffer, a parser, a connection.
 *
 *	struct dp_key key;                   once:  dp_key_create(&key, free)
 *	struct dp_pool *tables;              once:  dp_keytable_pool_create()
 *	struct dp_worker *worker;            each thread: dp_worker_attach()
 *	struct dp_keytable *table = NULL;    each fiber
 *
 *	dp_keytable_get(&table, worker, key, &value);
 *	if (!value)
 *		dp_keytable_set(&table, worker, key, value = malloc(64));
 *	... suspends, resumes, perhaps on another thread's worker ...
 *	dp_keytable_end(&table, worker);
 *
 * Whose is a value?  What a fiber finds in a table that it has just borrowed is
 * inherited.  A set over an inherited value that this fiber has not read
 * destructs that one; a value that the fiber has read or set is the fiber's to
 * dispose of, as with pthread_setspecific().  Otherwise a destructor runs once
 * for a value, when the pool gives the table up: at dp_pool_trim() or by
 * dp_config.trim, at depot_limit, at dp_pool_destroy(), or if there is no
 * memory to keep it.
 *
 * Destructors run outside every lock and every critical section, in ascending
 * order of keys, the slot empty before the call, and again for what they set,
 * in up to DP_KEYTABLE_PASSES passes.  They may get, set, borrow and return,
 * create and delete keys, and wait for the application's locks, as threads do:
 * a fiber must not suspend in one, see pool.h.  In dp_pool_destroy() they must
 * not use that pool, except that they may get and set in the table that is
 * given up.
 *
 * Synchronization, as in pool.h.  A table belongs to its fiber: a call with it
 * happens after the one before, wherever that ran.
 *
 *	function                   called by   waits for
 *	dp_key_create, _delete     any thread  each other, fork
 *	dp_keytable_pool_create    any thread  as dp_pool_create()
 *	dp_keytable_get, _set      own worker  as dp_borrow() at the first; for
 *	                                       the allocator where a set is the
 *	                                       first of its 32 keys; destructor
 *	dp_keytable_end            own worker  as dp_return()
 *	dp_keytable_leftovers      any thread  nobody
 *
 * A key is passed on with a happens-before edge, like any variable.  None may
 * be called from a signal handler.  A fiber that suspends must not keep its
 * worker's handle, but takes the one of the thread that it resumes on.
 *
 * fork(): between dp_fork_prepare() and dp_fork_child() as the pool, and keys
 * as well.  Without these handlers the child may hang in dp_key_create() and
 * dp_key_delete(), if another thread was in one of them; get and set in tables
 * that are lent already go on.
 */
#ifndef DRIFTPOOL_KEYTABLE_H
#define DRIFTPOOL_KEYTABLE_H

#include <driftpool/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Keys that can exist at once, in the whole process. */
#define DP_KEYS_MAX 992u
/* Passes over a table whose destructors set values. */
#define DP_KEYTABLE_PASSES 4u

struct dp_keytable;

/* --- Keys --------------------------------------------------------------- */

/*
 * A key, the same one for all pools of tables.  Copied freely; all zeroes are
 * no key.  When its place is used again, the version is another one: a key that
 * was deleted is refused, and never finds its successor's values.
 */
struct dp_key {
	uint32_t index;   /* below DP_KEYS_MAX */
	uint32_t version; /* odd */
};

/*
 * Makes a key, of which no table has a value.  `destruct` gets a value, which
 * is not NULL, and the table that it was in; with that table it may get and
 * set, with a NULL worker, until it returns.  NULL: values are forgotten.
 * Returns 0; -EAGAIN while DP_KEYS_MAX keys exist; -EINVAL without a key.
 */
DP_API int dp_key_create(struct dp_key *key,
			 void (*destruct)(void *value,
					  struct dp_keytable *table));

/*
 * Deletes a key.  No destructor runs, now or later, for values that are still
 * under it: who wants them destructed destroys or trims the pools of tables
 * first.  One that another thread has begun to run may still be running.
 * Returns 0; -EINVAL if there is no such key, or no more.
 */
DP_API int dp_key_delete(struct dp_key key);

/* --- Pools of tables ---------------------------------------------------- */

/*
 * Makes a pool whose objects are tables.  All that pool.h says about pools
 * holds for it: workers, stats, bound, reserve, trim, destroy; tables lent are
 * in use, and destroy fails as long as there are any.  Its objects must not
 * be borrowed or returned but by the functions below.
 * It takes all of the configuration but object_size, object_align, construct,
 * destruct and arg, which are as in DP_CONFIG_INIT, or it is EINVAL.  Fails as
 * dp_pool_create() does.
 */
DP_API struct dp_pool *dp_keytable_pool_create(const struct dp_config *config);

/* --- A fiber's table ---------------------------------------------------- */

/*
 * `table` is the fiber's pointer.  If it is NULL, get and set borrow a table
 * from the worker, and store it there; `worker` may be NULL if it is not.
 *
 * Common errors: -EINVAL if the key was deleted or never created, if the worker
 * is of a pool of other objects, if the table is of another pool than the
 * worker or was ended and lies in the pool, or if both are NULL; nothing is
 * changed then.  A copy of the pointer of a table that was lent again, or given
 * up, is not told from that of its new fiber.
 * Where a table must be borrowed, -ENOMEM, or -EAGAIN at max_objects; it stays
 * NULL then.
 */

/*
 * Stores in *value what the fiber set, or inherited, under the key; NULL if
 * there is nothing.  An inherited value is the fiber's from now on.
 * Returns 0 or a common error, with *value NULL.
 */
DP_API int dp_keytable_get(struct dp_keytable **table, struct dp_worker *worker,
			   struct dp_key key, void **value);

/*
 * Sets the value; NULL takes it away.  An inherited one that the fiber has not
 * read is destructed first.
 * Returns 0 or a common error, -EINVAL also if the destructor of the inherited
 * value has deleted the key; -ENOMEM also for the slots of the key; -ELOOP if
 * the destructor of the inherited value has itself set the key in each of
 * DP_KEYTABLE_PASSES passes: what it set last is there, and not `value`.
 */
DP_API int dp_keytable_set(struct dp_keytable **table, struct dp_worker *worker,
			   struct dp_key key, void *value);

/*
 * The fiber ends: returns its table with all values to the worker's pool, and
 * stores NULL.  Without a table, nothing to do.
 * Returns 0; -EINVAL as above; -EBUSY in a destructor that was given the table.
 */
DP_API int dp_keytable_end(struct dp_keytable **table,
			   struct dp_worker *worker);

/*
 * Values that were forgotten because destructors went on setting values in
 * DP_KEYTABLE_PASSES passes over a table given up; since the process began.
 */
DP_API uint64_t dp_keytable_leftovers(void);

#ifdef __cplusplus
}
#endif

#endif
