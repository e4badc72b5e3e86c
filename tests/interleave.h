/* SPDX-License-Identifier: MIT */
/*
 * Chosen interleavings of the shipped source, on one thread.  Included before
 * that source, this makes each of its atomic operations call interleave_point()
 * first: an operation names its memory order, and here naming an order is a
 * call.  What interleave_point() does there, another thread could have done.
 *
 * Sequentially consistent executions only, and what intervenes runs as a whole:
 * enough to see what tags and second looks are for.
 */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <stdatomic.h>

/* Defined by the test. */
static void interleave_point(void);

#define memory_order_relaxed (interleave_point(), __ATOMIC_RELAXED)
#define memory_order_acquire (interleave_point(), __ATOMIC_ACQUIRE)
#define memory_order_release (interleave_point(), __ATOMIC_RELEASE)
#define memory_order_acq_rel (interleave_point(), __ATOMIC_ACQ_REL)

#endif
