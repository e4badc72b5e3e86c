/* SPDX-License-Identifier: MIT */
/*
 * Object memory: from an arena of the pool's own, or from the system.  jemalloc
 * has some 4,000 arenas; a pool that gets none shares the default one and frees
 * its objects one by one.
 */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arenas.h"
#include "uncancelled.h"

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
	source->jemalloc = dp__arenas_are_there();
	source->own_arena = source->jemalloc && dp__arena_open(&source->arena);
	if (!source->own_arena)
		source->arena = ARENA_SHARED;
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
		dp__arena_close(source->arena);
}

void *
dp__source_alloc(struct source *source, size_t bytes, size_t align)
{
	void *memory;

	if (source->jemalloc)
		return dp__arena_alloc(source->arena, bytes, align);
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
		dp__arena_free(source->arena, memory);
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
		dp__arena_purge(source->arena);
}
