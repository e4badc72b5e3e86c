/* SPDX-License-Identifier: MIT */
/*
 * Memory fails at every single allocation: each time the call says so, leaves
 * the pool as it was, and succeeds when it is made again with memory to be had.
 */
#include <driftpool/pool.h>

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

#include "support/allocator.h"
#include "support/books.h"

#define M 4
#define N_OBJECTS (3 * M)

/* What the constructor and the destructor have seen. */
struct seen {
	uint64_t constructed;
	uint64_t destructed;
};

static int
construct(void *object, void *arg)
{
	struct seen *seen = arg;

	memset(object, 1, 40);
	seen->constructed++;
	return 0;
}

static void
destruct(void *object, void *arg)
{
	struct seen *seen = arg;

	memset(object, 0, 40);
	seen->destructed++;
}

static struct dp_pool *
create(struct seen *seen)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "memory_test";
	config.object_size = 40;
	config.magazine_size = M;
	config.construct = construct;
	config.destruct = destruct;
	config.arg = seen;
	return dp_pool_create(&config);
}

/* A pool's life, one step after the other. */
struct life {
	struct seen seen;
	struct dp_pool *pool;
	struct dp_worker *a, *b;
	void *objects[N_OBJECTS];
	size_t n_objects;
};

static int
or_errno(const void *made)
{
	return made ? 0 : -errno;
}

static int
make_pool(struct life *life)
{
	life->pool = create(&life->seen);
	return or_errno(life->pool);
}

static int
attach_a(struct life *life)
{
	life->a = dp_worker_attach(life->pool);
	return or_errno(life->a);
}

static int
attach_b(struct life *life)
{
	life->b = dp_worker_attach(life->pool);
	return or_errno(life->b);
}

static int
borrow_on_a(struct life *life)
{
	void *object = dp_borrow(life->a);

	if (object)
		life->objects[life->n_objects++] = object;
	return or_errno(object);
}

static int
borrow_bulk_on_a(struct life *life)
{
	size_t n = dp_borrow_bulk(life->a, life->objects + life->n_objects, 1);

	life->n_objects += n;
	return n == 1 ? 0 : -errno;
}

static int
return_on_b(struct life *life)
{
	dp_return(life->b, life->objects[--life->n_objects]);
	return 0;
}

static int
reserve(struct life *life)
{
	return leaks() ? 0 : dp_pool_reserve(life->pool, 2 * M + 1);
}

static int
trim(struct life *life)
{
	dp_pool_trim(life->pool, M);
	return 0;
}

static int
detach_a(struct life *life)
{
	dp_worker_detach(life->a);
	return 0;
}

static int
detach_b(struct life *life)
{
	dp_worker_detach(life->b);
	return 0;
}

static int
destroy(struct life *life)
{
	int status = dp_pool_destroy(life->pool);

	if (status == 0)
		life->pool = NULL;
	return status;
}

static const struct step {
	int (*run)(struct life *life);
	int times;
	bool needs_memory;
} steps[] = {
	{ make_pool, 1, true },        { attach_a, 1, true },
	{ attach_b, 1, true },         { borrow_on_a, 2 * M, true },
	{ borrow_bulk_on_a, M, true }, { return_on_b, 3 * M, false },
	{ reserve, 1, true },          { borrow_on_a, 3 * M, false },
	{ return_on_b, 3 * M, false }, { trim, 1, false },
	{ detach_b, 1, false },        { trim, 1, false },
	{ detach_a, 1, false },        { destroy, 1, false },
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

/*
 * Takes one step.  Returns whether it failed, and if so, after it was seen to
 * have changed nothing and was taken again with memory to be had.
 */
static bool
step_fails_cleanly(const struct step *step, struct life *life)
{
	bool had_pool = life->pool != NULL;
	struct dp_stats before = { 0 }, after = { 0 };

	if (had_pool)
		before = books(life->pool);
	int status = step->run(life);

	if (status == 0)
		return false;
	assert_int_equal(status, -ENOMEM);
	assert_true(allocator_failed());
	allocator_fail(0, 0);
	if (had_pool) {
		after = books(life->pool);
		assert_memory_equal(&before, &after, sizeof(before));
		balanced_stats(life->pool);
	}
	assert_int_equal(step->run(life), 0);
	return true;
}

/*
 * Lives a life in which n allocations fail, starting with the first-th.
 * Returns whether it got that far; marks in `hit` which step could not do
 * without.
 */
static bool
live_with_failure(unsigned long first, unsigned long n, bool hit[N_STEPS])
{
	struct life life = { .n_objects = 0 };
	long live = allocator_live();
	bool reached = false;

	allocator_fail(first, n);
	for (size_t i = 0; i < N_STEPS; i++) {
		for (int turn = 0; turn < steps[i].times; turn++) {
			if (step_fails_cleanly(&steps[i], &life))
				hit[i] = reached = true;
			reached = reached || allocator_failed();
		}
	}
	assert_null(life.pool);
	assert_int_equal(life.seen.constructed, life.seen.destructed);
	assert_int_equal(allocator_live(), live);
	allocator_fail(0, 0);
	return reached;
}

static void
assert_every_failure_is_clean(unsigned long n)
{
	bool hit[N_STEPS] = { false };
	unsigned long first = 1;

	while (live_with_failure(first, n, hit))
		first++;
	/* It went past the last allocation, and met each kind of step. */
	assert_true(first > N_OBJECTS);
	for (size_t i = 0; i < N_STEPS; i++)
		assert_true(hit[i] || !steps[i].needs_memory ||
			    (steps[i].run == reserve && leaks()));
}

static void
one_allocation_that_fails_anywhere_is_enomem_and_changes_nothing(void **state)
{
	(void)state;
	assert_every_failure_is_clean(1);
}

static void
memory_that_runs_out_anywhere_is_enomem_and_changes_nothing(void **state)
{
	(void)state;
	assert_every_failure_is_clean(ALLOCATOR_FOREVER);
}

/* Calls that fail again and again; each undoes what it did if it did not. */
static int
attach_or_fail(struct life *life)
{
	int status = attach_b(life);

	if (status == 0)
		dp_worker_detach(life->b);
	return status;
}

static int
borrow_or_fail(struct life *life)
{
	int status = borrow_on_a(life);

	if (status == 0)
		dp_return(life->a, life->objects[--life->n_objects]);
	dp_pool_trim(life->pool, 0);
	return status;
}

static int
reserve_or_fail(struct life *life)
{
	int status = reserve(life);

	dp_pool_trim(life->pool, 0);
	return status;
}

static void
failure_again_and_again_does_not_cost_memory(void **state)
{
	static int (*const calls[])(struct life * life) = {
		attach_or_fail,
		borrow_or_fail,
		reserve_or_fail,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct life life = { .n_objects = 0 };

		make_pool(&life);
		attach_a(&life);
		calls[i](&life);
		for (unsigned long first = 1; first < 20; first++) {
			long live = allocator_live();

			for (int turn = 0; turn < 300; turn++) {
				allocator_fail(first, 1);
				calls[i](&life);
			}
			allocator_fail(0, 0);
			assert_int_equal(allocator_live(), live);
		}
		detach_a(&life);
		assert_int_equal(destroy(&life), 0);
	}
}

static void
audit_without_memory_says_enomem_or_does_without(void **state)
{
	struct seen seen = { 0 };
	struct dp_pool *pool = create(&seen);
	struct dp_worker *worker = dp_worker_attach(pool);
	unsigned long first = 0;
	int status;

	(void)state;
	dp_return(worker, dp_borrow(worker));
	do {
		allocator_fail(++first, 1);
		status = dp_pool_audit(pool);
		assert_int_equal(status, allocator_failed() ? -ENOMEM : 0);
	} while (status != 0);
	allocator_fail(0, 0);
	dp_worker_detach(worker);
	assert_int_equal(dp_pool_destroy(pool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			one_allocation_that_fails_anywhere_is_enomem_and_changes_nothing),
		cmocka_unit_test(
			memory_that_runs_out_anywhere_is_enomem_and_changes_nothing),
		cmocka_unit_test(failure_again_and_again_does_not_cost_memory),
		cmocka_unit_test(
			audit_without_memory_says_enomem_or_does_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
