/* SPDX-License-Identifier: MIT */
/*
 * jemalloc is referred to weakly: a library that linked it would replace malloc
 * for all its users.  Every call names the arena and takes MALLOCX_TCACHE_NONE,
 * else objects would come out of, or go into, the thread's cache of another
 * arena, and crash after this one is emptied.
 *
 * An arena that is destroyed leaves its first block of metadata: 4 KiB resident
 * and 2 MiB of addresses (jemalloc 5.3, unless `retain` is off).  So none is
 * destroyed but what is too many to keep.  As one is made only if none is kept,
 * there are as many as there were pools at once.
 */
#include "arenas.h"

#include <pthread.h>
#include <stdio.h>

/* jemalloc has no more. */
#define ARENAS_MAX 4096u

/* Invariant: arenas[0..n) are empty and nobody's.  By the lock. */
static struct {
	pthread_mutex_t lock;
	unsigned n;
	unsigned arenas[ARENAS_MAX];
} kept = { .lock = PTHREAD_MUTEX_INITIALIZER };

void
dp__arenas_lock(void)
{
	pthread_mutex_lock(&kept.lock);
}

void
dp__arenas_unlock(void)
{
	pthread_mutex_unlock(&kept.lock);
}

#if DP_JEMALLOC
#include <jemalloc/jemalloc.h>

#pragma weak mallocx
#pragma weak dallocx
#pragma weak mallctl

bool
dp__arenas_are_there(void)
{
	return mallocx && dallocx && mallctl;
}

bool
dp__arena_open(unsigned *arena)
{
	size_t bytes = sizeof(*arena);

	dp__arenas_lock();
	bool found = kept.n > 0;

	if (found)
		*arena = kept.arenas[--kept.n];
	dp__arenas_unlock();
	return found || mallctl("arenas.create", arena, &bytes, NULL, 0) == 0;
}

/* Tells the arena to do `what`; it has no way to refuse these. */
static void
arena_do(unsigned arena, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "arena.%u.%s", arena, what);
	mallctl(name, NULL, NULL, NULL, 0);
}

void
dp__arena_purge(unsigned arena)
{
	arena_do(arena, "purge");
}

void
dp__arena_close(unsigned arena)
{
	arena_do(arena, "reset");
	dp__arena_purge(arena);
	dp__arenas_lock();
	bool keep = kept.n < ARENAS_MAX;

	if (keep)
		kept.arenas[kept.n++] = arena;
	dp__arenas_unlock();
	if (!keep)
		arena_do(arena, "destroy");
}

static int
flags_of(unsigned arena)
{
	return MALLOCX_TCACHE_NONE |
	       (arena == ARENA_SHARED ? 0 : MALLOCX_ARENA(arena));
}

void *
dp__arena_alloc(unsigned arena, size_t bytes, size_t align)
{
	return mallocx(bytes, flags_of(arena) | MALLOCX_ALIGN(align));
}

void
dp__arena_free(unsigned arena, void *memory)
{
	dallocx(memory, flags_of(arena));
}

#else

/* Built without jemalloc: none of these runs but the first. */
bool
dp__arenas_are_there(void)
{
	return false;
}

bool
dp__arena_open(unsigned *arena)
{
	(void)arena;
	return false;
}

void
dp__arena_purge(unsigned arena)
{
	(void)arena;
}

void
dp__arena_close(unsigned arena)
{
	(void)arena;
}

void *
dp__arena_alloc(unsigned arena, size_t bytes, size_t align)
{
	(void)arena;
	(void)bytes;
	(void)align;
	return NULL;
}

void
dp__arena_free(unsigned arena, void *memory)
{
	(void)arena;
	(void)memory;
}

#endif
