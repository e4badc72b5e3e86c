/* SPDX-License-Identifier: MIT */
/*
 * The hit path, inline: what dp_borrow() and dp_return() of pool.h do while the
 * worker's own cache serves.  Included by pool.h, in C, and in C++ from C++11
 * on.
 */
#ifndef DRIFTPOOL_HIT_H
#define DRIFTPOOL_HIT_H

#include <driftpool/pool.h>

/*
 * One text for both languages.  C++ lacks C's atomics before C++23, and its own
 * are types of another name, so there the two accesses that the hit path has
 * are the compiler's builtins, of the order that is written out.
 */
#ifndef __cplusplus
#include <stdatomic.h>
#define DP_ATOMIC _Atomic
#define DP_INLINE static inline DP_UNUSED
#define dp__atomic_load_explicit atomic_load_explicit
#define dp__atomic_store_explicit atomic_store_explicit
#elif defined(__GNUC__)
#define DP_ATOMIC
#define DP_INLINE inline
#define DP_BUILTIN_memory_order_relaxed __ATOMIC_RELAXED
#define dp__atomic_load_explicit(word, order)                                  \
	__atomic_load_n(word, DP_BUILTIN_##order)
#define dp__atomic_store_explicit(word, value, order)                          \
	__atomic_store_n(word, value, DP_BUILTIN_##order)
#endif

#ifdef DP_INLINE

/*
 * AddressSanitizer reports the use of an object after its return.  For that,
 * the library and all that use it inline have to be compiled with it.
 */
#if defined(__SANITIZE_ADDRESS__)
#define DP_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DP_POISONS 1
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifdef DP_POISONS
void __asan_poison_memory_region(void const volatile *, size_t);
void __asan_unpoison_memory_region(void const volatile *, size_t);
#define DP_POISON(object, bytes) __asan_poison_memory_region(object, bytes)
#define DP_UNPOISON(object, bytes) __asan_unpoison_memory_region(object, bytes)
#else
#define DP_POISONS 0
#define DP_POISON(object, bytes) ((void)0)
#define DP_UNPOISON(object, bytes) ((void)0)
#endif

/*
 * The head of a worker, all that the inline path sees.  Written by the owner;
 * stats read n, and whoever wants to be heard at the owner's next return may
 * set room to 0.  Relaxed: neither publishes anything.
 * Invariant: objects[0..n) are free; n <= M.  A library with checks, and any
 * under Valgrind, keeps n and room at 0, so that every call reaches it.
 */
struct dp_worker {
	void **objects;
	DP_ATOMIC uint32_t n;
	DP_ATOMIC uint32_t room;
	/* Of an object, if the library poisons, else 0.  Constant. */
	size_t poison_bytes;
};

DP_API void *dp__borrow_slow(struct dp_worker *worker);
DP_API void dp__return_slow(struct dp_worker *worker, void *object);

#ifdef __cplusplus
}
#endif

/* In C++ these have its linkage, so that no copy takes a place of C's name. */
DP_INLINE void *
dp__borrow(struct dp_worker *worker)
{
	/* H1 relaxed: the owner's own. */
	uint32_t n = dp__atomic_load_explicit(&worker->n, memory_order_relaxed);

	if (DP_UNLIKELY(n == 0))
		return dp__borrow_slow(worker);
	/* H2 relaxed: a number for stats; it publishes nothing. */
	dp__atomic_store_explicit(&worker->n, n - 1, memory_order_relaxed);
	DP_UNPOISON(worker->objects[n - 1], worker->poison_bytes);
	return worker->objects[n - 1];
}

DP_INLINE void
dp__return(struct dp_worker *worker, void *object)
{
	/* H3 relaxed: the owner's own. */
	uint32_t n = dp__atomic_load_explicit(&worker->n, memory_order_relaxed);

	/* H4 relaxed: a request may be heard one return later. */
	if (DP_UNLIKELY(n >= dp__atomic_load_explicit(&worker->room,
						      memory_order_relaxed))) {
		dp__return_slow(worker, object);
		return;
	}
	DP_POISON(object, worker->poison_bytes);
	worker->objects[n] = object;
	/* H5 relaxed: a number for stats; it publishes nothing. */
	dp__atomic_store_explicit(&worker->n, n + 1, memory_order_relaxed);
}

#ifndef DP_NO_INLINE
DP_INLINE void *
dp_borrow(struct dp_worker *worker)
{
	return dp__borrow(worker);
}

DP_INLINE void
dp_return(struct dp_worker *worker, void *object)
{
	dp__return(worker, object);
}
#endif

#endif /* DP_INLINE */

#endif
