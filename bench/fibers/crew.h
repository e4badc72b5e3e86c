/* SPDX-License-Identifier: MIT */
/*
 * A crew: workers that run fibers.  A fiber that is ready is in the deque of a
 * worker, which runs the last one of it, while others steal the first.  One
 * that waits is among the sleepers of the worker that it ran on.
 *
 * What comes from elsewhere lies in an inbox, until its worker or a thief takes
 * all of it: a new fiber in that of the first worker, where requests come in;
 * one that has slept in any worker's, drawn at random, as bRPC's timer thread
 * does it.
 *
 * To yield is to sleep no time: the sleepers are looked at when the deque is
 * empty, so that all that is ready runs before.
 */
#ifndef CREW_H
#define CREW_H

#include <stdatomic.h>

#include "deque.h"
#include "fiber.h"
#include "sleepers.h"
#include "trial/station.h"

/* Owner: its thread, but for what others take from or put into. */
struct crew_worker {
	_Alignas(CPU_APART_BYTES) struct crew *crew;
	struct station *station; /* its place in the team, its counts */
	struct sleepers sleepers;
	uint64_t random;
	unsigned fruitless; /* looks in a row that found nothing to run */
	/* Totals. */
	uint64_t begun;     /* fibers that were started here */
	uint64_t stolen;    /* fibers taken from others' queues */
	uint64_t made;      /* values */
	uint64_t strangers; /* values found that were not the fiber's own */
	int error;          /* of the first get, set or end that failed */
	struct deque deque; /* thieves take */
	_Alignas(CPU_APART_BYTES) _Atomic(struct fiber *) inbox; /* all put */
};

/*
 * Invariant: live fibers are in exactly one deque, heap, inbox or hand; they
 * are never more than fit each deque.
 */
struct crew {
	const struct workload *workload;
	struct dp_key key;
	unsigned n;
	struct crew_worker *each;
	struct fiber *fibers;
	_Atomic(void *) *slots; /* of every deque */
	struct fiber **heaps;   /* of all sleepers */
	_Alignas(CPU_APART_BYTES) _Atomic unsigned live;
};

#endif
