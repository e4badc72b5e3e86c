/* SPDX-License-Identifier: MIT */
/*
 * A ring that carries objects from one worker to another: one producer, one
 * consumer, a fixed capacity.
 *
 *	    head        published   tail
 *	---- | consumer's | producer's | free ----
 *
 * The producer publishes a burst at a time, so that objects arrive together
 * and the ring's lines move once a burst; either side reads the other's
 * position only when its copy of it says that there is nothing to do.
 */
#ifndef RING_H
#define RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/cpu.h"

/* A power of two: the most that a ring's capacity can be. */
#define RING_SLOTS 256u

/*
 * Positions only grow; modulo RING_SLOTS they are indices.
 * Invariant: head <= published <= tail <= head + capacity; capacity <=
 * RING_SLOTS; head_seen <= head; tail_seen <= published.
 */
struct ring {
	/* The producer's; the consumer reads published. */
	_Alignas(CPU_APART_BYTES) _Atomic uint32_t published;
	uint32_t tail;
	uint32_t pending; /* tail - published */
	uint32_t head_seen;
	uint32_t capacity;
	/* The consumer's; the producer reads head. */
	_Alignas(CPU_APART_BYTES) _Atomic uint32_t head;
	uint32_t head_own;
	uint32_t tail_seen;
	/* The consumer's from head to published, else the producer's. */
	_Alignas(CPU_APART_BYTES) void *objects[RING_SLOTS];
};

static inline void
ring_init(struct ring *ring, uint32_t capacity)
{
	atomic_init(&ring->published, 0);
	atomic_init(&ring->head, 0);
	ring->tail = 0;
	ring->pending = 0;
	ring->head_seen = 0;
	ring->capacity = capacity;
	ring->head_own = 0;
	ring->tail_seen = 0;
	for (uint32_t i = 0; i < RING_SLOTS; i++)
		ring->objects[i] = NULL;
}

/* Producer: shows the consumer all that was pushed. */
static inline void
ring_publish(struct ring *ring)
{
	ring->pending = 0;
	/* BR1 release: pairs with BR2.  Slots, and what objects hold. */
	atomic_store_explicit(&ring->published, ring->tail,
			      memory_order_release);
}

/* Producer: is there no room?  Looks at the consumer only if it must. */
static inline bool
ring_full(struct ring *ring)
{
	if (ring->tail - ring->head_seen < ring->capacity)
		return false;
	/* BR3 acquire: pairs with BR4.  The slots below head are free. */
	ring->head_seen =
		atomic_load_explicit(&ring->head, memory_order_acquire);
	return ring->tail - ring->head_seen >= ring->capacity;
}

/*
 * Producer: false if the ring is full; then everything in it is published, so
 * that the consumer can make room.
 */
static inline bool
ring_push(struct ring *ring, void *object, uint32_t burst)
{
	if (__builtin_expect(ring_full(ring), 0)) {
		ring_publish(ring);
		return false;
	}
	ring->objects[ring->tail % RING_SLOTS] = object;
	ring->tail++;
	if (++ring->pending >= burst)
		ring_publish(ring);
	return true;
}

/* Consumer: how many objects may be taken now, at most `burst`. */
static inline uint32_t
ring_ready(struct ring *ring, uint32_t burst)
{
	uint32_t n = ring->tail_seen - ring->head_own;

	if (n == 0) {
		/* BR2 acquire: pairs with BR1. */
		ring->tail_seen = atomic_load_explicit(&ring->published,
						       memory_order_acquire);
		n = ring->tail_seen - ring->head_own;
	}
	return n < burst ? n : burst;
}

/* Consumer: the i-th of the objects that are ready. */
static inline void *
ring_peek(const struct ring *ring, uint32_t i)
{
	return ring->objects[(ring->head_own + i) % RING_SLOTS];
}

/* Consumer: the first n of the objects that were ready are out. */
static inline void
ring_release(struct ring *ring, uint32_t n)
{
	ring->head_own += n;
	/* BR4 release: pairs with BR3.  The slots were read, n returns done. */
	atomic_store_explicit(&ring->head, ring->head_own,
			      memory_order_release);
}

#endif
