/* SPDX-License-Identifier: MIT */
/*
 * The subject is malloc() and free(), of whatever allocator the program runs
 * with: it links none, so that a preloaded one takes the place of the C
 * library's.
 */
#ifndef SUBJECT_MALLOC_H
#define SUBJECT_MALLOC_H

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "subject.h"

struct subject {
	size_t object_bytes;
};

struct subject_worker {
	size_t object_bytes;
};

SUBJECT_NO_POOL

/*
 * All is freed, and the threads' caches went with them; now the allocator that
 * is there is asked for what it has kept, each in its own way.
 */
static inline void
subject_trim(struct subject *subject)
{
	union {
		void *symbol;
		int (*mallctl)(const char *, void *, size_t *, void *, size_t);
		void (*mi_collect)(bool force);
		void (*tcmalloc_release)(void);
	} f;

	(void)subject;
	/* 4096: all arenas of jemalloc. */
	if ((f.symbol = dlsym(RTLD_DEFAULT, "mallctl")) != NULL)
		f.mallctl("arena.4096.purge", NULL, NULL, NULL, 0);
	else if ((f.symbol = dlsym(RTLD_DEFAULT, "mi_collect")) != NULL)
		f.mi_collect(true);
	else if ((f.symbol = dlsym(RTLD_DEFAULT,
				   "MallocExtension_ReleaseFreeMemory")) !=
		 NULL)
		f.tcmalloc_release();
	else
		malloc_trim(0);
}

/* How much it is, is the allocator's affair. */
static inline bool
subject_gives_back(void)
{
	return false;
}

static inline const char *
subject_name(void)
{
	return "malloc";
}

static inline int
subject_open(struct subject *subject, const struct workload *workload,
	     size_t in_use_ceiling)
{
	(void)in_use_ceiling;
	subject->object_bytes = workload->object_bytes;
	return 0;
}

static inline int
subject_close(struct subject *subject)
{
	(void)subject;
	return 0;
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *subject,
	       unsigned index)
{
	(void)index;
	worker->object_bytes = subject->object_bytes;
	return 0;
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	void *object = malloc(worker.object_bytes);

	(void)crosses;
	/* The compiler may not pair this malloc() with its free(). */
	__asm__ volatile("" : "+r"(object));
	return object;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)worker;
	(void)crosses;
	free(object);
}

static inline void
subject_stats(struct subject *subject, struct subject_stats *stats)
{
	(void)subject;
	memset(stats, 0, sizeof(*stats));
}

#endif
