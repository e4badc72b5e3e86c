/* SPDX-License-Identifier: MIT */
/*
 * What a library with checks tells Valgrind: each pool is a memory pool, an
 * object is a block of it while it is lent, and nobody's while it is not.  So
 * memcheck reports the use of an object after its return.  A few instructions
 * that do nothing where there is no Valgrind.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>

#if DP_VALGRIND
#include <valgrind/memcheck.h>

static inline void
watch_begin(const void *pool)
{
	VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
}

static inline void
watch_end(const void *pool)
{
	VALGRIND_DESTROY_MEMPOOL(pool);
}

/* It keeps its contents from one loan to the next. */
static inline void
watch_lent(const void *pool, const void *object, size_t bytes)
{
	VALGRIND_MEMPOOL_ALLOC(pool, object, bytes);
	VALGRIND_MAKE_MEM_DEFINED(object, bytes);
}

static inline void
watch_returned(const void *pool, const void *object)
{
	VALGRIND_MEMPOOL_FREE(pool, object);
}

/* Has never been lent, and cannot be used. */
static inline void
watch_closed(const void *object, size_t bytes)
{
	VALGRIND_MAKE_MEM_NOACCESS(object, bytes);
}

/* The library itself, or a destructor, is going to use it. */
static inline void
watch_opened(const void *object, size_t bytes)
{
	VALGRIND_MAKE_MEM_DEFINED(object, bytes);
}

#else
#define watch_begin(pool) ((void)(pool))
#define watch_end(pool) ((void)(pool))
#define watch_lent(pool, object, bytes) ((void)(object))
#define watch_returned(pool, object) ((void)(object))
#define watch_closed(object, bytes) ((void)(object))
#define watch_opened(object, bytes) ((void)(object))
#endif

#endif
