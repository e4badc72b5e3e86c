/* SPDX-License-Identifier: MIT */
/*
 * The measured operations.  It is the same source for every subject: borrow,
 * touch, and once `hold` objects are out, let the oldest go where the table
 * says.  No division and, where nothing crosses, no random number; a timestamp
 * only in the variant that is there for it.
 */
#include "operate.h"

#include <errno.h>
#include <sched.h>

#include "base/random.h"
#include "load/think.h"

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
 * Is an operation an exchange with what the workers share, given that what is
 * at hand does not serve it?
 */
static inline bool
station_exchanges(struct station *s, bool unserved, bool returns)
{
	bool spare_serves = subject_has_spare() && s->spare_full != returns;

	if (!unserved)
		return false;
	s->spare_full = returns;
	return !spare_serves;
}

/* `timed` is a constant where these are inlined. */
static inline void *
station_borrow(struct station *s, struct subject_worker worker, bool crosses,
	       bool timed)
{
	bool due, exchanges;
	uint64_t begin, cycles;
	void *object;

	if (!timed)
		return subject_borrow(worker, crosses);
	due = latency_due(s->latency);
	exchanges =
		station_exchanges(s, subject_borrow_exchanges(worker), false);
	if (!due && !exchanges)
		return subject_borrow(worker, crosses);
	begin = cycles_begin();
	object = subject_borrow(worker, crosses);
	cycles = cycles_end() - begin;
	/* If nothing is at hand still, the object was constructed. */
	exchanges = exchanges && !subject_borrow_exchanges(worker);
	latency_add(s->latency, cycles, due, exchanges);
	return object;
}

static inline void
station_return(struct station *s, struct subject_worker worker, void *object,
	       bool crosses, bool timed)
{
	bool due, exchanges;
	uint64_t begin;

	due = timed && latency_due(s->latency);
	exchanges = timed && station_exchanges(
				     s, subject_return_exchanges(worker), true);
	if (!due && !exchanges) {
		subject_return(worker, object, crosses);
		return;
	}
	begin = cycles_begin();
	subject_return(worker, object, crosses);
	latency_add(s->latency, cycles_end() - begin, due, exchanges);
}

/*
 * Returns what has arrived through the next ring in turn, at most a burst.
 * One ring a time costs the same however many there are, and all get theirs.
 */
static inline __attribute__((always_inline)) uint32_t
station_drain(struct station *s, struct subject_worker worker, bool timed)
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

		if (__builtin_expect(touch, 1))
			object_update(object);
		station_return(s, worker, object, true, timed);
	}
	ring_release(ring, n);
	s->received += n;
	s->idle = 0;
	return n;
}

void
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
		if (station_receive(s) == 0)
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

/* n operations; both flags are constants where this is inlined. */
static inline __attribute__((always_inline)) void
operate(struct station *s, uint32_t n, bool crosses, bool timed)
{
	/* Read once: the compiler must suppose that anything changes. */
	const struct subject_worker worker = s->worker;
	const bool touch = s->touch;
	const bool thinks = s->think_turns > 0;
	const uint32_t delay = s->delay;
	const unsigned self = s->index;
	uint64_t numbers = crosses ? s->numbers : 0;
	uint32_t drawn = crosses ? s->drawn : 0;
	uint32_t kept = 0;
	uint32_t sent = 0;

	for (uint32_t i = 0; i < n; i++) {
		void *object;
		unsigned to = self;

		if (crosses)
			station_drain(s, worker, timed);
		object = station_borrow(s, worker, crosses, timed);
		if (__builtin_expect(object == NULL, 0))
			team_fail("borrow an object", errno);
		if (__builtin_expect(touch, 1))
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
			numbers = drawn++ % 4 == 0 ? random_next(&s->random)
						   : numbers >> 16;
			to = s->destinations[numbers % WORKLOAD_TABLE_ENTRIES];
		}
		if (to == self) {
			station_return(s, worker, object, crosses, timed);
			kept++;
			continue;
		}
		if (__builtin_expect(
			    !ring_push(s->outbox[to], object, s->burst), 0))
			station_send_slow(s, s->outbox[to], object);
		sent++;
	}
	if (crosses) {
		s->numbers = numbers;
		s->drawn = drawn;
	}
	s->borrowed += n;
	s->kept += kept;
	s->sent += sent;
}

/* Not inlined, so that each loop has the registers to itself. */
static __attribute__((noinline)) void
operate_crossing(struct station *s, uint32_t n)
{
	operate(s, n, true, false);
}

static __attribute__((noinline)) void
operate_staying(struct station *s, uint32_t n)
{
	operate(s, n, false, false);
}

static __attribute__((noinline)) void
operate_timed(struct station *s, uint32_t n)
{
	if (s->crosses)
		operate(s, n, true, true);
	else
		operate(s, n, false, true);
}

void
station_operate(struct station *s, uint32_t n)
{
	if (s->latency != NULL)
		operate_timed(s, n);
	else if (s->crosses)
		operate_crossing(s, n);
	else
		operate_staying(s, n);
}

uint32_t
station_receive(struct station *s)
{
	return s->latency != NULL ? station_drain(s, s->worker, true)
				  : station_drain(s, s->worker, false);
}
