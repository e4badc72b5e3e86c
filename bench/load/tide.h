/* SPDX-License-Identifier: MIT */
/*
 * A tide: which half of the workers is at flood.  A half at flood borrows as
 * fast as it can, one at ebb what the tide leaves to it.
 */
#ifndef TIDE_H
#define TIDE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "shared/cpu.h"

/* Shared by all workers; the leader of the half at flood turns it. */
struct tide {
	_Alignas(CPU_APART_BYTES) _Atomic bool rear; /* is at flood */
};

static inline bool
tide_floods(struct tide *tide, bool front)
{
	/* BD1 relaxed: late is some operations more; it publishes nothing. */
	return atomic_load_explicit(&tide->rear, memory_order_relaxed) != front;
}

/* By the leader of the half at flood. */
static inline void
tide_turn(struct tide *tide)
{
	/* BD2 relaxed: only one half is at flood, so only one turns. */
	bool rear = atomic_load_explicit(&tide->rear, memory_order_relaxed);

	/* BD3 relaxed: the same. */
	atomic_store_explicit(&tide->rear, !rear, memory_order_relaxed);
}

#endif
