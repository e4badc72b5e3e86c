/* SPDX-License-Identifier: MIT */
/*
 * Racks: for each CPU number a shelf of full magazines and a stack of empty
 * ones, in front of a depot.
 *
 * All threads may use all of them; why any number will do: backend_percpu.c.
 * Emptiness: each rack has a head of its own, so "nothing there" is an answer
 * about all of them and the depot, see stack.h.
 */
#ifndef RACKS_H
#define RACKS_H

#include "depot.h"

/*
 * Of each kind in a rack.  Enough that a balanced load's ups and downs stay in
 * it.  More costs no footprint, but leaves more objects cold and to be stolen
 * one by one.
 */
#ifndef RACK_MAGAZINES
#define RACK_MAGAZINES 16u
#endif

/*
 * Invariant: magazines on `full` hold M objects, on `empty` none.  Any thread;
 * mostly those that run on the rack's CPU.
 */
struct rack {
	_Alignas(CPU_APART_BYTES) struct shelf full;
	struct stack empty;
};

/* Constant but for what is in them. */
struct racks {
	struct rack *rack;
	uint32_t n; /* a power of two */
};

static inline void
racks_init(struct racks *racks, struct rack *rack, uint32_t n)
{
	*racks = (struct racks){ rack, n };
	for (uint32_t i = 0; i < n; i++) {
		shelf_init(&rack[i].full);
		atomic_init(&rack[i].empty.head, 0);
	}
}

/* The i-th rack from that of the number on, round about. */
static inline struct rack *
racks_at(const struct racks *racks, uint32_t number, uint32_t i)
{
	return &racks->rack[(number + i) & (racks->n - 1)];
}

/* Does the stack of a rack take one more? */
static inline bool
rack_has_room(const struct stack *stack, const struct magazine_table *table)
{
	return stack_depth(stack, table) < RACK_MAGAZINES;
}

/* A full one of another rack, the nearest first. */
static inline struct magazine *
racks_steal(const struct racks *racks, uint32_t own,
	    const struct magazine_table *table, struct counts *counts)
{
	struct magazine *m = NULL;

	for (uint32_t i = 1; i < racks->n && !m; i++)
		m = shelf_take(&racks_at(racks, own, i)->full, table, counts);
	return m;
}

/* An empty one, likewise. */
static inline struct magazine *
racks_steal_empty(const struct racks *racks, uint32_t own,
		  const struct magazine_table *table, struct counts *counts)
{
	struct magazine *m = NULL;

	for (uint32_t i = 1; i < racks->n && !m; i++)
		m = depot_pop(&racks_at(racks, own, i)->empty, table, counts);
	return m;
}

/* One pass for emptiness, see stack_scan(). */
static inline bool
racks_scan(const struct racks *racks, const struct depot *depot, uint64_t *tags)
{
	for (uint32_t i = 0; i < racks->n; i++)
		if (!stack_scan(&racks->rack[i].full.stack, tags))
			return false;
	return depot_scan(depot, tags);
}

/* Was there an instant at which neither racks nor depot had an object? */
static inline bool
racks_are_empty(const struct racks *racks, const struct depot *depot)
{
	uint64_t first = 0, second = 0;

	return racks_scan(racks, depot, &first) &&
	       racks_scan(racks, depot, &second) && first == second;
}

/* As racks_scan(), for empty magazines. */
static inline bool
racks_scan_empties(const struct racks *racks, const struct depot *depot,
		   uint64_t *tags)
{
	for (uint32_t i = 0; i < racks->n; i++)
		if (!stack_scan(&racks->rack[i].empty, tags))
			return false;
	return stack_scan(&depot->empty, tags);
}

/* Was there an instant at which neither racks nor depot had an empty one? */
static inline bool
racks_lack_empties(const struct racks *racks, const struct depot *depot)
{
	uint64_t first = 0, second = 0;

	return racks_scan_empties(racks, depot, &first) &&
	       racks_scan_empties(racks, depot, &second) && first == second;
}

/* Full magazines that nobody needed; a new interval begins. */
static inline uint64_t
racks_unneeded(const struct racks *racks, const struct magazine_table *table)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < racks->n; i++)
		n += shelf_unneeded(&racks->rack[i].full, table);
	return n;
}

/* Full magazines; each rack's number was so at an instant of its own. */
static inline uint64_t
racks_count(const struct racks *racks, const struct magazine_table *table)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < racks->n; i++)
		n += stack_depth(&racks->rack[i].full.stack, table);
	return n;
}

/* Empty ones, likewise. */
static inline uint64_t
racks_count_empties(const struct racks *racks,
		    const struct magazine_table *table)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < racks->n; i++)
		n += stack_depth(&racks->rack[i].empty, table);
	return n;
}

#endif
