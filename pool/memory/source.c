/* SPDX-License-Identifier: MIT */
/*
 * Object memory.  jemalloc is referred to weakly: a library that linked it
 * would replace malloc for all its users.  Every call names the arena and takes
 * MALLOCX_TCACHE_NONE, else objects would come out of, or go into, the thread's
 * cache of another arena, and crash after this one is destroyed.
 *
 * jemalloc has some 4,000 arenas.  A pool that gets none shares the default one
 * and frees its objects one by one.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "uncancelled.h"

#if DP_JEMALLOC
#include <jemalloc/jemalloc.h>

#pragma weak mallocx
#pragma weak dallocx
#pragma weak mallctl

static void
arena_init(struct source *source)
{
	size_t bytes = sizeof(source->arena);

	source->jemalloc = mallocx && dallocx && mallctl;
	source->own_arena =
		source->jemalloc &&
		mallctl("arenas.create", &source->arena, &bytes, NULL, 0) == 0;
}

static int
arena_flags(const struct source *source)
{
	int flags = MALLOCX_TCACHE_NONE;

	if (source->own_arena)
		flags |= MALLOCX_ARENA(source->arena);
	return flags;
}

static void *
arena_alloc(const struct source *source, size_t bytes, size_t align)
{
	return mallocx(bytes, arena_flags(source) | MALLOCX_ALIGN(align));
}

static void
arena_free(const struct source *source, void *memory)
{
	dallocx(memory, arena_flags(source));
}

/* Tells the arena to do `what`; it has no way to refuse these. */
static void
arena_do(const struct source *source, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "arena.%u.%s", source->arena, what);
	mallctl(name, NULL, NULL, NULL, 0);
}

#else

/* Built without jemalloc: source->jemalloc stays false, none of these runs. */
static void
arena_init(struct source *source)
{
	source->jemalloc = false;
	source->own_arena = false;
}

static void *
arena_alloc(const struct source *source, size_t bytes, size_t align)
{
	(void)source;
	(void)bytes;
	(void)align;
	return NULL;
}

static void
arena_free(const struct source *source, void *memory)
{
	(void)source;
	(void)memory;
}

static void
arena_do(const struct source *source, const char *what)
{
	(void)source;
	(void)what;
}

#endif

void
dp__source_init(struct source *source, const struct dp_config *config)
{
	*source = (struct source){
		.object_bytes = config->object_size,
		.object_align = config->object_align,
		.construct = config->construct,
		.destruct = config->destruct,
		.arg = config->arg,
	};
	arena_init(source);
}

void
dp__source_close(struct source *source)
{
	source->closing = source->own_arena;
}

void
dp__source_fini(struct source *source)
{
	if (source->own_arena)
		arena_do(source, "destroy");
}

void *
dp__source_alloc(struct source *source, size_t bytes, size_t align)
{
	void *memory;

	if (source->jemalloc)
		return arena_alloc(source, bytes, align);
	if (align < sizeof(void *))
		align = sizeof(void *);
	return posix_memalign(&memory, align, bytes) == 0 ? memory : NULL;
}

void
dp__source_free(struct source *source, void *memory)
{
	if (source->closing)
		return;
	if (source->jemalloc)
		arena_free(source, memory);
	else
		free(memory);
}

/* --- Objects ------------------------------------------------------------- */

/* Memory that is no object until its constructor has returned 0. */
struct raw {
	struct source *source;
	void *memory; /* NULL: it is an object, and somebody else's */
};

/* Runs at the end of its scope, also if an exception leaves that. */
static void
raw_free(struct raw *raw)
{
	if (raw->memory)
		dp__source_free(raw->source, raw->memory);
}

void *
dp__source_construct(struct source *source)
{
	void *object = dp__source_alloc(source, source->object_bytes,
					source->object_align);

	if (!object) {
		errno = ENOMEM;
		return NULL;
	}
	if (!source->construct)
		return object;

	struct raw raw __attribute__((cleanup(raw_free))) = { source, object };
	UNCANCELLED;
	int status = source->construct(object, source->arg);

	raw.memory = NULL;
	if (status == 0)
		return object;
	dp__source_free(source, object);
	errno = status < 0 ? -status : status;
	return NULL;
}

/* A destructor that runs. */
struct destruction {
	const void *object; /* NULL: it has returned */
};

/* An exception that left it cannot go on: others are waiting for theirs. */
static void
destruction_end(struct destruction *destruction)
{
	if (!destruction->object)
		return;
	fprintf(stderr,
		"driftpool: the destructor of object %p was left by an "
		"exception or the end of its thread: it must return\n",
		destruction->object);
	abort();
}

void
dp__source_destruct(struct source *source, void *object)
{
	if (source->destruct) {
		UNCANCELLED;
		struct destruction destruction
			__attribute__((cleanup(destruction_end))) = { object };

		source->destruct(object, source->arg);
		destruction.object = NULL;
	}
	dp__source_free(source, object);
}

void
dp__source_purge(struct source *source)
{
	if (source->own_arena)
		arena_do(source, "purge");
}
