/* SPDX-License-Identifier: MIT */
/*
 * Arenas of jemalloc, one for each pool that there is, in programs that have
 * jemalloc.  One whose pool has ended is emptied and kept for the next pool:
 * jemalloc keeps some memory of each arena that ever was, for ever.
 */
#ifndef ARENAS_H
#define ARENAS_H

#include <stdbool.h>
#include <stddef.h>

/* Has the program jemalloc? */
bool dp__arenas_are_there(void);

/* An empty arena of the caller's own; false: none is to be had. */
bool dp__arena_open(unsigned *arena);

/* All memory of the arena goes.  pre: the caller's own */
void dp__arena_close(unsigned arena);

/* ARENA_SHARED: the default arena.  NULL: out of memory.  Any thread. */
#define ARENA_SHARED (~0u)
void *dp__arena_alloc(unsigned arena, size_t bytes, size_t align);
void dp__arena_free(unsigned arena, void *memory);

/* Gives pages that are not in use back to the system. */
void dp__arena_purge(unsigned arena);

/* Around fork(). */
void dp__arenas_lock(void);
void dp__arenas_unlock(void);

#endif
