/* SPDX-License-Identifier: MIT */
/* The lock-free backends: what is lent, what is lost, what is "nothing". */
#include "checker/interleave.h"
#include "lending.h"
#include "rig.h"

/* A CPU number that no machine has; its low bits name the last rack. */
#define FAR_CPU 0x7fffffff

/* --- What threads do ----------------------------------------------------- */

static struct seat
seat_on(int cpu)
{
	struct seat seat;

	dp__backend_join(&rig.backend, &seat);
	dp__backend_place(&seat, cpu);
	return seat;
}

static void
take_give(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_give(&seat, rig_take(&seat));
}

/* On a CPU of its own it is served there. */
static void
take_give_near(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_give(&seat, rig_take(&seat));
#ifdef RACK_MAGAZINES
	INTERLEAVE_REQUIRE(counts_get(&seat.counts, RACK_HITS) == 2);
#endif
}

static void
take_only(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_take(&seat);
}

/* So that at every instant one is inside: gives first, then takes. */
static void
give_take(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_give(&seat, rig_claim(1));
	rig_take(&seat);
}

static struct magazine *
take_partial(struct seat *seat)
{
	struct magazine *m = dp__backend_take_partial(&rig.backend, seat);

	if (m)
		lending_take(m->body);
	return m;
}

/* A full one comes, the partial one goes. */
static void
give_take_partial(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_give(&seat, rig_claim(1));
	take_partial(&seat);
}

/* The same, and back, and so on: one of the two is always inside. */
static void
give_take_in_turns(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);
	struct magazine *m = rig_claim(1);

	for (int turn = 0; turn < 5; turn++) {
		rig_give(&seat, m);
		m = turn % 2 ? rig_take(&seat) : take_partial(&seat);
	}
}

static void
take_take_give_give(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);
	struct magazine *a = rig_take(&seat);
	struct magazine *b = rig_take(&seat);

	rig_give(&seat, a);
	rig_give(&seat, b);
}

static void
give_2(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_give(&seat, rig_claim(2));
}

static void
take_partial_give(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_give(&seat, take_partial(&seat));
}

static void
take_empty_give(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);
	struct magazine *m = dp__backend_take_empty(&rig.backend, &seat);

	if (m)
		lending_take(m->body);
	rig_give(&seat, m);
}

static void
take_empty_only(void *cpu)
{
	struct seat seat = seat_on(*(int *)cpu);

	rig_take_empty(&seat);
}

/* One is inside at every instant: it comes here, another goes, and so on. */
static void
move_empties(void *cpu)
{
	struct seat seats[] = { seat_on(((int *)cpu)[0]),
				seat_on(((int *)cpu)[1]) };
	struct magazine *m = rig_claim(1);

	magazine_set_count(m, 0);
	for (int turn = 0; turn < 5 && m; turn++) {
		rig_give(&seats[turn % 2], m);
		m = rig_take_empty(&seats[(turn + 1) % 2]);
	}
}

static void
count(void *unused)
{
	(void)unused;
	uint64_t most = (uint64_t)RIG_MAGAZINES * RIG_MAGAZINE_SIZE;

	INTERLEAVE_REQUIRE(dp__backend_count(&rig.backend) <= most);
}

/* --- Scenes -------------------------------------------------------------- */

static int cpus[] = { 0, 1, FAR_CPU };

static void
lent(void)
{
	rig_begin(2);
	rig_put_in(0, 0);
	rig_put_in(1, 1);
	rig_put_in(2, 0);
	rig_watch();
	interleave_start(take_give, &cpus[0]);
	interleave_start(take_only, &cpus[1]);
	interleave_start(take_give, &cpus[2]);
}

static void
near(void)
{
	rig_begin(3);
	rig_put_in(0, 0);
	rig_put_in(1, 0);
	rig_put_in(2, 1);
	rig_watch();
	interleave_start(take_give_near, &cpus[0]);
	interleave_start(take_give_near, &cpus[1]);
}

static void
aba(void)
{
	rig_begin(3);
	rig_put_in(0, 0);
	rig_put_in(1, 0);
	rig_put_in(2, 0);
	rig_watch();
	interleave_start(take_give, &cpus[0]);
	interleave_start(take_take_give_give, &cpus[0]);
}

/* A full one inside, another one in the hand of who moves them. */
static void
moved_to_partial(void)
{
	rig_begin(1);
	rig_put_in(0, 1);
	rig_watch();
	interleave_start(take_only, &cpus[0]);
	interleave_start(give_take, &cpus[1]);
}

static void
moved_to_full(void)
{
	rig_begin(2);
	rig_put_in(2, 0);
	rig_watch();
	interleave_start(take_only, &cpus[0]);
	interleave_start(give_take_partial, &cpus[1]);
}

static void
moved_to_and_fro(void)
{
	rig_begin(2);
	rig_put_in(2, 0);
	rig_watch();
	interleave_start(take_only, &cpus[0]);
	interleave_start(give_take_in_turns, &cpus[0]);
}

static void
moved_by_two(void)
{
	rig_begin(2);
	rig_put_in(0, 1);
	rig_watch();
	interleave_start(take_only, &cpus[0]);
	interleave_start(give_take, &cpus[0]);
	interleave_start(give_2, &cpus[1]);
}

static void
emptied(void)
{
	rig_begin(1);
	rig_put_in(0, 1);
	rig_watch();
	interleave_start(take_give, &cpus[0]);
	interleave_start(take_give, &cpus[1]);
}

static void
others(void)
{
	rig_begin(1);
	rig_put_in(1, 0);
	rig_put_in(2, 0);
	rig_put_in(3, 0);
	rig_watch();
	interleave_start(take_partial_give, &cpus[0]);
	interleave_start(take_empty_give, &cpus[0]);
	interleave_start(take_empty_give, &cpus[1]);
	interleave_start(take_partial_give, &cpus[1]);
}

static void
moved_empties(void)
{
	rig_begin(1);
	rig_put_in(3, 1);
	rig_watch_empties();
	interleave_start(take_empty_only, &cpus[0]);
	interleave_start(move_empties, &cpus[0]);
}

static void
counted(void)
{
	rig_begin(1);
	rig_put_in(0, 0);
	rig_put_in(1, 0);
	rig_put_in(2, 1);
	rig_watch();
	interleave_start(count, NULL);
	interleave_start(take_give, &cpus[0]);
	interleave_start(take_partial_give, &cpus[1]);
}

int
main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "lent", lent, rig_end, { 2, 1, 0 } },
		{ "near", near, rig_end, { 2, 1, 1 } },
		{ "aba", aba, rig_end, { 2, 1, 0 } },
		{ "moved-to-partial", moved_to_partial, rig_end, { 3, 3, 0 } },
		{ "moved-to-full", moved_to_full, rig_end, { 3, 3, 0 } },
		{ "moved-to-and-fro", moved_to_and_fro, rig_end, { 1, 6, 0 } },
		{ "moved-by-two", moved_by_two, rig_end, { 2, 2, 0 } },
		{ "emptied", emptied, rig_end, { 2, 1, 1 } },
		{ "others", others, rig_end, { 1, 1, 0 } },
		{ "moved-empties", moved_empties, rig_end, { 1, 6, 0 } },
		{ "counted", counted, rig_end, { 2, 1, 0 } },
	};

	return interleave_main(argc, argv, scenes,
			       sizeof(scenes) / sizeof(scenes[0]));
}
