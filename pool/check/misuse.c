/* SPDX-License-Identifier: MIT */
/* Misuse in words; linked into libraries with checks only. */
#include "misuse.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/fork.h"
#include "core/pool.h"
#include "core/worker.h"
#include "memory/uncancelled.h"

void
dp__misused(const struct dp_pool *pool, const char *format, ...)
{
	char text[1024];
	va_list args;

	/* Never over: a thread that was cancelled must not get past abort(). */
	uncancelled_begin();
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "driftpool: pool '%s': %s\n", pool->name, text);
	abort();
}

/* --- An object of another pool ------------------------------------------- */

/* Whose object it is, with a copy of what that pool knows of it; or NULL. */
static const struct dp_pool *
find_home(const void *object, struct ledger_entry *known)
{
	struct dp_pool *pool = dp__fork_lock();
	const struct ledger_entry *entry = NULL;

	while (pool && !entry) {
		dp__check_lock(pool);
		entry = dp__ledger_find(&pool->check.ledger, object);
		if (entry)
			*known = *entry;
		dp__check_unlock(pool);
		pool = entry ? pool : pool->next;
	}
	dp__fork_unlock();
	return pool;
}

void
dp__misuse_stranger(struct dp_pool *pool, const void *object, struct party who)
{
	struct ledger_entry known;
	const struct dp_pool *home = find_home(object, &known);
	struct party_words here = dp__party_words(who);

	if (!home)
		dp__misused(pool, "%p returned by %s is no object of any pool",
			    object, here.text);
	if (known.lent)
		dp__misused(pool,
			    "object %p returned by %s is one of pool '%s', "
			    "where it was lent by %s",
			    object, here.text, home->name,
			    dp__party_words(known.lender).text);
	dp__misused(pool,
		    "object %p returned by %s is one of pool '%s', where "
		    "it was returned by %s; lent before by %s",
		    object, here.text, home->name,
		    dp__party_words(known.returner).text,
		    dp__party_words(known.lender).text);
}

/* --- A handle on the wrong thread ---------------------------------------- */

/* The worker that this thread has; NULL: none. */
static const struct worker *
find_own(struct dp_pool *pool)
{
	pthread_mutex_lock(&pool->registry.lock);
	const struct worker *w = dp__registry_first(&pool->registry);

	while (w && !dp__check_is_owner(w))
		w = dp__registry_next(w);
	pthread_mutex_unlock(&pool->registry.lock);
	return w;
}

void
dp__misuse_handle(const struct worker *w, const void *site)
{
	const struct worker *own = find_own(w->pool);
	struct party_words here = dp__party_words(dp__party_here(NULL, site));
	int thread = (int)dp__check_thread(w);

	if (own)
		dp__misused(w->pool,
			    "worker %p, which thread %d has, used by %s, "
			    "which has worker %p: a task must not keep its "
			    "worker across a suspension",
			    (const void *)&w->head, thread, here.text,
			    (const void *)&own->head);
	dp__misused(w->pool,
		    "worker %p, which thread %d has, used by %s, which has "
		    "none of this pool: a handle that moves is bound by "
		    "dp_worker_bind()",
		    (const void *)&w->head, thread, here.text);
}
