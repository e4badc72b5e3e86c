/* SPDX-License-Identifier: MIT */
/* What a library with checks says of a misuse, and then ends the process. */
#ifndef MISUSE_H
#define MISUSE_H

#include "party.h"

struct dp_pool;
struct worker;

/* "driftpool: pool NAME: ", what the format makes, and SIGABRT. */
_Noreturn void __attribute__((format(printf, 2, 3)))
dp__misused(const struct dp_pool *pool, const char *format, ...);

/*
 * Somebody returned what is no object of the pool: it may be one of another.
 * pre: no lock is held
 */
_Noreturn void dp__misuse_stranger(struct dp_pool *pool, const void *object,
				   struct party who);

/*
 * A worker's handle on the wrong thread: it was kept across a suspension if
 * that thread has a worker of the pool itself.  pre: no lock is held
 */
_Noreturn void dp__misuse_handle(const struct worker *w, const void *site);

#endif
