/* SPDX-License-Identifier: MIT */
/* The list of pools, for fork(): a child must find each of them whole. */
#ifndef FORK_H
#define FORK_H

struct dp_pool;

void dp__fork_add(struct dp_pool *pool);
void dp__fork_remove(struct dp_pool *pool);

#endif
