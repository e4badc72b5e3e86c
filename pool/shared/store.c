/* SPDX-License-Identifier: MIT */
/*
 * Making and freeing magazines.  Slots come in segments that double in size and
 * stay; slots without a body wait on a tagged stack of their own.
 */
#include "store.h"

#include <assert.h>
#include <string.h>

static size_t
segment_bytes(unsigned segment)
{
	return ((size_t)MAGAZINE_FIRST << segment) * sizeof(struct magazine);
}

static size_t
body_bytes(const struct store *store)
{
	return store->magazine_size * sizeof(void *);
}

int
dp__store_init(struct store *store, struct source *source,
	       uint32_t magazine_size)
{
	/* Plain: nobody else has the store yet. */
	memset(&store->table, 0, sizeof(store->table));
	store->source = source;
	store->magazine_size = magazine_size;
	atomic_init(&store->n_slots, 0);
	atomic_init(&store->unused.head, 0);
	return -pthread_mutex_init(&store->lock, NULL);
}

void
dp__store_fini(struct store *store)
{
	for (uint32_t i = 1; i <= dp__store_slots(store); i++) {
		struct magazine *m = magazine_at(&store->table, i);

		if (m->body)
			dp__source_free(store->source, m->body);
	}
	for (unsigned s = 0; s < MAGAZINE_SEGMENTS; s++) {
		/* M5 relaxed: nobody else is here. */
		struct magazine *segment = atomic_load_explicit(
			&store->table.segments[s], memory_order_relaxed);

		if (segment)
			dp__source_free(store->source, segment);
	}
	pthread_mutex_destroy(&store->lock);
}

/* pre: the lock is held.  Returns NULL if out of memory or of indices. */
static struct magazine *
add_slot_locked(struct store *store)
{
	if (dp__store_slots(store) == MAGAZINE_INDEX_MAX)
		return NULL;

	uint32_t index = dp__store_slots(store) + 1;
	struct magazine_place place = magazine_place(index);

	if (place.offset == 0) {
		size_t bytes = segment_bytes(place.segment);
		struct magazine *segment =
			dp__source_alloc(store->source, bytes, CPU_LINE_BYTES);

		if (!segment)
			return NULL;
		/* Plain: M6 publishes it. */
		memset(segment, 0, bytes);
		/* M6 release: pairs with M1.  Publishes the zeroed slots. */
		atomic_store_explicit(&store->table.segments[place.segment],
				      segment, memory_order_release);
	}
	/* M8 relaxed: by the lock; a number for everybody else. */
	atomic_store_explicit(&store->n_slots, index, memory_order_relaxed);
	struct magazine *m = magazine_at(&store->table, index);

	m->index = index;
	return m;
}

static struct magazine *
add_slot(struct store *store)
{
	pthread_mutex_lock(&store->lock);
	struct magazine *m = add_slot_locked(store);
	pthread_mutex_unlock(&store->lock);
	return m;
}

uint32_t
dp__store_slots(const struct store *store)
{
	/* M9 relaxed: by the lock, or a number. */
	return atomic_load_explicit(&store->n_slots, memory_order_relaxed);
}

/*
 * Slots are never fewer, but may be read as of earlier than the stack.
 */
uint32_t
dp__store_bodies(const struct store *store)
{
	uint32_t unused = stack_depth(&store->unused, &store->table);
	uint32_t slots = dp__store_slots(store);

	return slots > unused ? slots - unused : 0;
}

struct magazine *
dp__store_make(struct store *store)
{
	uint32_t retries;
	struct magazine *m = stack_pop(&store->unused, &store->table, &retries);

	if (!m)
		m = add_slot(store);
	if (!m)
		return NULL;
	assert(!m->body);
	m->body = dp__source_alloc(store->source, body_bytes(store),
				   CPU_LINE_BYTES);
	if (!m->body) {
		stack_push(&store->unused, &store->table, m);
		return NULL;
	}
	magazine_set_count(m, 0);
	return m;
}

void
dp__store_free(struct store *store, struct magazine *m)
{
	assert(m->body);
	dp__source_free(store->source, m->body);
	m->body = NULL;
	stack_push(&store->unused, &store->table, m);
}
