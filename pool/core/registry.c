/* SPDX-License-Identifier: MIT */
/*
 * Workers come and go under the lock; readers walk without it.  Whatever a
 * writer changes between the two steps of the generation, it changes by a
 * release store that a reader meets with an acquire load: who has seen any of
 * it also sees the generation odd or moved, and reads again.
 */
#include "registry.h"

#include <stdbool.h>
#include <urcu/urcu-bp.h>

#include "check/tsan.h"
#include "memory/uncancelled.h"
#include "worker.h"

/* After so many reads that were disturbed, a reader takes the lock. */
#define READ_ATTEMPTS 8

/*
 * ThreadSanitizer cannot see that a grace period orders, so it is told; at an
 * address of its own, for a mutex's unlock would wipe out what it was told.
 */
static char grace_period;

void
dp__registry_read_begin(void)
{
	urcu_bp_read_lock();
}

void
dp__registry_read_end(void)
{
	TSAN_RELEASE(&grace_period);
	urcu_bp_read_unlock();
}

/* It polls, which is a cancellation point, under locks of liburcu. */
static void
wait_for_readers(void)
{
	UNCANCELLED;

	urcu_bp_synchronize_rcu();
	TSAN_ACQUIRE(&grace_period);
}

int
dp__registry_init(struct registry *registry)
{
	atomic_init(&registry->generation, 0);
	atomic_init(&registry->first, NULL);
	for (enum count i = 0; i < N_COUNTS; i++)
		atomic_init(&registry->departed.of[i], 0);
	atomic_init(&registry->n_workers, 0);
	atomic_init(&registry->peak_workers, 0);
	return -pthread_mutex_init(&registry->lock, NULL);
}

void
dp__registry_fini(struct registry *registry)
{
	pthread_mutex_destroy(&registry->lock);
}

uint32_t
dp__registry_workers(const struct registry *registry)
{
	/*
	 * R1 acquire: pairs with R3 and R4.  Who sees the last one go may
	 * destroy; who sees one come sees the peak.
	 */
	return atomic_load_explicit(&registry->n_workers, memory_order_acquire);
}

uint32_t
dp__registry_peak(const struct registry *registry)
{
	/* R2 relaxed: R1 before it shows what it has to. */
	return atomic_load_explicit(&registry->peak_workers,
				    memory_order_relaxed);
}

void
dp__registry_left(struct registry *registry)
{
	/* R3 release: pairs with R1.  The leaver's last touch of the pool. */
	atomic_fetch_sub_explicit(&registry->n_workers, 1,
				  memory_order_release);
}

/*
 * The peak first: who reads it after the number never finds it the smaller.
 * pre: the lock is held
 */
static void
count_one_more(struct registry *registry)
{
	uint32_t n = dp__registry_workers(registry) + 1;

	if (n > dp__registry_peak(registry))
		/* R5 relaxed: R4 publishes it. */
		atomic_store_explicit(&registry->peak_workers, n,
				      memory_order_relaxed);
	/* R4 release: pairs with R1.  Publishes the peak. */
	atomic_fetch_add_explicit(&registry->n_workers, 1,
				  memory_order_release);
}

struct worker *
dp__registry_first(const struct registry *registry)
{
	/* R6 acquire: pairs with R8 and R9.  Shows the worker. */
	return atomic_load_explicit(&registry->first, memory_order_acquire);
}

struct worker *
dp__registry_next(const struct worker *worker)
{
	/* R7 acquire: pairs with R8 and R9.  Shows the worker. */
	return atomic_load_explicit(&worker->link.next, memory_order_acquire);
}

/*
 * The list is in the order of numbers, and who comes gets the first that nobody
 * has: so metrics have as many of them as there were workers at once.
 */
void
dp__registry_add(struct registry *registry, struct worker *worker)
{
	pthread_mutex_lock(&registry->lock);
	_Atomic(struct worker *) *here = &registry->first;
	struct worker *next = dp__registry_first(registry);
	uint64_t number = 1;

	for (; next && next->link.number == number; number++) {
		here = &next->link.next;
		next = dp__registry_next(next);
	}
	atomic_init(&worker->link.next, next);
	worker->link.here = here;
	worker->link.number = number;
	if (next)
		next->link.here = &worker->link.next;
	/* R8 release: pairs with R6 and R7.  Publishes the worker. */
	atomic_store_explicit(here, worker, memory_order_release);
	count_one_more(registry);
	pthread_mutex_unlock(&registry->lock);
}

/* Who reads it just now goes on by its next.  pre: the lock is held */
static void
unlink_worker(struct worker *worker)
{
	struct worker *next = dp__registry_next(worker);

	/*
	 * R9 release: pairs with R6 and R7.  Who misses the worker sees the
	 * generation odd or moved.
	 */
	atomic_store_explicit(worker->link.here, next, memory_order_release);
	if (next)
		next->link.here = worker->link.here;
}

/* The generation as it is.  pre: the lock is held */
static uint64_t
generation(const struct registry *registry)
{
	/* R10 relaxed: by the lock. */
	return atomic_load_explicit(&registry->generation,
				    memory_order_relaxed);
}

/* pre: the lock is held */
static void
change_begin(struct registry *registry)
{
	/* R11 relaxed: R9 and R13, which follow, publish it. */
	atomic_store_explicit(&registry->generation, generation(registry) + 1,
			      memory_order_relaxed);
}

/* pre: the lock is held */
static void
change_end(struct registry *registry)
{
	/* R12 release: pairs with R15.  Publishes the sums. */
	atomic_store_explicit(&registry->generation, generation(registry) + 1,
			      memory_order_release);
}

/* pre: the lock is held, and a change has begun */
static void
add_departed(struct registry *registry, const struct counts *counts)
{
	for (enum count i = 0; i < N_COUNTS; i++) {
		uint64_t sum = counts_get(&registry->departed, i) +
			       counts_get(counts, i);

		/*
		 * R13 release: pairs with R14.  Who sees it sees the generation
		 * odd or moved.
		 */
		atomic_store_explicit(&registry->departed.of[i], sum,
				      memory_order_release);
	}
}

void
dp__registry_remove(struct registry *registry, struct worker *worker)
{
	pthread_mutex_lock(&registry->lock);
	change_begin(registry);
	add_departed(registry, &worker->seat.counts);
	unlink_worker(worker);
	change_end(registry);
	pthread_mutex_unlock(&registry->lock);
	wait_for_readers();
}

void
dp__registry_fold(struct registry *registry, struct counts *counts)
{
	pthread_mutex_lock(&registry->lock);
	change_begin(registry);
	add_departed(registry, counts);
	change_end(registry);
	pthread_mutex_unlock(&registry->lock);
	/* Plain: these are no worker's, and nobody else reads them. */
	*counts = (struct counts){ 0 };
}

void
dp__registry_sum_locked(const struct registry *registry, struct totals *totals)
{
	totals->cached = 0;
	for (enum count i = 0; i < N_COUNTS; i++)
		/* R14 acquire: pairs with R13. */
		totals->of[i] = atomic_load_explicit(&registry->departed.of[i],
						     memory_order_acquire);
	for (const struct worker *w = dp__registry_first(registry); w;
	     w = dp__registry_next(w)) {
		for (enum count i = 0; i < N_COUNTS; i++)
			totals->of[i] += counts_get(&w->seat.counts, i);
		totals->cached += worker_cached(w);
	}
}

/* Returns whether nothing departed meanwhile. */
static bool
sum_undisturbed(struct registry *registry, struct totals *totals)
{
	dp__registry_read_begin();
	/* R15 acquire: pairs with R12.  Shows the sums of that generation. */
	uint64_t before = atomic_load_explicit(&registry->generation,
					       memory_order_acquire);
	dp__registry_sum_locked(registry, totals);
	/* R16 relaxed: R6, R7 and R14 are acquire loads and come before. */
	uint64_t after = atomic_load_explicit(&registry->generation,
					      memory_order_relaxed);
	dp__registry_read_end();
	return before == after && before % 2 == 0;
}

void
dp__registry_sum(struct registry *registry, struct totals *totals)
{
	for (int i = 0; i < READ_ATTEMPTS; i++)
		if (sum_undisturbed(registry, totals))
			return;
	pthread_mutex_lock(&registry->lock);
	dp__registry_sum_locked(registry, totals);
	pthread_mutex_unlock(&registry->lock);
}

static int64_t
net_flow(const struct counts *counts)
{
	return (int64_t)(counts_get(counts, FLUSHED) -
			 counts_get(counts, REFILLED));
}

size_t
dp__registry_flows(struct registry *registry, struct flow *flows, size_t n,
		   int64_t *departed)
{
	size_t i = 0;

	pthread_mutex_lock(&registry->lock);
	*departed = net_flow(&registry->departed);
	for (const struct worker *w = dp__registry_first(registry); w;
	     w = dp__registry_next(w), i++)
		if (i < n)
			flows[i] = (struct flow){ w->link.number,
						  net_flow(&w->seat.counts) };
	pthread_mutex_unlock(&registry->lock);
	return i;
}
