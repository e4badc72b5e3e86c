/* SPDX-License-Identifier: MIT */
/*
 * A magazine, and the table that finds one by its index.
 *
 * A magazine is two pieces of memory.  The slot, struct magazine, lives as long
 * as the pool and is never anything but a slot: a thread that is slow to pop a
 * stack may read the `next` of a slot that others popped long ago.  The body,
 * M pointers, belongs to whoever popped the slot, who may free it at once.
 *
 * Only inline functions, so that a checker can run this very source.
 */
#ifndef MAGAZINE_H
#define MAGAZINE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Invariant: `index` never changes, and is this slot's place in the table; in a
 * stack, depth is the depth of the slot below plus one.  body is NULL in a free
 * slot.  next, depth and count are written by the owner before it gives the
 * magazine away and may be read by anyone at any time; the rest is the owner's.
 */
struct magazine {
	_Atomic uint32_t next;  /* index of the slot below, 0: none */
	_Atomic uint32_t depth; /* slots from here down */
	_Atomic uint32_t count; /* objects, as last given away */
	uint32_t index;         /* from 1 */
	void **body;            /* M pointers */
};

#ifndef MAGAZINE_FIRST_BITS
#define MAGAZINE_FIRST_BITS 6
#endif
#define MAGAZINE_FIRST (UINT32_C(1) << MAGAZINE_FIRST_BITS)
#define MAGAZINE_SEGMENTS (32 - MAGAZINE_FIRST_BITS)
#define MAGAZINE_INDEX_MAX (UINT32_MAX - MAGAZINE_FIRST)

/*
 * Segment s holds FIRST << s slots: none ever moves.  Invariant: segments
 * before the first NULL stay as they are for good.
 */
struct magazine_table {
	_Atomic(struct magazine *) segments[MAGAZINE_SEGMENTS];
};

/* Where a slot is: its segment, and how far into it. */
struct magazine_place {
	unsigned segment;
	uint32_t offset;
};

/* pre: 1 <= index <= MAGAZINE_INDEX_MAX */
static inline struct magazine_place
magazine_place(uint32_t index)
{
	uint32_t from_first = index - 1 + MAGAZINE_FIRST;
	unsigned top_bit = 31u - (unsigned)__builtin_clz(from_first);

	return (struct magazine_place){
		.segment = top_bit - MAGAZINE_FIRST_BITS,
		.offset = from_first - (UINT32_C(1) << top_bit),
	};
}

/* NULL if the caller cannot know yet that there is such a slot. */
static inline struct magazine *
magazine_find(const struct magazine_table *table, uint32_t index)
{
	struct magazine_place place = magazine_place(index);
	/* M1 acquire: pairs with M6.  Shows the segment's slots. */
	struct magazine *segment = atomic_load_explicit(
		&table->segments[place.segment], memory_order_acquire);

	return segment ? segment + place.offset : NULL;
}

/*
 * pre: a read of index that synchronizes with its writer, who knew the slot
 */
static inline struct magazine *
magazine_at(const struct magazine_table *table, uint32_t index)
{
	struct magazine_place place = magazine_place(index);

	/* M2 relaxed: by the precondition M6 happened before. */
	return atomic_load_explicit(&table->segments[place.segment],
				    memory_order_relaxed) +
	       place.offset;
}

static inline uint32_t
magazine_count(const struct magazine *m)
{
	/* M3 relaxed: the stack that m came from published it. */
	return atomic_load_explicit(&m->count, memory_order_relaxed);
}

/* Of the stack that m was taken from.  pre: m is the caller's own */
static inline uint32_t
magazine_depth(const struct magazine *m)
{
	/* M7 relaxed: the stack that m came from published it. */
	return atomic_load_explicit(&m->depth, memory_order_relaxed);
}

/* pre: m is the caller's own */
static inline void
magazine_set_count(struct magazine *m, uint32_t count)
{
	/* M4 relaxed: published by the push that follows. */
	atomic_store_explicit(&m->count, count, memory_order_relaxed);
}

#endif
