/* SPDX-License-Identifier: MIT */
/*
 * A stackless fiber: what it has to remember between two steps.  It runs a step
 * to its end on the worker that has it, and then waits or ends.
 */
#ifndef FIBER_H
#define FIBER_H

#include <stdbool.h>
#include <stdint.h>

#include <driftpool/keytable.h>

struct crew_worker;
struct value;

enum fiber_step { FIBER_BEGINS, FIBER_GOES_ON };

/* Owner: whoever runs it, or the worker whose queue it is in. */
struct fiber {
	/* Of the crew. */
	struct fiber *next; /* in an inbox */
	uint64_t due_ns;    /* asleep until then */
	/* Of its life. */
	enum fiber_step step;
	unsigned borrowed_on; /* the worker that lent the table */
	uint64_t number;      /* no two fibers of a trial share one */
	struct dp_keytable *table;
	struct value *value; /* what it found or set before it waited */
};

/* The next life of it; its number is new. */
void fiber_begin(struct fiber *fiber, uint64_t number);
/* One step, on this worker.  False: it has ended. */
bool fiber_step(struct fiber *fiber, struct crew_worker *worker);

#endif
