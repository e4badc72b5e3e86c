/* SPDX-License-Identifier: MIT */
/* Workers: how they come by fibers, and what becomes of those that ran. */
#include "crew.h"

#include <errno.h>
#include <sched.h>

#include "base/apart.h"
#include "trial/fibers.h"
#include "life.h"
#include "base/random.h"
#include "tables.h"
#include "trial/verdict.h"

/* A worker that finds nothing yields so often, and then sleeps for so long. */
#define YIELDS 8u
#define IDLE_NS ((uint64_t)200 * 1000)

/* --- Inboxes ------------------------------------------------------------- */

static void
inbox_put(struct crew_worker *to, struct fiber *fiber)
{
	/* BW1 relaxed: nothing is read through it. */
	fiber->next = atomic_load_explicit(&to->inbox, memory_order_relaxed);
	/* BW2 release: pairs with BW3.  The fiber, and its next. */
	while (!atomic_compare_exchange_weak_explicit(
		&to->inbox, &fiber->next, fiber, memory_order_release,
		memory_order_relaxed))
		;
}

/* Moves all that is in an inbox into the worker's deque.  How many. */
static unsigned
inbox_take(struct crew_worker *w, struct crew_worker *from)
{
	struct fiber *fiber;
	unsigned n = 0;

	/* BW4 relaxed: late is a turn more. */
	if (atomic_load_explicit(&from->inbox, memory_order_relaxed) == NULL)
		return 0;
	/* BW3 acquire: pairs with BW2. */
	fiber = atomic_exchange_explicit(&from->inbox, NULL,
					 memory_order_acquire);
	for (; fiber != NULL; n++) {
		struct fiber *next = fiber->next;

		deque_push(&w->deque, fiber);
		fiber = next;
	}
	return n;
}

/* --- Finding a fiber ----------------------------------------------------- */

static struct crew_worker *
any_worker(struct crew_worker *w)
{
	return &w->crew->each[(random_next(&w->random) >> 32) % w->crew->n];
}

/* Moves those that have slept enough into the deque. */
static void
wake(struct crew_worker *w)
{
	uint64_t now = clock_wall_ns();
	struct fiber *first;

	while ((first = sleepers_first(&w->sleepers)) != NULL &&
	       first->due_ns <= now) {
		sleepers_remove_first(&w->sleepers);
		if (w->crew->workload->sleeps)
			inbox_put(any_worker(w), first);
		else
			deque_push(&w->deque, first);
	}
}

/* From the others, in turn from one drawn at random; NULL: they have none. */
static struct fiber *
steal(struct crew_worker *w)
{
	unsigned n = w->crew->n;
	unsigned first = (unsigned)(random_next(&w->random) >> 32) % n;

	for (unsigned i = 0; i < n; i++) {
		struct crew_worker *victim = &w->crew->each[(first + i) % n];
		struct fiber *fiber;
		unsigned taken;

		if (victim == w)
			continue;
		fiber = deque_steal(&victim->deque);
		if (fiber != NULL) {
			w->stolen++;
			return fiber;
		}
		taken = inbox_take(w, victim);
		w->stolen += taken;
		if (taken > 0 && (fiber = deque_pop(&w->deque)) != NULL)
			return fiber;
	}
	return NULL;
}

static struct fiber *
find(struct crew_worker *w)
{
	struct fiber *fiber = deque_pop(&w->deque);

	if (fiber != NULL)
		return fiber;
	wake(w);
	inbox_take(w, w);
	fiber = deque_pop(&w->deque);
	return fiber != NULL ? fiber : steal(w);
}

/* Nothing to run: lets others have the CPU, until the first sleeper is due. */
static void
idle(struct crew_worker *w)
{
	struct fiber *first = sleepers_first(&w->sleepers);
	uint64_t now, ns = IDLE_NS;

	if (++w->fruitless <= YIELDS) {
		sched_yield();
		return;
	}
	now = clock_wall_ns();
	if (first != NULL && first->due_ns < now + ns)
		ns = first->due_ns > now ? first->due_ns - now : 0;
	clock_sleep_ns(ns);
}

/* --- Lives --------------------------------------------------------------- */

/* A new fiber in the place of one that ended, if there are to be more. */
static void
start(struct crew_worker *w, struct fiber *fiber)
{
	struct crew *crew = w->crew;

	if (team_stopped(w->station->team) ||
	    team_claim(w->station->team) == 0) {
		/* BW5 relaxed: the barrier after the phase orders. */
		atomic_fetch_sub_explicit(&crew->live, 1, memory_order_relaxed);
		return;
	}
	fiber_begin(fiber, (uint64_t)w->station->index << 48 | w->begun++);
	inbox_put(&crew->each[0], fiber);
}

static void
run(struct crew_worker *w, struct fiber *fiber)
{
	bool sleeps = w->crew->workload->sleeps;

	w->fruitless = 0;
	if (!fiber_step(fiber, w)) {
		station_publish(w->station);
		start(w, fiber);
		return;
	}
	fiber->due_ns = clock_wall_ns() + (sleeps ? FIBERS_SLEEP_NS : 0);
	sleepers_add(&w->sleepers, fiber);
}

/* The worker's share of the live fibers: i, i + n, i + 2n and so on. */
static void
phase_run(struct crew_worker *w)
{
	struct crew *crew = w->crew;
	unsigned live = crew->workload->live;

	for (unsigned i = w->station->index; i < live; i += crew->n)
		start(w, &crew->fibers[i]);
	/* BW6 relaxed: late is a turn more. */
	while (atomic_load_explicit(&crew->live, memory_order_relaxed) > 0) {
		struct fiber *fiber = find(w);

		if (fiber != NULL)
			run(w, fiber);
		else
			idle(w);
	}
	station_publish(w->station);
}

void *
fibers_run(void *argument)
{
	struct crew_worker *w = argument;
	struct station *s = w->station;
	int error = subject_attach(&s->worker, s->subject, s->index);

	if (error != 0)
		team_fail("attach a worker", -error);
	team_wait(s->team);
	for (; s->phases > 0; s->phases--) {
		team_wait(s->team);
		member_begin(&s->member);
		phase_run(w);
		member_finish(&s->member, true);
		team_wait(s->team);
	}
	/* Nothing is out: where others clear, there is nothing to do. */
	team_wait(s->team);
	team_wait(s->team);
	subject_detach(s->worker);
	return NULL;
}

/* --- The crew ------------------------------------------------------------ */

/* Slots of a deque that all live fibers fit: a power of two. */
static size_t
slots_of(const struct workload *w)
{
	size_t slots = 1;

	while (slots < w->live)
		slots *= 2;
	return slots;
}

static void
crew_free(struct crew *crew)
{
	free(crew->each);
	free(crew->fibers);
	free(crew->slots);
	free(crew->heaps);
	free(crew);
}

static void
worker_init(struct crew *crew, unsigned i, struct station *station)
{
	struct crew_worker *w = &crew->each[i];
	unsigned live = crew->workload->live;
	size_t slots = slots_of(crew->workload);

	w->crew = crew;
	w->station = station;
	w->random = random_seed(crew->workload->seed, i);
	w->sleepers.heap = crew->heaps + i * ((size_t)live + 1);
	deque_init(&w->deque, crew->slots + i * slots, (int64_t)slots - 1);
	atomic_init(&w->inbox, NULL);
}

bool
fibers_offered(void)
{
	return true;
}

int
fibers_subject_open(struct subject *subject, const struct workload *w,
		    size_t in_use_ceiling)
{
	return tables_open(subject, w, in_use_ceiling);
}

int
fibers_subject_close(struct subject *subject)
{
	return tables_close(subject);
}

int
fibers_open(struct crew **opened, const struct workload *w,
	    struct stations *stations)
{
	struct crew *crew = apart_alloc(sizeof(*crew));
	int error;

	if (crew == NULL)
		return -ENOMEM;
	crew->workload = w;
	crew->n = w->workers;
	crew->each = apart_alloc(w->workers * sizeof(*crew->each));
	crew->fibers = apart_alloc(w->live * sizeof(*crew->fibers));
	crew->slots =
		apart_alloc(w->workers * slots_of(w) * sizeof(*crew->slots));
	crew->heaps = apart_alloc(w->workers * ((size_t)w->live + 1) *
				  sizeof(*crew->heaps));
	if (crew->each == NULL || crew->fibers == NULL || crew->slots == NULL ||
	    crew->heaps == NULL) {
		crew_free(crew);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < w->workers; i++)
		worker_init(crew, i, &stations->each[i]);
	atomic_init(&crew->live, 0);
	error = life_open(&crew->key);
	if (error != 0) {
		crew_free(crew);
		return error;
	}
	*opened = crew;
	return 0;
}

void *
fibers_worker(struct crew *crew, unsigned i)
{
	return &crew->each[i];
}

void
fibers_prepare(struct crew *crew, struct team *team)
{
	/* Exactly so many fibers: none is claimed that nobody starts. */
	team->chunk = 1;
	/* BW7 relaxed: nobody runs; the barrier publishes it. */
	atomic_store_explicit(&crew->live, crew->workload->live,
			      memory_order_relaxed);
}

void
fibers_measure(struct crew *crew, struct trial *t)
{
	t->fibers = (struct trial_fibers){ 0 };
	for (unsigned i = 0; i < crew->n; i++) {
		const struct crew_worker *w = &crew->each[i];

		t->fibers.begun += w->begun;
		t->fibers.stolen += w->stolen;
		t->fibers.migrated += w->station->received;
		t->fibers.values += w->made;
		t->fibers.strangers += w->strangers;
		if (t->fibers.error == 0)
			t->fibers.error = w->error;
	}
}

void
fibers_close(struct crew *crew, struct trial *t)
{
	life_close(crew->key, &t->fibers.destructed);
	verdict_fibers(t);
	crew_free(crew);
}
