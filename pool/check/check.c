/* SPDX-License-Identifier: MIT */
/* The checks of check.h; linked into libraries with checks only. */
#include "check.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "misuse.h"
#include "core/pool.h"
#include "watch.h"
#include "core/worker.h"

/* The system has no thread of a larger id. */
#define THREAD_ID_BITS 22

/* A number that is never used again, and the id below it; 0: not yet given. */
static _Thread_local uint64_t thread;
static _Atomic uint64_t last_thread_number;

/* What is poisoned must not be read, and needs no hash. */
static uint64_t
hash_of(const struct dp_pool *pool, const void *object)
{
	const size_t bytes = DP_POISONS ? 0 : pool->source.object_bytes;

	watch_opened(pool, object);
	return dp__ledger_hash(object, bytes);
}

/* --- Pool ---------------------------------------------------------------- */

int
dp__check_pool_init(struct dp_pool *pool)
{
	pool->check = (struct check_pool){ .in_use = 0 };
	return -pthread_mutex_init(&pool->check.lock, NULL);
}

void
dp__check_pool_fini(struct dp_pool *pool)
{
	dp__ledger_fini(&pool->check.ledger);
	pthread_mutex_destroy(&pool->check.lock);
}

void
dp__check_lock(struct dp_pool *pool)
{
	pthread_mutex_lock(&pool->check.lock);
}

void
dp__check_unlock(struct dp_pool *pool)
{
	pthread_mutex_unlock(&pool->check.lock);
}

/* --- Worker -------------------------------------------------------------- */

void
dp__check_attach(struct worker *w)
{
	dp__check_bind(w);
	w->hides = true;
}

static uint64_t
this_thread(void)
{
	if (thread != 0)
		return thread;
	/* K3 relaxed: any number will do that nobody else has. */
	thread = 1 + atomic_fetch_add_explicit(&last_thread_number, 1,
					       memory_order_relaxed);
	thread = thread << THREAD_ID_BITS | (uint64_t)gettid();
	return thread;
}

void
dp__check_bind(struct worker *w)
{
	/* K1 relaxed: the caller of bind sees to the order. */
	atomic_store_explicit(&w->check.owner, this_thread(),
			      memory_order_relaxed);
}

static uint64_t
owner_of(const struct worker *w)
{
	/* K2 relaxed: the right thread wrote it itself. */
	return atomic_load_explicit(&w->check.owner, memory_order_relaxed);
}

bool
dp__check_is_owner(const struct worker *w)
{
	return owner_of(w) == this_thread();
}

pid_t
dp__check_thread(const struct worker *w)
{
	return (pid_t)(owner_of(w) & ((UINT64_C(1) << THREAD_ID_BITS) - 1));
}

void
dp__check_owner_at(const struct worker *w, const void *site)
{
	if (!dp__check_is_owner(w))
		dp__misuse_handle(w, site);
}

/*
 * A constructor or destructor that was left by a jump leaves its call open; who
 * comes in from no deeper in the stack than that call is not inside it.
 */
static void
check_returned(const struct worker *w, const char *frame, const void *site)
{
	if (w->check.inside > 0 && frame >= w->check.frame)
		dp__misused(
			w->pool,
			"%s, but a constructor or destructor in an earlier "
			"call did not return: it must not be left by a "
			"jump",
			dp__party_words(dp__party_here(&w->head, site)).text);
}

void
dp__check_detach_at(const struct worker *w, const char *frame)
{
	const void *site = __builtin_return_address(0);

	dp__check_owner_at(w, site);
	check_returned(w, frame, site);
	if (w->check.inside > 0)
		dp__misused(
			w->pool,
			"worker %p detached by thread %d in a call of its own: "
			"a constructor or destructor must not detach the "
			"worker in whose call it runs",
			(const void *)&w->head, (int)gettid());
}

void
dp__check_from(struct worker *w, const void *site)
{
	w->check.site = site;
}

const void *
dp__check_site_at(struct worker *w, const void *site, const char *frame)
{
	const void *from = w->check.site ? w->check.site : site;

	dp__check_owner_at(w, from);
	check_returned(w, frame, from);
	if (w->check.inside == 0)
		w->check.frame = frame;
	w->check.site = NULL;
	return from;
}

/* --- Objects ------------------------------------------------------------- */

void
dp__check_borrow(struct worker *w, size_t n, const void *site)
{
	struct check_pool *check = &w->pool->check;

	dp__check_owner_at(w, site);
	w->check.inside++;
	dp__check_lock(w->pool);
	check->in_use += n;
	if (check->in_use > check->peak)
		check->peak = check->in_use;
	dp__check_unlock(w->pool);
}

/* pre: the lock is held, the object is not lent */
static void
check_unwritten(const struct dp_pool *pool, const struct ledger_entry *entry,
		const char *found)
{
	if (hash_of(pool, entry->object) != entry->hash)
		dp__misused(
			pool,
			"object %p was written to after it was returned by %s; "
			"lent before by %s; found when it was %s",
			entry->object, dp__party_words(entry->returner).text,
			dp__party_words(entry->lender).text, found);
}

/* pre: the lock is held */
static void
lend(struct dp_pool *pool, const void *object, struct party who)
{
	struct ledger_entry *entry =
		dp__ledger_find(&pool->check.ledger, object);

	if (!entry)
		dp__misused(pool,
			    "%p lent by %s is no object of this pool: "
			    "somebody wrote to a cache",
			    object, dp__party_words(who).text);
	if (entry->lent)
		dp__misused(pool,
			    "object %p lent by %s, but %s had lent it already",
			    object, dp__party_words(who).text,
			    dp__party_words(entry->lender).text);
	check_unwritten(pool, entry, "to be lent");
	entry->lent = true;
	entry->lender = who;
}

void
dp__check_borrowed(struct worker *w, void *const *objects, size_t n, size_t got,
		   const void *site)
{
	dp__check_lock(w->pool);
	for (size_t i = 0; i < got; i++)
		lend(w->pool, objects[i], dp__party_here(&w->head, site));
	w->pool->check.in_use -= n - got;
	dp__check_unlock(w->pool);
	w->check.inside--;
}

/* pre: the lock is held */
static void
take_back(struct dp_pool *pool, const void *object, struct party who)
{
	struct ledger_entry *entry =
		dp__ledger_find(&pool->check.ledger, object);

	if (!entry) {
		dp__check_unlock(pool);
		dp__misuse_stranger(pool, object, who);
	}
	if (!entry->lent)
		dp__misused(pool,
			    "object %p returned by %s, but %s had returned it "
			    "already; lent before by %s",
			    object, dp__party_words(who).text,
			    dp__party_words(entry->returner).text,
			    dp__party_words(entry->lender).text);
	entry->lent = false;
	entry->hash = hash_of(pool, object);
	entry->returner = who;
}

void
dp__check_return(struct dp_pool *pool, struct worker *w, void *const *objects,
		 size_t n, const void *site)
{
	if (w) {
		dp__check_owner_at(w, site);
		w->check.inside++;
	}
	dp__check_lock(pool);
	for (size_t i = 0; i < n; i++)
		take_back(pool, objects[i],
			  dp__party_here(w ? &w->head : NULL, site));
	dp__check_unlock(pool);
}

void
dp__check_returned(struct dp_pool *pool, struct worker *w, size_t n)
{
	dp__check_lock(pool);
	pool->check.in_use -= n;
	dp__check_unlock(pool);
	if (w)
		w->check.inside--;
}

bool
dp__check_constructed(struct dp_pool *pool, void *object)
{
	dp__check_lock(pool);
	bool added = dp__ledger_add(&pool->check.ledger, object);

	if (added) {
		pool->check.footprint++;
		dp__ledger_find(&pool->check.ledger, object)->hash =
			hash_of(pool, object);
	}
	dp__check_unlock(pool);
	return added;
}

/* pre: the lock is held */
static void
forget(struct dp_pool *pool, const void *object)
{
	const struct ledger_entry *entry =
		dp__ledger_find(&pool->check.ledger, object);

	if (!entry)
		dp__misused(pool,
			    "%p given up, which is no object of this pool",
			    object);
	if (entry->lent)
		dp__misused(pool, "object %p given up, but %s has it lent",
			    object, dp__party_words(entry->lender).text);
	check_unwritten(pool, entry, "to be destructed");
	dp__ledger_remove(&pool->check.ledger, object);
}

void
dp__check_condemned(struct dp_pool *pool, void *object)
{
	dp__check_lock(pool);
	forget(pool, object);
	pool->check.footprint--;
	dp__check_unlock(pool);
}

void
dp__check_trimmed(struct dp_pool *pool, void *object)
{
	dp__check_lock(pool);
	forget(pool, object);
	dp__check_unlock(pool);
}

bool
dp__check_audit(struct dp_pool *pool, void *const *objects, size_t n)
{
	const struct ledger *ledger = &pool->check.ledger;
	size_t free_objects = 0, known = 0;

	dp__check_lock(pool);
	for (size_t i = 0; i < ledger->capacity; i++)
		free_objects +=
			ledger->entries[i].object && !ledger->entries[i].lent;
	for (size_t i = 0; i < n; i++) {
		const struct ledger_entry *entry =
			dp__ledger_find(ledger, objects[i]);

		known += entry && !entry->lent;
	}
	dp__check_unlock(pool);
	return known == n && known == free_objects;
}
