/* SPDX-License-Identifier: MIT */
/*
 * One call of a backend, and between any of its steps another thread's moves.
 * For lock-free backends.  Compiled twice: as shipped, and with tags that do
 * not change, which must be seen to go wrong.
 */
#include "interleave.h"
#include BACKEND_SOURCE

#include <string.h>

#include "harness.h"
#include "rig.h"

#define M RIG_MAGAZINE_SIZE
#define MOVES_MAX 3

/* What the other thread does before one of the victim's steps. */
struct move {
	unsigned step; /* from 1; 0: never */
	int give_cpu;
	int take_cpu; /* -1: asks for a partial one */
};

/*
 * Two magazines, one inside, one in the other thread's hand.  Invariant: the
 * other one gives before it takes, so that there is always one inside, but for
 * what the victim took.
 */
static struct scene {
	struct rig rig;
	struct magazine *(*victim)(struct backend *backend, struct seat *seat);
	struct magazine *magazines[2];
	struct magazine *in_hand;
	struct move moves[MOVES_MAX];
	unsigned step;    /* the victim's, while it runs */
	unsigned longest; /* most steps of any of its runs so far */
	bool running;
} scene;

static void
make_move(const struct move *move)
{
	struct backend *backend = &scene.rig.backend;
	struct seat seat;

	if (scene.in_hand) {
		rig_join(&scene.rig, &seat, move->give_cpu);
		dp__backend_give(backend, &seat, scene.in_hand);
	}
	rig_join(&scene.rig, &seat, move->take_cpu);
	scene.in_hand = move->take_cpu < 0
				? dp__backend_take_partial(backend, &seat)
				: dp__backend_take(backend, &seat);
}

static void
interleave_point(void)
{
	if (!scene.running)
		return;
	scene.step++;
	scene.running = false;
	for (unsigned i = 0; i < MOVES_MAX; i++)
		if (scene.moves[i].step == scene.step)
			make_move(&scene.moves[i]);
	scene.running = true;
}

/* --- Victims ------------------------------------------------------------- */

/* Looks everywhere, but once. */
static struct magazine *
look_once(struct backend *backend, struct seat *seat)
{
#ifdef BACKEND_PERCPU_H
	return take_once(backend, seat, own_rack(backend, seat));
#else
	return depot_take(&backend->depot, backend->store, &seat->counts);
#endif
}

/* Looks twice, and takes nothing. */
static struct magazine *
look_twice(struct backend *backend, struct seat *seat)
{
	(void)seat;
	return is_empty(backend) ? NULL : scene.magazines[0];
}

/* Is the victim told "nothing there" when the moves are as they are? */
static bool
is_fooled_now(unsigned start)
{
	struct backend *backend = &scene.rig.backend;
	struct seat seat;

	rig_join(&scene.rig, &seat, 0);
	while (dp__backend_take(backend, &seat))
		;
	magazine_set_count(scene.magazines[0], start & 1 ? M : 1);
	magazine_set_count(scene.magazines[1], start & 2 ? M : 1);
	rig_join(&scene.rig, &seat, start & 4 ? RIG_CPUS - 1 : 0);
	dp__backend_give(backend, &seat, scene.magazines[0]);
	scene.in_hand = scene.magazines[1];
	rig_join(&scene.rig, &seat, 0);
	scene.step = 0;
	scene.running = true;
	bool fooled = scene.victim(backend, &seat) == NULL;
	scene.running = false;
	if (scene.longest < scene.step)
		scene.longest = scene.step;
	return fooled;
}

#define N_STARTS 8
#define N_KINDS 6

/*
 * Tries the moves from `move` on, all kinds, at all steps not before `step`;
 * one step after the longest run is no move, and may show a longer run.
 */
static bool
is_fooled_from(unsigned start, unsigned move, unsigned step)
{
	if (move == MOVES_MAX)
		return is_fooled_now(start);
	for (unsigned kind = 0; kind < N_KINDS; kind++) {
		int take_cpus[] = { 0, RIG_CPUS - 1, -1 };

		for (unsigned at = step; at <= scene.longest + 1; at++) {
			scene.moves[move] = (struct move){
				.step = at,
				.give_cpu = kind & 1 ? RIG_CPUS - 1 : 0,
				.take_cpu = take_cpus[kind / 2],
			};
			if (is_fooled_from(start, move + 1, at))
				return true;
		}
	}
	return false;
}

/* Is it ever, with up to so many moves of the other thread? */
static bool
is_fooled(struct magazine *(*victim)(struct backend *, struct seat *),
	  unsigned n_moves)
{
	memset(&scene, 0, sizeof(scene));
	rig_begin(&scene.rig);
	scene.magazines[0] = rig_magazine(&scene.rig);
	scene.magazines[1] = rig_magazine(&scene.rig);
	scene.victim = victim;
	scene.longest = 1;
	unsigned first = MOVES_MAX - n_moves;
	bool fooled = false;

	for (unsigned start = 0; start < N_STARTS; start++)
		fooled = fooled || is_fooled_from(start, first, 1);
	rig_end(&scene.rig);
	return fooled;
}

/* --- Emptiness ----------------------------------------------------------- */

static void
one_look_misses_what_moves(void **state)
{
	(void)state;
	assert_true(is_fooled(look_once, 1));
}

static void
two_looks_miss_what_moves_only_without_tags(void **state)
{
	(void)state;
	assert_false(is_fooled(look_twice, 2));
	assert_int_equal(is_fooled(look_twice, 3), TAG_STEP == 0);
}

static void
a_take_misses_nothing_that_moves(void **state)
{
	(void)state;
	assert_false(is_fooled(dp__backend_take, 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_look_misses_what_moves),
		cmocka_unit_test(two_looks_miss_what_moves_only_without_tags),
		cmocka_unit_test(a_take_misses_nothing_that_moves),
	};

	return harness_status(cmocka_run_group_tests(tests, NULL, NULL));
}
