/* SPDX-License-Identifier: MIT */
/*
 * Where objects and magazines come from: a jemalloc arena of the pool's own if
 * the program has jemalloc, else the system's allocator.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <driftpool/pool.h>

#include <stdbool.h>

/*
 * Constant after init, but for `closing`: set once, when nobody else is left.
 */
struct source {
	size_t object_bytes, object_align;
	int (*construct)(void *object, void *arg);
	void (*destruct)(void *object, void *arg);
	void *arg;
	bool jemalloc;  /* allocate through mallocx() */
	bool own_arena; /* the arena is this pool's */
	bool closing;   /* the arena takes all memory with it */
	unsigned arena; /* ARENA_SHARED: not */
};

/* Cannot fail: without an arena to be had it uses what is there. */
void dp__source_init(struct source *source, const struct dp_config *config);

/*
 * From here on dp__source_free() may leave the memory to dp__source_fini().
 * pre: no other caller from now on
 */
void dp__source_close(struct source *source);
void dp__source_fini(struct source *source);

/* NULL: out of memory.  Any thread. */
void *dp__source_alloc(struct source *source, size_t bytes, size_t align);
void dp__source_free(struct source *source, void *memory);

/*
 * One object, constructed; NULL with errno set: ENOMEM or what the constructor
 * reported, and then nothing is left.  Any thread, outside every lock.
 */
void *dp__source_construct(struct source *source);
void dp__source_destruct(struct source *source, void *object);

/* Gives unused pages back to the system, after many objects went. */
void dp__source_purge(struct source *source);

#endif
