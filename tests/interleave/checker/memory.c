/* SPDX-License-Identifier: MIT */
/*
 * C11's memory model without load buffering.  The order of the modifications of
 * an object is that of their execution.  A load may return an older store if
 * nothing that happened before hides it: a newer store, or a load that saw a
 * newer one.  An acquire load joins the clock that the store released, also
 * through the read-modify-writes in between.
 *
 * seq_cst is a little too strong: a load sees no store older than the newest
 * one of that order.  Nothing in the pool uses it.
 */
#include "memory.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "choice.h"
#include "hash.h"
#include "machine.h"
#include "race.h"
#include "trace.h"

#define HISTORY 12u
#define LOCATIONS_MAX 1024u

/* Invariant: seen.of[i] is thread i's first step that knew of it, or 0. */
struct store {
	uint64_t value;
	unsigned thread;
	uint32_t stamp;
	bool sequential;
	struct clock released;
	struct clock seen;
};

/* A ring of the last stores; of this epoch only. */
struct location {
	const volatile void *address;
	unsigned epoch;
	unsigned n;
	unsigned newest;
	struct store stores[HISTORY];
};

static struct location locations[LOCATIONS_MAX];
static unsigned n_locations;
static unsigned counted_epoch;

void (*memory_watcher)(const volatile void *address, uint64_t value);

static bool
acquires(int order)
{
	return order != memory_order_relaxed && order != memory_order_release;
}

static bool
releases(int order)
{
	return order == memory_order_release || order == memory_order_acq_rel ||
	       order == memory_order_seq_cst;
}

static uint64_t
raw_load(const volatile void *address, unsigned bytes)
{
	uint64_t value = 0;

	memcpy(&value, (const void *)address, bytes);
	return value;
}

static void
raw_store(volatile void *address, unsigned bytes, uint64_t value)
{
	memcpy((void *)address, &value, bytes);
}

static uint64_t
cut(uint64_t value, unsigned bytes)
{
	return bytes < 8 ? value & ((UINT64_C(1) << bytes * 8) - 1) : value;
}

/* The store that is `age` stores old. */
static struct store *
store_at(struct location *location, unsigned age)
{
	return &location->stores[(location->newest + HISTORY - age) % HISTORY];
}

/* Of this epoch; or one to be used for it, with n == 0. */
static struct location *
look_up(const volatile void *address)
{
	unsigned i = hash_address(address) % LOCATIONS_MAX;

	if (counted_epoch != machine.epoch) {
		counted_epoch = machine.epoch;
		n_locations = 0;
	}
	while (locations[i].epoch == machine.epoch &&
	       locations[i].address != address)
		i = (i + 1) % LOCATIONS_MAX;
	if (locations[i].epoch != machine.epoch)
		locations[i].n = 0;
	return &locations[i];
}

static struct location *
find(const volatile void *address, unsigned bytes)
{
	struct location *location = look_up(address);

	if (location->epoch != machine.epoch) {
		if (++n_locations > LOCATIONS_MAX / 2)
			interleave_fail("more than %u atomic objects",
					LOCATIONS_MAX / 2);
		location->address = address;
		location->epoch = machine.epoch;
	}
	if (location->n == 0) {
		location->n = 1;
		location->newest = 0;
		location->stores[0] =
			(struct store){ .value = raw_load(address, bytes) };
	}
	return location;
}

/* If it races with atomic accesses, that has been reported. */
void
memory_overwrite(const volatile void *address)
{
	look_up(address)->n = 0;
}

/* The thread that runs reads the store. */
static uint64_t
take(struct store *store, int order)
{
	struct thread *thread = machine_thread();

	if (store->seen.of[machine.self] == 0)
		store->seen.of[machine.self] = thread->clock.of[machine.self];
	if (acquires(order))
		clock_join(&thread->clock, &store->released);
	return store->value;
}

static bool
hides_older(const struct store *store, int order)
{
	const struct clock *clock = &machine_thread()->clock;

	if (clock_covers(clock, store->thread, store->stamp) ||
	    (order == memory_order_seq_cst && store->sequential))
		return true;
	for (unsigned i = 1; i <= machine.n_threads; i++)
		if (store->seen.of[i] &&
		    clock_covers(clock, i, store->seen.of[i]))
			return true;
	return false;
}

/* One of the stores that are visible. */
static unsigned
choose_age(struct location *location, int order)
{
	unsigned oldest = 0;

	if (choice_may_be_stale(machine.stale))
		while (oldest + 1 < location->n &&
		       !hides_older(store_at(location, oldest), order))
			oldest++;
	unsigned age = choice_take(oldest + 1, 80);

	if (age > 0)
		machine.stale++;
	return age;
}

static void
put(struct location *location, volatile void *address, unsigned bytes,
    uint64_t value, int order, bool modifies)
{
	const struct thread *thread = machine_thread();
	struct store store = {
		.value = value,
		.thread = machine.self,
		.stamp = thread->clock.of[machine.self],
		.sequential = order == memory_order_seq_cst,
	};

	if (modifies) /* the release sequence goes on */
		store.released = store_at(location, 0)->released;
	if (releases(order))
		clock_join(&store.released, &thread->clock);
	store.seen.of[machine.self] = store.stamp;
	if (location->n < HISTORY)
		location->n++;
	location->newest = (location->newest + 1) % HISTORY;
	*store_at(location, 0) = store;
	raw_store(address, bytes, value);
	if (memory_watcher)
		memory_watcher(address, value);
	if (releases(order)) /* what follows was not released */
		machine_step();
}

/*
 * A point of choice; then the object.  NULL: nobody else runs, or the object is
 * on the thread's own stack, where frames come and go.
 */
static struct location *
begin(const volatile void *address, unsigned bytes, bool writes)
{
	bool own = !machine.self || machine_on_stack((const void *)address);

	if (!own)
		machine_point((const void *)address);
	race_atomic(address, bytes, writes);
	if (own) {
		machine_count();
		return NULL;
	}
	machine_step();
	return find(address, bytes);
}

uint64_t
memory_load(const volatile void *address, unsigned bytes, int order)
{
	struct location *location = begin(address, bytes, false);

	if (!location)
		return raw_load(address, bytes);
	unsigned age = choose_age(location, order);
	uint64_t value = take(store_at(location, age), order);

	trace_add("load", address, value, age);
	return value;
}

void
memory_store(volatile void *address, unsigned bytes, uint64_t value, int order)
{
	struct location *location = begin(address, bytes, true);

	value = cut(value, bytes);
	if (!location) {
		raw_store(address, bytes, value);
		return;
	}
	put(location, address, bytes, value, order, false);
	trace_add("store", address, value, 0);
}

static uint64_t
apply(enum operation operation, uint64_t old, uint64_t value)
{
	switch (operation) {
	case EXCHANGE:
		return value;
	case ADD:
		return old + value;
	case SUBTRACT:
		return old - value;
	case OR:
		return old | value;
	case AND:
		return old & value;
	case XOR:
		return old ^ value;
	case NAND:
		return ~(old & value);
	}
	interleave_fail("operation %d", (int)operation);
}

uint64_t
memory_modify(volatile void *address, unsigned bytes, enum operation operation,
	      uint64_t value, int order)
{
	struct location *location = begin(address, bytes, true);
	uint64_t old = location ? take(store_at(location, 0), order)
				: raw_load(address, bytes);

	value = cut(apply(operation, old, value), bytes);
	if (!location) {
		raw_store(address, bytes, value);
		return old;
	}
	put(location, address, bytes, value, order, true);
	trace_add("modify", address, value, 0);
	return old;
}

static bool
fails_for_no_reason(bool weak)
{
	bool may = weak && choice_may_fail(machine.spurious);

	if (!weak || !choice_take(may ? 2 : 1, 90))
		return false;
	machine.spurious++;
	return true;
}

bool
memory_compare_exchange(volatile void *address, unsigned bytes,
			uint64_t *expected, uint64_t desired, int success,
			int failure, bool weak)
{
	struct location *location = begin(address, bytes, true);

	desired = cut(desired, bytes);
	if (!location) {
		uint64_t value = raw_load(address, bytes);
		bool same = value == *expected;

		raw_store(address, bytes, same ? desired : value);
		*expected = value;
		return same;
	}
	unsigned age = 0;

	if (store_at(location, 0)->value == *expected) {
		if (!fails_for_no_reason(weak)) {
			take(store_at(location, 0), success);
			put(location, address, bytes, desired, success, true);
			trace_add("exchange", address, desired, 0);
			return true;
		}
	} else {
		age = choose_age(location, failure);
		if (store_at(location, age)->value == *expected)
			age = 0;
	}
	*expected = take(store_at(location, age), failure);
	trace_add("fail", address, *expected, age);
	return false;
}
