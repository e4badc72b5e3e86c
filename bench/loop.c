/* SPDX-License-Identifier: MIT */
/*
 * The measured loop.  It is the same source for every subject: borrow, touch,
 * and once `hold` objects are out, let the oldest go where the table says.
 * No division, no timestamp and, where nothing crosses, no random number.
 */
#include "loop.h"

#include <errno.h>
#include <sched.h>

#include "random.h"
#include "station.h"
#include "think.h"

/* Fruitless turns before a thread offers its CPU to another one. */
#define IDLE_TURNS 64u
/* A pause between two looks at a ring, some tens of nanoseconds. */
#define IDLE_SPIN 32u

/*
 * Objects are touched through relaxed atomics, the same instructions as plain
 * accesses: the null subject may have lent out one object twice.
 */
static inline void
object_write(void *object, uint64_t value)
{
	/* BL1 relaxed: a stand-in for the user's own accesses. */
	atomic_store_explicit((_Atomic uint64_t *)object, value,
			      memory_order_relaxed);
}

static inline void
object_update(void *object)
{
	/* BL2 relaxed: the same. */
	uint64_t value = atomic_load_explicit((_Atomic uint64_t *)object,
					      memory_order_relaxed);

	object_write(object, value + 1);
}

/*
 * The object has arrived, whether anybody looks at it or not: a subject that
 * ignores it must not spare us its transport.
 */
static inline void *
object_receive(void *object)
{
	__asm__ volatile("" : "+r"(object));
	return object;
}

/*
 * Returns what has arrived through the next ring in turn, at most a burst.
 * One ring a time costs the same however many there are, and all get theirs.
 */
static inline uint32_t
station_drain(struct station *s, struct subject_worker worker)
{
	/* Read once: the compiler must suppose that touching changes it. */
	const bool touch = s->touch;
	struct ring *ring;
	uint32_t n;

	if (s->inboxes == 0)
		return 0;
	ring = s->inbox[s->inbox_at];
	s->inbox_at = s->inbox_at + 1 < s->inboxes ? s->inbox_at + 1 : 0;
	n = ring_ready(ring, s->burst);
	if (n == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		void *object = object_receive(ring_peek(ring, i));

		if (touch)
			object_update(object);
		subject_return(worker, object, true);
	}
	ring_release(ring, n);
	s->received += n;
	s->idle = 0;
	return n;
}

static void
station_idle(struct station *s)
{
	if (++s->idle % IDLE_TURNS == 0)
		sched_yield();
	else
		think_spin(IDLE_SPIN);
}

/* The rare case of a push; it ends, since every member drains to the last. */
static __attribute__((noinline)) void
station_send_slow(struct station *s, struct ring *ring, void *object)
{
	do {
		s->full++;
		if (station_drain(s, s->worker) == 0)
			station_idle(s);
	} while (!ring_push(ring, object, s->burst));
	s->idle = 0;
}

/* The spin of a fifth more or less, so that workers do not fall in step. */
static __attribute__((noinline)) void
station_think(struct station *s)
{
	uint64_t jitter = random_next(&s->random) >> 48;

	think_spin(s->think_turns * 4 / 5 +
		   (s->think_turns * 2 / 5 * jitter >> 16));
}

/* The oldest of the objects out, now that this one is; NULL: not yet full. */
static inline void *
station_exchange(struct station *s, void *object, uint32_t delay)
{
	void *oldest;

	if (delay == 0)
		return object;
	oldest = s->held[s->held_at];
	s->held[s->held_at] = object;
	s->held_at = s->held_at + 1 < delay ? s->held_at + 1 : 0;
	return oldest;
}

/* n operations; `crosses` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void
station_operate(struct station *s, uint32_t n, bool crosses)
{
	/* Read once: the compiler must suppose that anything changes. */
	const struct subject_worker worker = s->worker;
	const bool touch = s->touch;
	const bool thinks = s->think_turns > 0;
	const uint32_t delay = s->delay;
	const unsigned self = s->index;
	uint64_t random = 0;
	uint32_t kept = 0;
	uint32_t sent = 0;

	for (uint32_t i = 0; i < n; i++) {
		void *object;
		unsigned to = self;

		if (crosses)
			station_drain(s, worker);
		object = subject_borrow(worker, crosses);
		if (__builtin_expect(object == NULL, 0))
			team_fail("borrow an object", errno);
		if (touch)
			object_write(object, i);
		if (thinks)
			station_think(s);
		object = station_exchange(s, object, delay);
		/* Nothing moves from one operation into another. */
		__asm__ volatile("" : "+r"(object) : : "memory");
		if (object == NULL)
			continue;
		if (crosses) {
			/* One number serves four decisions. */
			random = i % 4 == 0 ? random_next(&s->random)
					    : random >> 16;
			to = s->destinations[random % WORKLOAD_TABLE_ENTRIES];
		}
		if (to == self) {
			subject_return(worker, object, crosses);
			kept++;
			continue;
		}
		if (__builtin_expect(
			    !ring_push(s->outbox[to], object, s->burst), 0))
			station_send_slow(s, s->outbox[to], object);
		sent++;
	}
	s->borrowed += n;
	s->kept += kept;
	s->sent += sent;
}

/* Not inlined, so that each loop has the registers to itself. */
static __attribute__((noinline)) void
station_operate_crossing(struct station *s, uint32_t n)
{
	station_operate(s, n, true);
}

static __attribute__((noinline)) void
station_operate_staying(struct station *s, uint32_t n)
{
	station_operate(s, n, false);
}

/* Operations until the stock is used up, the team stops or the life ends. */
static void
borrower_work(struct station *s)
{
	while (s->life > 0 && !team_stopped(s->team)) {
		uint64_t n = STATION_BLOCK_OPS;

		if (s->claimed == 0 && (s->claimed = team_claim(s->team)) == 0)
			break;
		n = n < s->claimed ? n : s->claimed;
		n = n < s->life ? n : s->life;
		if (s->crosses)
			station_operate_crossing(s, (uint32_t)n);
		else
			station_operate_staying(s, (uint32_t)n);
		s->claimed -= n;
		s->life -= n;
		station_publish(s);
	}
}

static void
returner_work(struct station *s)
{
	while (s->life > 0 && !team_stopped(s->team)) {
		uint64_t n = station_drain(s, s->worker);

		if (n == 0) {
			station_idle(s);
			continue;
		}
		s->life -= n < s->life ? n : s->life;
		station_publish(s);
	}
}

/* Drains until nobody sends any more; what is left stays in the rings. */
static void
station_finish(struct station *s)
{
	for (unsigned j = 0; j < s->workload->workers; j++)
		if (s->outbox[j] != NULL)
			ring_publish(s->outbox[j]);
	member_finish(&s->member, s->borrows);
	while (!team_finished(s->team))
		if (station_drain(s, s->worker) == 0)
			station_idle(s);
	station_publish(s);
	s->claimed = 0;
	s->in_phase = false;
}

/* A thread that ends leaves nothing out but what is on its way. */
static void
station_return_held(struct station *s)
{
	for (uint32_t i = 0; i < s->delay; i++) {
		if (s->held[i] == NULL)
			continue;
		subject_return(s->worker, s->held[i], s->crosses);
		s->held[i] = NULL;
		s->cleared++;
	}
}

/* The rings are at rest: everything goes back. */
static void
station_clear(struct station *s)
{
	for (unsigned i = 0; i < s->inboxes;)
		i = station_drain(s, s->worker) > 0 ? 0 : i + 1;
	station_return_held(s);
}

static void
station_attach(struct station *s)
{
	int error = subject_attach(&s->worker, s->subject, s->index);

	if (error != 0)
		team_fail("attach a worker", -error);
}

/* A phase, or the rest of one; false if a successor takes the place over. */
static bool
phase_run(struct station *s)
{
	if (!s->in_phase) {
		team_wait(s->team);
		s->in_phase = true;
		member_begin(&s->member);
	}
	if (s->borrows)
		borrower_work(s);
	else
		returner_work(s);
	if (s->life == 0) {
		s->life = s->workload->lifetime_ops;
		station_return_held(s);
		subject_detach(s->worker);
		member_leave(&s->member);
		member_succeed(&s->member, loop_run, s);
		return false;
	}
	station_finish(s);
	team_wait(s->team);
	s->phases--;
	return true;
}

void *
loop_run(void *argument)
{
	struct station *s = argument;

	member_arrive(&s->member);
	station_attach(s);
	if (!s->in_phase)
		team_wait(s->team);
	while (s->phases > 0)
		if (!phase_run(s))
			return NULL;
	team_wait(s->team);
	station_clear(s);
	team_wait(s->team);
	subject_detach(s->worker);
	return NULL;
}
