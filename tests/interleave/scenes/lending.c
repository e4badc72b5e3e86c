/* SPDX-License-Identifier: MIT */
/* The oracle of lending, and a source of objects that it watches. */
#include "lending.h"

#include "checker/arena.h"
#include "checker/lock.h"
#include "checker/machine.h"
#include "checker/race.h"
#include "memory/arenas.h"

#define THINGS_MAX 128u
#define NOBODY 99u

/* Invariant: holder is a thread, also thread 0, or NOBODY. */
static struct thing {
	void *address;
	unsigned holder;
	bool gone;
} things[THINGS_MAX];
static unsigned n_things;
static unsigned n_gone;

static struct {
	int now;
	int peak;
	int more; /* below 0: no bound */
} use;

void
lending_begin(void)
{
	n_things = 0;
	n_gone = 0;
	use.now = 0;
	use.peak = 0;
	use.more = -1;
}

static struct thing *
find(const void *address)
{
	for (unsigned i = n_things; i-- > 0;)
		if (things[i].address == address)
			return &things[i];
	interleave_fail("%p is no thing that is lent", address);
}

void
lending_add(void *thing)
{
	if (n_things == THINGS_MAX)
		interleave_fail("more than %u things", THINGS_MAX);
	things[n_things++] =
		(struct thing){ .address = thing, .holder = machine.self };
	race_write(thing, LENDING_BYTES);
}

static void
move(void *thing, unsigned from, unsigned to)
{
	struct thing *t = find(thing);

	if (t->gone)
		interleave_fail("a thing is used that was given up");
	if (t->holder != from && from == NOBODY)
		interleave_fail("a thing is lent to thread %u, but thread %u "
				"has it",
				to, t->holder);
	if (t->holder != from)
		interleave_fail("a thing is put down that is not held");
	t->holder = to;
	race_write(thing, LENDING_BYTES);
}

void
lending_take(void *thing)
{
	move(thing, NOBODY, machine.self);
}

void
lending_put(void *thing)
{
	move(thing, machine.self, NOBODY);
}

void
lending_claim(void *thing, unsigned from)
{
	move(thing, from, machine.self);
}

void
lending_remove(void *thing)
{
	struct thing *t = find(thing);

	if (t->gone)
		interleave_fail("a thing is given up twice");
	if (t->holder != NOBODY && t->holder != machine.self)
		interleave_fail("a thing is given up that thread %u has",
				t->holder);
	race_write(thing, LENDING_BYTES);
	t->gone = true;
	n_gone++;
}

unsigned
lending_things(void)
{
	return n_things - n_gone;
}

unsigned
lending_held(void)
{
	unsigned held = 0;

	for (unsigned i = 0; i < n_things; i++)
		held += !things[i].gone && things[i].holder != NOBODY;
	return held;
}

void
lending_use(int n)
{
	use.now += n;
	if (use.peak < use.now)
		use.peak = use.now;
}

void
lending_bound(unsigned more)
{
	use.more = (int)more;
}

/* --- The source ---------------------------------------------------------- */

void
dp__source_init(struct source *source, const struct dp_config *config)
{
	*source = (struct source){
		.object_bytes = config->object_size,
		.object_align = config->object_align,
	};
}

void
dp__source_close(struct source *source)
{
	(void)source;
}

void
dp__source_fini(struct source *source)
{
	(void)source;
}

void *
dp__source_alloc(struct source *source, size_t bytes, size_t align)
{
	(void)source;
	return arena_alloc(bytes, align);
}

void
dp__source_free(struct source *source, void *memory)
{
	(void)source;
	arena_free(memory);
}

/* Constructors and destructors may use the pool, so nobody holds a lock. */
static void
require_no_lock(void)
{
	if (interleave_locks_held() > 0 || lock_reads())
		interleave_fail("an object is made or given up under a lock, "
				"or in a section");
}

void *
dp__source_construct(struct source *source)
{
	void *object = arena_alloc(source->object_bytes, source->object_align);

	require_no_lock();
	lending_add(object);
	lending_put(object);
	if (use.more >= 0 && (int)lending_things() > use.peak + use.more)
		interleave_fail("%u objects, but %d in use at most, and %d "
				"more allowed",
				lending_things(), use.peak, use.more);
	return object;
}

void
dp__source_destruct(struct source *source, void *object)
{
	(void)source;
	require_no_lock();
	lending_remove(object);
	arena_free(object);
}

void
dp__source_purge(struct source *source)
{
	(void)source;
}

void
dp__arenas_lock(void)
{
}

void
dp__arenas_unlock(void)
{
}
