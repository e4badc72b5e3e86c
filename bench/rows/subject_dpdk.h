/* SPDX-License-Identifier: MIT */
/*
 * The subject is DPDK's mempool: a ring of a fixed number of objects, and for
 * each worker a cache of the user's own, for twice a magazine.  It is made for
 * all that can be in use or cached, and constructs nothing later on.  It is no
 * RssAnon: do not compare that.  Threads wait for one stopped in the ring.
 */
#ifndef SUBJECT_DPDK_H
#define SUBJECT_DPDK_H

#include "dpdk_mempool.h"
#include "reference.h"

/* With more workers than CPUs it waits for who has none. */
#define SUBJECT_STALLS 1

struct pool {
	struct rte_mempool *mempool;
	unsigned cache_objects;
};

static const struct reference reference = { .name = "dpdk",
					    .pool_bytes = sizeof(struct pool) };

/* When the caches are flushed, all is back in the ring. */
static inline int
subject_close(struct subject *s)
{
	struct rte_mempool *mempool = s->pool->mempool;
	unsigned found;

	for (unsigned i = 0; i < s->workers; i++) {
		rte_mempool_cache_flush(s->accounts[i].own, mempool);
		rte_mempool_cache_free(s->accounts[i].own);
	}
	found = rte_mempool_avail_count(mempool);
	rte_mempool_free(mempool);
	return reference_close(s, found);
}

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	unsigned cache = RTE_MIN(2 * w->magazine, DPDK_CACHE_MAX);
	size_t objects = in_use_ceiling + w->workers * (cache * 3 / 2);
	struct rte_mempool *mempool =
		dpdk_mempool_create(objects, w->object_bytes, w->workers);

	if (mempool == NULL)
		return -errno;
	if (reference_open(s, w) != 0) {
		rte_mempool_free(mempool);
		return -ENOMEM;
	}
	*s->pool = (struct pool){ mempool, cache };
	account_add(&s->accounts->constructed, (int64_t)objects);
	account_add(&s->accounts->kept, (int64_t)objects);
	return 0;
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *s, unsigned index)
{
	struct account *account = &s->accounts[index];

	if (account->own == NULL)
		account->own = rte_mempool_cache_create(s->pool->cache_objects,
							SOCKET_ID_ANY);
	worker->account = account;
	return account->own != NULL ? 0 : -ENOMEM;
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct account *account = worker.account;
	void *object;

	(void)crosses;
	if (rte_mempool_generic_get(account->pool->mempool, &object, 1,
				    account->own) != 0) {
		errno = ENOBUFS;
		return NULL;
	}
	TSAN_ACQUIRE(object);
	account_add(&account->kept, -1);
	return object;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	struct account *account = worker.account;

	(void)crosses;
	TSAN_RELEASE(object);
	rte_mempool_generic_put(account->pool->mempool, &object, 1,
				account->own);
	account_add(&account->kept, 1);
}

static inline size_t
subject_bound(struct subject *s, size_t peak_in_use)
{
	(void)s;
	return (void)peak_in_use, SIZE_MAX;
}

static inline bool
subject_borrow_exchanges(struct subject_worker worker)
{
	return ((struct rte_mempool_cache *)worker.account->own)->len == 0;
}

static inline bool
subject_return_exchanges(struct subject_worker worker)
{
	const struct rte_mempool_cache *cache = worker.account->own;

	return cache->len >= cache->flushthresh;
}

#endif
