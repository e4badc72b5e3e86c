/* SPDX-License-Identifier: MIT */
/*
 * The subject is the least that could do: the floor of transport and touching.
 * Where objects stay with their worker, an array stack of its own.  Where they
 * cross, each borrower lends its objects in turn, in random order, as many as
 * can be in flight from it; a return does nothing.  So every object goes from
 * its borrower to a returner, and is fetched back when its turn has come.
 */
#ifndef SUBJECT_NULL_H
#define SUBJECT_NULL_H

#include <errno.h>
#include <string.h>

#include "base/apart.h"
#include "base/random.h"
#include "subject.h"

/* A worker's.  Objects that stay: objects[0 .. n) are free; that cross:
 * objects[n] is next.  Owner: the worker, across all its threads. */
struct subject_stack {
	_Alignas(CPU_APART_BYTES) void **objects;
	size_t n;
	size_t count;
};

/* Invariant: objects[0 .. count) of a stack lie in memory, a part each. */
struct subject {
	size_t constructed;
	unsigned char *memory, *tables; /* objects, and objects[] */
	struct subject_stack stacks[WORKLOAD_WORKERS_MAX];
};

struct subject_worker {
	struct subject_stack *stack;
};

SUBJECT_NO_POOL
SUBJECT_KEEPS

static inline const char *
subject_name(void)
{
	return "null";
}

static inline int
subject_close(struct subject *s)
{
	free(s->memory);
	free(s->tables);
	return 0;
}

static inline int
subject_open(struct subject *s, const struct workload *w, size_t in_use_ceiling)
{
	size_t each = in_use_ceiling / workload_borrowers(w);
	size_t stride_bytes = (w->object_bytes + 15) / 16 * 16;
	size_t table_bytes = apart_round(each * sizeof(void *));
	unsigned char *table, *object;

	memset(s, 0, sizeof(*s));
	s->constructed = each * workload_borrowers(w);
	s->memory = object = apart_alloc(s->constructed * stride_bytes);
	s->tables = table = apart_alloc(workload_borrowers(w) * table_bytes);
	if (object == NULL || table == NULL)
		return subject_close(s) - ENOMEM;
	for (unsigned i = 0; i < workload_borrowers(w); i++) {
		uint64_t random = random_seed(w->seed, ~(uint64_t)i);
		void **objects = (void *)(table + i * table_bytes);

		for (size_t k = 0; k < each; k++, object += stride_bytes) {
			size_t other = random_next(&random) % (k + 1);

			objects[k] = objects[other];
			objects[other] = object;
		}
		s->stacks[i] = (struct subject_stack){
			objects, workload_crosses(w) ? 0 : each, each
		};
	}
	return 0;
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *s, unsigned index)
{
	worker->stack = &s->stacks[index];
	return 0;
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct subject_stack *stack = worker.stack;
	void *object = stack->objects[crosses ? stack->n : --stack->n];

	if (!crosses)
		return object;
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

#endif
