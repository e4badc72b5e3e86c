/* SPDX-License-Identifier: MIT */
/*
 * Vector clocks a granule of four bytes, which no two threads may share if they
 * use smaller parts of it.  What was done before the threads started, or on a
 * thread's own stack, is in order.
 */
#include "race.h"

#include <stdint.h>

#include "arena.h"
#include "hash.h"
#include "machine.h"
#include "memory.h"

#define GRANULE 4u
#define CELLS_MAX 16384u

enum kind { READ, WRITE, ATOMIC_READ, ATOMIC_WRITE, N_KINDS };

static const char *const kind_names[N_KINDS] = { "read", "write", "atomic read",
						 "atomic write" };

/* The last access of each kind by each thread; of this epoch only. */
static struct cell {
	uintptr_t granule;
	unsigned epoch;
	struct clock last[N_KINDS];
} table[CELLS_MAX];
static unsigned n_cells;
static unsigned counted_epoch;

static struct cell *
find(uintptr_t granule)
{
	unsigned i =
		hash_address((const void *)(granule * GRANULE)) % CELLS_MAX;

	if (counted_epoch != machine.epoch) {
		counted_epoch = machine.epoch;
		n_cells = 0;
	}
	while (table[i].epoch == machine.epoch && table[i].granule != granule)
		i = (i + 1) % CELLS_MAX;
	if (table[i].epoch != machine.epoch) {
		if (++n_cells > CELLS_MAX / 2)
			interleave_fail("too much plain memory");
		table[i] = (struct cell){ .granule = granule,
					  .epoch = machine.epoch };
	}
	return &table[i];
}

static bool
conflict(enum kind a, enum kind b)
{
	bool writes = a % 2 == 1 || b % 2 == 1;
	bool plain = a < ATOMIC_READ || b < ATOMIC_READ;

	return writes && plain;
}

static void
look(struct cell *cell, enum kind kind)
{
	const struct clock *seen = &machine_thread()->clock;

	for (enum kind other = 0; other < N_KINDS; other++)
		for (unsigned i = 1;
		     conflict(kind, other) && i <= machine.n_threads; i++)
			if (!clock_covers(seen, i, cell->last[other].of[i]))
				interleave_fail(
					"data race at %p: %s by thread %u, %s "
					"by thread %u",
					(void *)(cell->granule * GRANULE),
					kind_names[kind], machine.self,
					kind_names[other], i);
	cell->last[kind].of[machine.self] = seen->of[machine.self];
}

static void
announce(const volatile void *address, size_t bytes, enum kind kind)
{
	uintptr_t at = (uintptr_t)address;

	if (bytes == 0 || machine_on_stack((const void *)address))
		return;
	arena_check(address, bytes);
	if (machine.self == 0)
		return;
	for (uintptr_t granule = at / GRANULE;
	     granule <= (at + bytes - 1) / GRANULE; granule++) {
		look(find(granule), kind);
		if (kind == WRITE)
			memory_overwrite((const void *)(granule * GRANULE));
	}
}

void
race_read(const volatile void *address, size_t bytes)
{
	announce(address, bytes, READ);
}

void
race_write(const volatile void *address, size_t bytes)
{
	announce(address, bytes, WRITE);
}

void
race_atomic(const volatile void *address, size_t bytes, bool writes)
{
	announce(address, bytes, writes ? ATOMIC_WRITE : ATOMIC_READ);
}
