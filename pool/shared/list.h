/* SPDX-License-Identifier: MIT */
/*
 * A list of magazines for one thread at a time, last in, first out: under a
 * lock, in a seat, in a caller's hands.  It uses the slots' `next`, so that a
 * magazine is on one list or stack at most.
 */
#ifndef LIST_H
#define LIST_H

#include "magazine.h"

/* Invariant: `length` magazines hang from `head` by their next. */
struct list {
	uint32_t head; /* index, 0: none */
	uint32_t length;
	uint64_t objects; /* the sum of their counts */
};

/* pre: m is the caller's own */
static inline void
list_push(struct list *list, struct magazine *m)
{
	/* L1 relaxed: a slow pop of another stack may read it, in vain. */
	atomic_store_explicit(&m->next, list->head, memory_order_relaxed);
	list->head = m->index;
	list->length++;
	list->objects += magazine_count(m);
}

static inline struct magazine *
list_pop(struct list *list, const struct magazine_table *table)
{
	if (list->head == 0)
		return NULL;
	struct magazine *m = magazine_at(table, list->head);

	/* L2 relaxed: written under the same lock or by this thread. */
	list->head = atomic_load_explicit(&m->next, memory_order_relaxed);
	list->length--;
	list->objects -= magazine_count(m);
	return m;
}

#endif
