/* SPDX-License-Identifier: MIT */
/*
 * What a library without checks sees of objects returned twice: two in a row,
 * in a magazine that a worker gives away, or where it and the next one meet.
 * Looked for there and not on the hit path: one comparison a return, made M at
 * a time, and only for what leaves.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/pool.h"
#include "memory/uncancelled.h"

static _Noreturn __attribute__((noinline, cold)) void
found(const struct dp_pool *pool, const void *object)
{
	/* Never over: a thread that was cancelled must not get past abort(). */
	uncancelled_begin();
	fprintf(stderr,
		"driftpool: pool '%s': object %p was returned twice in a row; "
		"a library with checks, -Dchecked=true, says by whom\n",
		pool->name, object);
	abort();
}

void
dp__twice_check(const struct dp_pool *pool, const struct magazine *m,
		uint32_t n)
{
	void *const *body = m->body;
	bool twice = false;

	/* No way out of the loop: so several are compared at a time. */
	for (uint32_t i = 1; i < n; i++)
		twice |= body[i] == body[i - 1];
	if (!twice)
		return;
	while (body[0] != body[1])
		body++;
	found(pool, body[0]);
}

void
dp__twice_check_seam(const struct dp_pool *pool, const struct magazine *older,
		     uint32_t n, const struct magazine *newer)
{
	if (older->body[n - 1] == newer->body[0])
		found(pool, newer->body[0]);
}
