/* SPDX-License-Identifier: MIT */
/* pool.hpp, included first and alone: pools, workers and objects as types. */
#include <driftpool/pool.hpp>

#include <cerrno>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
extern "C" {
#include <cmocka.h>
}

#define M 4

static int alive, made;
static bool refuse;

struct alignas(64) thing {
	int value;

	explicit thing(int of = 7) : value(of)
	{
		if (refuse)
			throw std::runtime_error("refused");
		alive++;
		made++;
	}
	thing(const thing &) = delete;
	~thing()
	{
		alive--;
	}
};

using kept = driftpool::worker<thing>;
using fresh = driftpool::worker<thing, driftpool::each_lending>;

static_assert(!std::is_copy_constructible<driftpool::pool<thing>>::value &&
		      !std::is_copy_assignable<kept>::value,
	      "owners are moved");
static_assert(std::is_nothrow_move_constructible<kept>::value &&
		      !std::is_polymorphic<kept>::value,
	      "nothing virtual");
static_assert(sizeof(kept) == sizeof(void *) &&
		      sizeof(driftpool::pool<thing>) == sizeof(void *) &&
		      sizeof(kept::lent) == 2 * sizeof(void *),
	      "no more than what it takes");

static dp_config
config_of(size_t max_objects)
{
	dp_config config = DP_CONFIG_INIT;

	config.magazine_size = M;
	config.max_objects = max_objects;
	return config;
}

static int
begin(void **)
{
	alive = made = 0;
	refuse = false;
	return 0;
}

static uint64_t
in_use(dp_pool *pool)
{
	dp_stats stats;

	dp_pool_stats(pool, &stats);
	return stats.in_use;
}

static void
once_constructs_at_the_first_lending_alone(void **)
{
	{
		driftpool::pool<thing> pool(config_of(0));
		kept worker(pool);

		for (int i = 0; i < 3 * M; i++) {
			kept::lent lent = worker.lend();

			assert_int_equal(lent->value, 7 + i);
			assert_int_equal((uintptr_t)lent.get() % 64, 0);
			lent->value++;
		}
		assert_int_equal(made, 1);
		assert_int_equal(alive, 1);
	}
	assert_int_equal(alive, 0);
}

static void
each_lending_constructs_with_its_arguments(void **)
{
	driftpool::pool<thing, driftpool::each_lending> pool(config_of(0));
	fresh worker(pool);

	for (int i = 0; i < 3 * M; i++) {
		fresh::lent lent = worker.lend(i);

		assert_int_equal(lent->value, i);
		assert_int_equal(alive, 1);
	}
	assert_int_equal(made, 3 * M);
	assert_int_equal(alive, 0);
}

template <class Worker>
static void
refuses(Worker &worker)
{
	bool caught = false;

	refuse = true;
	try {
		worker.lend();
	} catch (const std::runtime_error &error) {
		caught = true;
		assert_string_equal(error.what(), "refused");
	}
	refuse = false;
	assert_true(caught);
}

static void
what_a_constructor_throws_gets_to_the_borrower(void **)
{
	driftpool::pool<thing> pool(config_of(0));
	kept worker(pool);

	refuses(worker);
	assert_true(driftpool::thrown() == nullptr);
	refuse = true;
	assert_null(worker.borrow());
	assert_int_equal(errno, ECANCELED);
	refuse = false;
	assert_int_equal(in_use(pool.get()), 0);
	assert_int_equal(worker.lend()->value, 7);
	assert_int_equal(dp_pool_audit(pool.get()), 0);
}

static void
what_a_lending_throws_returns_the_memory(void **)
{
	driftpool::pool<thing, driftpool::each_lending> pool(config_of(1));
	fresh worker(pool);

	for (int i = 0; i < 3 * M; i++)
		refuses(worker);
	assert_int_equal(in_use(pool.get()), 0);
	assert_int_equal(worker.lend(3)->value, 3);
}

static void
other_failures_are_system_errors(void **)
{
	driftpool::pool<thing> pool(config_of(1));
	kept worker(pool);
	kept::lent lent = worker.lend();
	int code = 0;

	try {
		worker.lend();
	} catch (const std::system_error &error) {
		code = error.code().value();
	}
	assert_int_equal(code, EAGAIN);
	code = 0;
	try {
		dp_config config = config_of(0);

		config.magazine_size = 1;
		driftpool::pool<thing> refused(config);
	} catch (const std::system_error &error) {
		code = error.code().value();
	}
	assert_int_equal(code, EINVAL);
}

static void
owners_and_objects_move(void **)
{
	driftpool::pool<thing> pool(config_of(0));
	driftpool::pool<thing> moved(std::move(pool));
	kept first(moved), second(moved);
	kept third(std::move(first));

	assert_null(pool.get());
	assert_null(first.get());
	kept::lent lent = second.adopt(third.lend());
	thing *object = lent.get();

	lent.reset();
	/* It lies in the cache of the one that adopted it. */
	assert_ptr_equal(second.borrow(), object);
	assert_int_equal(moved.destroy(), -EBUSY);
	third.give_back(object);
	assert_int_equal(in_use(moved.get()), 0);
}

static dp_pool *the_pool;

static dp_pool *
find()
{
	return the_pool;
}

static void
a_deleter_without_state_returns_by_the_thread(void **)
{
	driftpool::pool<thing> pool(config_of(0));

	the_pool = pool.get();
	{
		std::unique_ptr<thing, driftpool::returner_to<thing, find>>
			lent(static_cast<thing *>(dp_pool_borrow(the_pool)));

		static_assert(sizeof(lent) == sizeof(void *), "a word");
		assert_int_equal(in_use(the_pool), 1);
	}
	assert_int_equal(in_use(the_pool), 0);
	assert_int_equal(pool.destroy(), 0);
}

int
main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			once_constructs_at_the_first_lending_alone, begin),
		cmocka_unit_test_setup(
			each_lending_constructs_with_its_arguments, begin),
		cmocka_unit_test_setup(
			what_a_constructor_throws_gets_to_the_borrower, begin),
		cmocka_unit_test_setup(what_a_lending_throws_returns_the_memory,
				       begin),
		cmocka_unit_test_setup(other_failures_are_system_errors, begin),
		cmocka_unit_test_setup(owners_and_objects_move, begin),
		cmocka_unit_test_setup(
			a_deleter_without_state_returns_by_the_thread, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
