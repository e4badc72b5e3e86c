/* SPDX-License-Identifier: MIT */
/*
 * What the code under test calls of the system and of liburcu, it finds here:
 * included before each of its files.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <urcu/urcu-bp.h>

#include "arena.h"
#include "interleave.h"
#include "lock.h"
#include "race.h"

/* The CPUs of the machine that the racks are for; cpu_current() says -1. */
#ifndef OUTSIDE_CPUS
#define OUTSIDE_CPUS 2
#endif

static inline void *
outside_memset(void *to, int value, size_t bytes)
{
	race_write(to, bytes);
	return memset(to, value, bytes);
}

static inline void *
outside_memcpy(void *to, const void *from, size_t bytes)
{
	race_read(from, bytes);
	race_write(to, bytes);
	return memcpy(to, from, bytes);
}

static inline int
outside_memalign(void **memory, size_t align, size_t bytes)
{
	*memory = arena_alloc(bytes, align);
	return 0;
}

#define memset(to, value, bytes) outside_memset(to, value, bytes)
#define memcpy(to, from, bytes) outside_memcpy(to, from, bytes)
#define posix_memalign(memory, align, bytes)                                   \
	outside_memalign(memory, align, bytes)
#define malloc(bytes) arena_alloc(bytes, 16)
#define free(memory) arena_free(memory)
#define sysconf(name) ((void)(name), (long)OUTSIDE_CPUS)
#define sched_getcpu() (-1)

/* The system's is one for all coroutines. */
#undef errno
#define errno (*interleave_errno())

#define pthread_mutex_init(mutex, attributes)                                  \
	((void)(attributes), lock_init(mutex))
#define pthread_mutex_destroy(mutex) lock_destroy(mutex)
#define pthread_mutex_lock(mutex) lock_take(mutex)
#define pthread_mutex_trylock(mutex) lock_try(mutex)
#define pthread_mutex_unlock(mutex) lock_give(mutex)

#undef urcu_bp_read_lock
#undef urcu_bp_read_unlock
#undef urcu_bp_synchronize_rcu
#define urcu_bp_read_lock() lock_read_begin()
#define urcu_bp_read_unlock() lock_read_end()
#define urcu_bp_synchronize_rcu() lock_synchronize()

#endif
