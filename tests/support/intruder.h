/* SPDX-License-Identifier: MIT */
/*
 * A chosen intrusion into the shipped source, on one thread.  Included before
 * that source, this makes each of its atomic operations call intruder_point()
 * first: an operation names its memory order, and here naming an order is a
 * call.  What intruder_point() does there, another thread could have done.
 *
 * Sequentially consistent executions only, and what intervenes runs as a whole:
 * enough to see what tags and second looks are for.
 */
#ifndef INTRUDER_H
#define INTRUDER_H

#include <stdatomic.h>

/* Defined by the test. */
static void intruder_point(void);

#define memory_order_relaxed (intruder_point(), __ATOMIC_RELAXED)
#define memory_order_acquire (intruder_point(), __ATOMIC_ACQUIRE)
#define memory_order_release (intruder_point(), __ATOMIC_RELEASE)
#define memory_order_acq_rel (intruder_point(), __ATOMIC_ACQ_REL)

#endif
