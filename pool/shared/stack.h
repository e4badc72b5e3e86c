/* SPDX-License-Identifier: MIT */
/*
 * A Treiber stack of magazines (R. K. Treiber, IBM RJ 5118, 1986), with tags.
 *
 * Why it is correct:
 * 1. A pop's CAS succeeds only if the head is the same slot with the same tag.
 *    Every removal bumps the tag, so no removal happened since the pop read
 *    `next`, and that slot's `next` is written only by whoever removed it.
 * 2. The `next` that a pop reads of a slot no longer on the stack is some old
 *    index.  It is thrown away, since the CAS fails; the read is harmless as
 *    slots are never unmapped, and no race as `next` is atomic.
 * 3. A push publishes all that its giver did to the magazine and its objects:
 *    its release meets the acquire of the pop, directly or through the chain of
 *    pushes and pops in between, which are all read-modify-writes.
 * 4. Removals are acq_rel although a lone stack would do with acquire: the scan
 *    for emptiness below needs the release.
 *
 * Progress: lock-free.  A CAS fails because another one succeeded, or by the
 * processor's whim (weak).
 *
 * Emptiness over several stacks: no load sees all heads at one instant, so they
 * are read twice.  If all were empty in both passes and no tag differs, no head
 * changed between its two reads, and all were empty together between the
 * passes.  As tags only grow, equal sums mean equal tags.
 */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>

#include "magazine.h"
#include "tag.h"

/* Invariant: the chain from head by `next` ends, and holds no slot twice. */
struct stack {
	_Atomic uint64_t head;
};

static inline uint32_t
stack_depth_at(const struct magazine_table *table, uint32_t index)
{
	const struct magazine *m = index ? magazine_at(table, index) : NULL;

	/* S1 acquire: pairs with S4.  What is read after it is not older. */
	return m ? atomic_load_explicit(&m->depth, memory_order_acquire) : 0;
}

/* Returns the number of failed attempts.  pre: m is the caller's own. */
static inline uint32_t
stack_push(struct stack *s, const struct magazine_table *table,
	   struct magazine *m)
{
	uint32_t retries = 0;
	/* S2 acquire: pairs with S5.  Shows the depth of the slot below. */
	uint64_t old = atomic_load_explicit(&s->head, memory_order_acquire);

	for (;; retries++) {
		/* S3 relaxed: published by S5. */
		atomic_store_explicit(&m->next, tag_index(old),
				      memory_order_relaxed);
		/* S4 release: pairs with S1.  Who sees it sees m taken. */
		atomic_store_explicit(&m->depth,
				      stack_depth_at(table, tag_index(old)) + 1,
				      memory_order_release);
		/*
		 * S5 acq_rel: pairs with S2, S6, S8, S9, S10, S12 and S13.
		 * Whoever takes m sees its next, its body and all that was
		 * done to the objects.  The acquire is for the depth, if the
		 * head moved.
		 */
		if (atomic_compare_exchange_weak_explicit(
			    &s->head, &old, tag_pack(m->index, tag_of(old)),
			    memory_order_acq_rel, memory_order_acquire))
			return retries;
	}
}

/* Returns NULL if there was an instant at which the stack was empty. */
static inline struct magazine *
stack_pop(struct stack *s, const struct magazine_table *table,
	  uint32_t *retries)
{
	/* S6 acquire: pairs with S5.  Shows the slot's next. */
	uint64_t old = atomic_load_explicit(&s->head, memory_order_acquire);

	for (*retries = 0;; ++*retries) {
		if (tag_index(old) == 0)
			return NULL;
		struct magazine *m = magazine_at(table, tag_index(old));
		/* S7 relaxed: S6 or S8 saw its push; see 2 above. */
		uint32_t next =
			atomic_load_explicit(&m->next, memory_order_relaxed);
		/*
		 * S8 acq_rel: pairs with S5 and S12.  Takes over what the giver
		 * did, and shows a scan that sees this tag everything that came
		 * before the removal.
		 */
		if (atomic_compare_exchange_weak_explicit(
			    &s->head, &old,
			    tag_pack(next, tag_next(tag_of(old))),
			    memory_order_acq_rel, memory_order_acquire))
			return m;
	}
}

/*
 * The number of magazines: exact at some instant of the call.  The top's depth
 * is this stack's only while it is the top, so the head must not have moved;
 * another turn only if others took or gave something meanwhile.
 */
static inline uint32_t
stack_depth(const struct stack *s, const struct magazine_table *table)
{
	/* S9 acquire: pairs with S5.  Shows the top's depth. */
	uint64_t word = atomic_load_explicit(&s->head, memory_order_acquire);

	for (;;) {
		uint32_t depth = stack_depth_at(table, tag_index(word));
		/* S13 acquire: pairs with S5.  As S9, for another turn. */
		uint64_t now =
			atomic_load_explicit(&s->head, memory_order_acquire);

		if (now == word)
			return depth;
		word = now;
	}
}

/*
 * The objects in all its magazines: exact while nothing moves.  Otherwise the
 * walk may stray to another stack, whose slots are slots as well; it takes as
 * many steps as the stack was deep.
 */
static inline uint64_t
stack_objects(const struct stack *s, const struct magazine_table *table)
{
	/* S10 acquire: pairs with S5.  Shows the top's depth and next. */
	uint64_t word = atomic_load_explicit(&s->head, memory_order_acquire);
	uint32_t index = tag_index(word);
	uint32_t steps = stack_depth_at(table, index);
	uint64_t objects = 0;

	for (; index && steps; steps--) {
		const struct magazine *m = magazine_find(table, index);

		if (!m)
			break;
		objects += magazine_count(m);
		/* S11 relaxed: astray, it may name a segment not yet seen. */
		index = atomic_load_explicit(&m->next, memory_order_relaxed);
	}
	return objects;
}

/*
 * One pass over one stack of a scan: adds its tag to *tags.  Returns whether it
 * is empty.
 */
static inline bool
stack_scan(const struct stack *s, uint64_t *tags)
{
	/* S12 acquire: pairs with S5 and S8, for the scan's second pass. */
	uint64_t word = atomic_load_explicit(&s->head, memory_order_acquire);

	*tags += tag_of(word);
	return tag_index(word) == 0;
}

#endif
