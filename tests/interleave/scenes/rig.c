/* SPDX-License-Identifier: MIT */
/* The lock-free backends, and mutex, which has no stacks to watch. */
#include "rig.h"

#include <string.h>

#include "emptiness.h"
#include "lending.h"

struct rig rig;

void
rig_begin(unsigned n_full)
{
	struct dp_config config = { .object_size = 8, .object_align = 8 };

	lending_begin();
	emptiness_begin();
	memset(&rig, 0, sizeof(rig));
	dp__source_init(&rig.source, &config);
	dp__store_init(&rig.store, &rig.source, RIG_MAGAZINE_SIZE);
	dp__backend_init(&rig.backend, &rig.store);
	for (unsigned i = 0; i < RIG_MAGAZINES; i++) {
		struct magazine *m = dp__store_make(&rig.store);
		uint32_t count = i < n_full ? RIG_MAGAZINE_SIZE : 1;

		magazine_set_count(m, i == RIG_MAGAZINES - 1 ? 0 : count);
		lending_add(m->body);
		rig.magazines[i] = m;
	}
}

static void
give(struct seat *seat, struct magazine *m)
{
	lending_put(m->body);
	if (magazine_count(m) == 0)
		dp__backend_give_empty(&rig.backend, seat, m);
	else
		dp__backend_give(&rig.backend, seat, m);
}

void
rig_put_in(unsigned i, int cpu)
{
	struct seat seat;

	dp__backend_join(&rig.backend, &seat);
	dp__backend_place(&seat, cpu);
	give(&seat, rig.magazines[i]);
}

static void
watch(const struct stack *stack)
{
	emptiness_watch(stack, stack_depth(stack, &rig.store.table));
}

void
rig_watch(void)
{
#ifdef RACK_MAGAZINES
	for (uint32_t i = 0; i < rig.backend.racks.n; i++)
		watch(&rig.backend.racks.rack[i].full.stack);
#endif
	watch(&rig.backend.depot.full.stack);
	watch(&rig.backend.depot.partial);
}

void
rig_watch_empties(void)
{
#ifdef RACK_MAGAZINES
	for (uint32_t i = 0; i < rig.backend.racks.n; i++)
		watch(&rig.backend.racks.rack[i].empty);
#endif
	watch(&rig.backend.depot.empty);
}

void
rig_give(struct seat *seat, struct magazine *m)
{
	if (m)
		give(seat, m);
}

struct magazine *
rig_take(struct seat *seat)
{
	struct clock call = emptiness_call();
	struct magazine *m = dp__backend_take(&rig.backend, seat);

	if (m)
		lending_take(m->body);
	else
		emptiness_answer(&call);
	return m;
}

struct magazine *
rig_take_empty(struct seat *seat)
{
	struct clock call = emptiness_call();
	struct magazine *m = dp__backend_take_empty(&rig.backend, seat);

	if (m)
		lending_take(m->body);
	else
		emptiness_answer(&call);
	return m;
}

struct magazine *
rig_claim(unsigned i)
{
	lending_claim(rig.magazines[i]->body, 0);
	return rig.magazines[i];
}

void
rig_end(void)
{
	struct magazine *m;
	struct seat seat;
	uint64_t objects = 0, counted = dp__backend_count(&rig.backend);

	while ((m = dp__backend_drain(&rig.backend))) {
		lending_take(m->body);
		objects += magazine_count(m);
	}
	INTERLEAVE_REQUIRE(objects == counted);
	dp__backend_join(&rig.backend, &seat);
	while ((m = dp__backend_take_empty(&rig.backend, &seat)))
		lending_take(m->body);
	INTERLEAVE_REQUIRE(lending_held() == RIG_MAGAZINES);
}
