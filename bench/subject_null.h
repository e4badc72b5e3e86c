/* SPDX-License-Identifier: MIT */
/*
 * The subject is the least that could do: the floor of transport and touching.
 * Where objects stay with their worker, a plain array stack of its own.  Where
 * they cross, each borrower lends objects of its own in turn, in random order,
 * exactly as many as can be in flight from it, and a return does nothing.  So
 * there every object goes from its borrower to a returner, and is fetched back
 * when its turn has come.
 */
#ifndef SUBJECT_NULL_H
#define SUBJECT_NULL_H

#include <errno.h>

#include "apart.h"
#include "random.h"
#include "subject.h"

/*
 * A worker's objects.  Where they stay, objects[0 .. n) are free; where they
 * cross, objects[n] is next.  Owner: the worker, across all its threads.
 */
struct subject_stack {
	_Alignas(CPU_APART_BYTES) void **objects;
	size_t n;
	size_t count;
	unsigned char *memory;
};

/* Invariant: objects[0 .. count) of a stack lie in its memory. */
struct subject {
	unsigned workers;
	size_t constructed;
	struct subject_stack stacks[WORKLOAD_WORKERS_MAX];
};

struct subject_worker {
	struct subject_stack *stack;
};

static inline const char *
subject_name(void)
{
	return "null";
}

static inline bool
subject_leaks(void)
{
	return false;
}

/* Makes the objects in random order; false: out of memory. */
static inline bool
subject_fill(struct subject_stack *stack, size_t count, size_t object_bytes,
	     uint64_t random)
{
	size_t stride_bytes = (object_bytes + 15) / 16 * 16;

	stack->memory = apart_alloc(count * stride_bytes);
	stack->objects = apart_alloc(count * sizeof(void *));
	if (stack->memory == NULL || stack->objects == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t other = random_next(&random) % (i + 1);

		stack->objects[i] = stack->objects[other];
		stack->objects[other] = stack->memory + i * stride_bytes;
	}
	stack->count = count;
	return true;
}

static inline int
subject_close(struct subject *s)
{
	for (unsigned i = 0; i < s->workers; i++) {
		free(s->stacks[i].memory);
		free(s->stacks[i].objects);
	}
	return 0;
}

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	unsigned borrowers = workload_borrowers(w);
	size_t each = in_use_ceiling / borrowers;

	memset(s, 0, sizeof(*s));
	s->workers = w->workers;
	s->constructed = each * borrowers;
	for (unsigned i = 0; i < borrowers; i++) {
		struct subject_stack *stack = &s->stacks[i];

		if (!subject_fill(stack, each, w->object_bytes,
				  random_seed(w->seed, ~(uint64_t)i))) {
			subject_close(s);
			return -ENOMEM;
		}
		stack->n = workload_crosses(w) ? 0 : each;
	}
	return 0;
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *s, unsigned index)
{
	worker->stack = &s->stacks[index];
	return 0;
}

static inline void
subject_detach(struct subject_worker worker)
{
	(void)worker;
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct subject_stack *stack = worker.stack;
	void *object;

	if (!crosses)
		return stack->objects[--stack->n];
	object = stack->objects[stack->n];
	stack->n = stack->n + 1 < stack->count ? stack->n + 1 : 0;
	return object;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	if (!crosses)
		worker.stack->objects[worker.stack->n++] = object;
}

static inline void
subject_stats(struct subject *s, struct subject_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->counted = true;
	stats->constructed = s->constructed;
	stats->cached = s->constructed;
}

static inline size_t
subject_bound(struct subject *s, size_t peak_in_use)
{
	(void)s;
	(void)peak_in_use;
	return SIZE_MAX;
}

static inline void
subject_trim(struct subject *s)
{
	(void)s;
}

static inline bool
subject_borrow_exchanges(struct subject_worker worker)
{
	(void)worker;
	return false;
}

static inline bool
subject_return_exchanges(struct subject_worker worker)
{
	(void)worker;
	return false;
}

static inline void
subject_place(struct subject_worker worker, int cpu)
{
	(void)worker;
	(void)cpu;
}

#endif
