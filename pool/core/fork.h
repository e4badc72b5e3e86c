/* SPDX-License-Identifier: MIT */
/* The list of pools, for fork(): a child must find each of them whole. */
#ifndef FORK_H
#define FORK_H

struct dp_pool;

void dp__fork_add(struct dp_pool *pool);
void dp__fork_remove(struct dp_pool *pool);

/* The lock of thread.c. */
void dp__thread_lock(void);
void dp__thread_unlock(void);

#if DP_CHECKED
/* The first of all pools, and after it each one's `next`, until unlocked. */
struct dp_pool *dp__fork_lock(void);
void dp__fork_unlock(void);
#endif

#endif
