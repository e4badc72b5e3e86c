/* SPDX-License-Identifier: MIT */
/* A backend against its contract, pool/shared/backend.h. */
#include "support/rig.h"

#include <limits.h>
#include <string.h>

#include "support/harness.h"
#include "base/random.h"

#define M RIG_MAGAZINE_SIZE
#define N_MAGAZINES 64
#define N_SEATS 5
#define ORACLE_TURNS 200000
#define RACE_TURNS HARNESS_LOAD(200000)

/* --- One thread against an array ---------------------------------------- */

enum place { IN_HAND, IN_OBJECTS, IN_EMPTY };

/* Where the test believes each magazine to be. */
struct oracle {
	struct rig rig;
	struct seat seats[N_SEATS];
	struct magazine *magazines[N_MAGAZINES];
	enum place places[N_MAGAZINES];
	unsigned givers[N_MAGAZINES];
};

static void
oracle_begin(struct oracle *oracle)
{
	memset(oracle, 0, sizeof(*oracle));
	rig_begin(&oracle->rig);
	for (int i = 0; i < N_SEATS; i++)
		rig_join(&oracle->rig, &oracle->seats[i], i);
	for (unsigned i = 0; i < N_MAGAZINES; i++) {
		oracle->magazines[i] = rig_magazine(&oracle->rig);
		assert_int_equal(oracle->magazines[i]->index, i + 1);
	}
}

/* Gives a magazine from the hands, with so many objects. */
static void
oracle_give(struct oracle *oracle, unsigned seat, unsigned i, uint32_t count)
{
	struct magazine *m = oracle->magazines[i];

	assert_int_equal(oracle->places[i], IN_HAND);
	for (uint32_t k = 0; k < count; k++)
		m->body[k] = &m->body[k];
	magazine_set_count(m, count);
	oracle->givers[i] = seat;
	if (count) {
		oracle->places[i] = IN_OBJECTS;
		dp__backend_give(&oracle->rig.backend, &oracle->seats[seat], m);
	} else {
		oracle->places[i] = IN_EMPTY;
		dp__backend_give_empty(&oracle->rig.backend,
				       &oracle->seats[seat], m);
	}
}

/* Puts what was taken back into the hands. */
static void
oracle_took(struct oracle *oracle, const struct magazine *m, enum place place)
{
	assert_in_range(m->index, 1, N_MAGAZINES);
	unsigned i = m->index - 1;

	assert_ptr_equal(m, oracle->magazines[i]);
	assert_int_equal(oracle->places[i], place);
	for (uint32_t k = 0; k < magazine_count(m); k++)
		assert_ptr_equal(m->body[k], &m->body[k]);
	oracle->places[i] = IN_HAND;
}

/* Magazines with a count in the given range that the seat may get. */
static unsigned
oracle_count(const struct oracle *oracle, unsigned seat, uint32_t from,
	     uint32_t to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < N_MAGAZINES; i++) {
		uint32_t count = magazine_count(oracle->magazines[i]);

		n += oracle->places[i] != IN_HAND &&
		     (dp__backend_shares || oracle->givers[i] == seat) &&
		     from <= count && count <= to;
	}
	return n;
}

static void
oracle_take(struct oracle *oracle, unsigned seat)
{
	bool any = oracle_count(oracle, seat, 1, M) > 0;
	struct magazine *m =
		dp__backend_take(&oracle->rig.backend, &oracle->seats[seat]);

	assert_int_equal(m != NULL, any);
	if (m)
		oracle_took(oracle, m, IN_OBJECTS);
}

static void
oracle_take_partial(struct oracle *oracle, unsigned seat)
{
	bool any = oracle_count(oracle, seat, 1, M - 1) > 0;
	struct magazine *m = dp__backend_take_partial(&oracle->rig.backend,
						      &oracle->seats[seat]);

	assert_int_equal(m != NULL, any && dp__backend_shares);
	if (!m)
		return;
	assert_in_range(magazine_count(m), 1, M - 1);
	oracle_took(oracle, m, IN_OBJECTS);
}

static void
oracle_take_empty(struct oracle *oracle, unsigned seat)
{
	bool any = oracle_count(oracle, seat, 0, 0) > 0;
	struct magazine *m = dp__backend_take_empty(&oracle->rig.backend,
						    &oracle->seats[seat]);

	assert_int_equal(m != NULL, any);
	if (m)
		oracle_took(oracle, m, IN_EMPTY);
}

static uint64_t
oracle_objects(const struct oracle *oracle)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < N_MAGAZINES; i++)
		if (oracle->places[i] == IN_OBJECTS)
			n += magazine_count(oracle->magazines[i]);
	return n;
}

/* All objects, wherever the backend has them. */
static uint64_t
objects_inside(struct oracle *oracle)
{
	uint64_t n = dp__backend_count(&oracle->rig.backend);

	for (unsigned i = 0; i < N_SEATS; i++)
		n += counts_get(&oracle->seats[i].counts, PILED);
	return n;
}

/* Ends the seats; what has objects must come out, once. */
static void
oracle_end(struct oracle *oracle)
{
	struct magazine *m;

	for (unsigned i = 0; i < N_SEATS; i++)
		dp__backend_leave(&oracle->rig.backend, &oracle->seats[i]);
	while ((m = dp__backend_drain(&oracle->rig.backend)))
		oracle_took(oracle, m, IN_OBJECTS);
	assert_int_equal(oracle_objects(oracle), 0);
	assert_int_equal(dp__backend_count(&oracle->rig.backend), 0);
	rig_end(&oracle->rig);
}

static void
takes_and_gives_match_an_array(void **state)
{
	uint64_t random = random_seed(harness_seed(), 0);
	struct oracle oracle;

	(void)state;
	oracle_begin(&oracle);
	for (unsigned turn = 0; turn < ORACLE_TURNS; turn++) {
		uint64_t dice = random_next(&random);
		unsigned seat = dice % N_SEATS;
		unsigned i = dice >> 8 & (N_MAGAZINES - 1);
		/* Now more is given, now more is taken. */
		bool giving = turn >> 10 & 1;

		if ((dice >> 16 & 3) < (giving ? 3 : 1)) {
			if (oracle.places[i] == IN_HAND)
				oracle_give(&oracle, seat, i,
					    (dice >> 20) % (M + 1));
		} else if (dice >> 24 & 1) {
			oracle_take(&oracle, seat);
		} else if (dice >> 25 & 1) {
			oracle_take_partial(&oracle, seat);
		} else {
			oracle_take_empty(&oracle, seat);
		}
		assert_int_equal(objects_inside(&oracle),
				 oracle_objects(&oracle));
	}
	oracle_end(&oracle);
}

static void
an_empty_magazine_is_never_lent(void **state)
{
	struct oracle oracle;

	(void)state;
	oracle_begin(&oracle);
	oracle_give(&oracle, 0, 0, 0);
	oracle_take(&oracle, 0);
	oracle_take_partial(&oracle, 0);
	assert_int_equal(oracle.places[0], IN_EMPTY);
	oracle_take_empty(&oracle, 0);
	assert_int_equal(oracle.places[0], IN_HAND);
	oracle_end(&oracle);
}

/* --- Seats anywhere ----------------------------------------------------- */

/* Numbers a system may report one day: beyond all racks, and unknown. */
static const int cpus[] = { 0, 1, RIG_CPUS - 1, RIG_CPUS, 1000, INT_MAX, -1 };
#define N_CPUS (sizeof(cpus) / sizeof(cpus[0]))

static void
each_seat_finds_what_any_other_gave(void **state)
{
	struct rig rig;
	struct seat giver, taker;

	(void)state;
	rig_begin(&rig);
	struct magazine *m = rig_magazine(&rig);

	for (size_t from = 0; from < N_CPUS; from++)
		for (size_t to = 0; to < N_CPUS; to++) {
			rig_join(&rig, &giver, cpus[from]);
			rig_join(&rig, &taker, cpus[to]);
			for (uint32_t count = 1; count <= M; count++) {
				magazine_set_count(m, count);
				dp__backend_give(&rig.backend, &giver, m);
				assert_ptr_equal(
					dp__backend_take(&rig.backend, &taker),
					m);
				assert_null(
					dp__backend_take(&rig.backend, &giver));
			}
		}
	rig_end(&rig);
}

static void
no_seat_finds_what_another_gave(void **state)
{
	struct rig rig;
	struct seat giver, taker;

	(void)state;
	rig_begin(&rig);
	struct magazine *m = rig_magazine(&rig);

	rig_join(&rig, &giver, 0);
	rig_join(&rig, &taker, 0);
	magazine_set_count(m, M);
	dp__backend_give(&rig.backend, &giver, m);
	assert_null(dp__backend_take(&rig.backend, &taker));
	dp__backend_leave(&rig.backend, &giver);
	assert_null(dp__backend_take(&rig.backend, &taker));
	assert_ptr_equal(dp__backend_drain(&rig.backend), m);
	rig_end(&rig);
}

/* --- Many threads ------------------------------------------------------- */

struct crowd {
	struct rig rig;
	_Atomic uint32_t holders[N_MAGAZINES + 1];
};

/* TB1 relaxed: the oracle must not order what the backend must. */
static void
crowd_hold(struct crowd *crowd, const struct magazine *m, uint32_t from,
	   uint32_t to)
{
	harness_equal("holder of a magazine", from,
		      atomic_exchange_explicit(&crowd->holders[m->index], to,
					       memory_order_relaxed));
}

/* Holds one magazine at most, and none while it asks for one. */
static void
crowd_work(void *context, unsigned index)
{
	struct crowd *crowd = context;
	struct backend *backend = &crowd->rig.backend;
	uint64_t random = random_seed(harness_seed(), index);
	struct seat seat;

	for (unsigned i = 0; i < RACE_TURNS; i++) {
		uint64_t dice = random_next(&random);
		struct magazine *m = NULL;

		rig_join(&crowd->rig, &seat, (int)(dice % RIG_CPUS));
		if ((dice >> 8 & 7) == 0)
			m = dp__backend_take_partial(backend, &seat);
		if (!m)
			m = dp__backend_take(backend, &seat);
		if (!m)
			harness_fail("magazines inside, at least", 1, 0);
		crowd_hold(crowd, m, 0, index + 1);
		/* Plain: a hand-over that is lost is a data race. */
		for (uint32_t k = 0; k < magazine_count(m); k++)
			harness_equal("object in a magazine",
				      (uintptr_t)&m->body[k],
				      (uintptr_t)m->body[k]);
		uint32_t count = 1 + (dice >> 16) % M;

		memset(m->body, 0, M * sizeof(void *));
		for (uint32_t k = 0; k < count; k++)
			m->body[k] = &m->body[k];
		magazine_set_count(m, count);
		crowd_hold(crowd, m, index + 1, 0);
		rig_join(&crowd->rig, &seat, (int)((dice >> 24) % RIG_CPUS));
		dp__backend_give(backend, &seat, m);
	}
}

static void
nobody_is_told_nothing_while_there_are_as_many_as_hands(void **state)
{
	static struct crowd crowd;
	unsigned n_threads = 2 * harness_cpus(), n_found = 0;
	struct magazine *m;
	struct seat seat;

	(void)state;
	rig_begin(&crowd.rig);
	rig_join(&crowd.rig, &seat, 0);
	for (unsigned i = 0; i < n_threads; i++) {
		m = rig_magazine(&crowd.rig);
		m->body[0] = &m->body[0];
		magazine_set_count(m, 1);
		dp__backend_give(&crowd.rig.backend, &seat, m);
	}
	harness_race(n_threads, crowd_work, &crowd);
	while ((m = dp__backend_drain(&crowd.rig.backend))) {
		crowd_hold(&crowd, m, 0, 1);
		n_found++;
	}
	assert_int_equal(n_found, n_threads);
	rig_end(&crowd.rig);
}

int
main(void)
{
	const struct CMUnitTest shared[] = {
		cmocka_unit_test(takes_and_gives_match_an_array),
		cmocka_unit_test(an_empty_magazine_is_never_lent),
		cmocka_unit_test(each_seat_finds_what_any_other_gave),
		cmocka_unit_test(
			nobody_is_told_nothing_while_there_are_as_many_as_hands),
	};
	const struct CMUnitTest none[] = {
		cmocka_unit_test(takes_and_gives_match_an_array),
		cmocka_unit_test(an_empty_magazine_is_never_lent),
		cmocka_unit_test(no_seat_finds_what_another_gave),
	};

	return harness_status(
		dp__backend_shares ? cmocka_run_group_tests(shared, NULL, NULL)
				   : cmocka_run_group_tests(none, NULL, NULL));
}
