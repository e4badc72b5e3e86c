/* SPDX-License-Identifier: MIT */
/*
 * What Valgrind's memcheck is told, by a pool that was made under it: the pool
 * is a memory pool, an object is a block of it while it is lent, and nobody's
 * while it is not.  So memcheck reports the use of an object after its return.
 * The workers of such a pool hide, so that no call passes this by.
 */
#ifndef WATCH_H
#define WATCH_H

#include "core/pool.h"

#if DP_VALGRIND
#include <valgrind/memcheck.h>

/*
 * Only memcheck knows this request.  The other tools, which count or look at
 * what is done to memory, get the hit path as it is without them.
 */
static inline bool
watch_is_there(void)
{
	char byte = 0, bits = 0;

	return VALGRIND_GET_VBITS(&byte, &bits, 1) == 1;
}

static inline void
watch_begin(struct dp_pool *pool)
{
	pool->watched = watch_is_there();
	if (pool->watched)
		VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
}

static inline void
watch_end(const struct dp_pool *pool)
{
	if (pool->watched)
		VALGRIND_DESTROY_MEMPOOL(pool);
}

/* They keep their contents from one loan to the next. */
static inline void
watch_lent(const struct dp_pool *pool, void *const *objects, size_t n)
{
	const size_t bytes = pool->source.object_bytes;

	for (size_t i = 0; pool->watched && i < n; i++) {
		VALGRIND_MEMPOOL_ALLOC(pool, objects[i], bytes);
		VALGRIND_MAKE_MEM_DEFINED(objects[i], bytes);
	}
}

static inline void
watch_returned(const struct dp_pool *pool, void *const *objects, size_t n)
{
	for (size_t i = 0; pool->watched && i < n; i++)
		VALGRIND_MEMPOOL_FREE(pool, objects[i]);
}

/* Has never been lent, and cannot be used. */
static inline void
watch_closed(const struct dp_pool *pool, const void *object)
{
	if (pool->watched)
		VALGRIND_MAKE_MEM_NOACCESS(object, pool->source.object_bytes);
}

/* The library itself, or a destructor, is going to use it. */
static inline void
watch_opened(const struct dp_pool *pool, const void *object)
{
	if (pool->watched)
		VALGRIND_MAKE_MEM_DEFINED(object, pool->source.object_bytes);
}

#else
#define watch_begin(pool) ((void)(pool))
#define watch_end(pool) ((void)(pool))
#define watch_lent(pool, objects, n) ((void)(pool), (void)(objects), (void)(n))
#define watch_returned(pool, objects, n)                                       \
	((void)(pool), (void)(objects), (void)(n))
#define watch_closed(pool, object) ((void)(pool), (void)(object))
#define watch_opened(pool, object) ((void)(pool), (void)(object))
#endif

#endif
