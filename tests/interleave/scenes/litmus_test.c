/* SPDX-License-Identifier: MIT */
/*
 * The checker checked: what C11 allows of a few small programs it must find,
 * what C11 forbids it must not.  One outcome that C11 allows, load buffering,
 * is not explored.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "checker/interleave.h"
#include "checker/lock.h"

#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#define SEQ_CST memory_order_seq_cst

static _Atomic int x, y;
static int plain, saw[4];
static char mutex;   /* begin() and end() take it, too, as a pool's do */
static bool reached; /* in any execution */

/* --- What threads do ----------------------------------------------------- */

/* clang-format off */
#define STORE(object, value, order) \
	atomic_store_explicit(&(object), value, order)
#define LOAD(object, order) atomic_load_explicit(&(object), order)
#define THREAD(name, body) \
	static void name(void *unused) \
	{ \
		(void)unused; \
		body \
	}

THREAD(x_then_load_y, STORE(x, 1, RELAXED); saw[0] = LOAD(y, RELAXED);)
THREAD(y_then_load_x, STORE(y, 1, RELAXED); saw[1] = LOAD(x, RELAXED);)
THREAD(x_then_load_y_sc, STORE(x, 1, SEQ_CST); saw[0] = LOAD(y, SEQ_CST);)
THREAD(y_then_load_x_sc, STORE(y, 1, SEQ_CST); saw[1] = LOAD(x, SEQ_CST);)
THREAD(x_then_y, STORE(x, 1, RELAXED); STORE(y, 1, RELAXED);)
THREAD(x_then_y_release, STORE(x, 1, RELAXED); STORE(y, 1, RELEASE);)
THREAD(x_then_y_twice, STORE(x, 1, RELAXED); STORE(y, 1, RELEASE);
       STORE(y, 2, RELAXED);)
THREAD(y_then_x, saw[0] = LOAD(y, RELAXED); saw[1] = LOAD(x, RELAXED);)
THREAD(y_acquire_then_x, saw[0] = LOAD(y, ACQUIRE);
       saw[1] = LOAD(x, RELAXED);)
THREAD(y_acquire_then_x_2, saw[2] = LOAD(y, ACQUIRE);
       saw[3] = LOAD(x, ACQUIRE);)
THREAD(x_acquire_then_y, saw[0] = LOAD(x, ACQUIRE);
       saw[1] = LOAD(y, ACQUIRE);)
THREAD(add_y, atomic_fetch_add_explicit(&y, 1, RELAXED);)
THREAD(x_twice, STORE(x, 1, RELAXED); STORE(x, 2, RELAXED);)
THREAD(load_x_twice, saw[0] = LOAD(x, RELAXED); saw[1] = LOAD(x, RELAXED);)
THREAD(store_x, STORE(x, 1, RELEASE);)
THREAD(store_y, STORE(y, 1, RELEASE);)
THREAD(load_x_then_y, saw[0] = LOAD(x, RELAXED); STORE(y, 1, RELAXED);)
THREAD(load_y_then_x, saw[1] = LOAD(y, RELAXED); STORE(x, 1, RELAXED);)
THREAD(plain_then_x, plain = 1; STORE(x, 1, RELEASE);)
THREAD(x_then_plain, STORE(x, 1, RELEASE); plain = 1;)
THREAD(x_acquire_plain, if (LOAD(x, ACQUIRE)) saw[0] = plain;)
THREAD(x_relaxed_plain, if (LOAD(x, RELAXED)) saw[0] = plain;)
THREAD(weak, int zero = 0;
       saw[0] = !atomic_compare_exchange_weak_explicit(&x, &zero, 1, RELAXED,
						       RELAXED);)
THREAD(section, lock_read_begin(); saw[0] = LOAD(x, RELAXED);
       saw[1] = LOAD(y, RELAXED); lock_read_end();)
THREAD(x_then_y_then_lock, STORE(x, 1, RELAXED); STORE(y, 1, RELAXED);
       lock_take(&mutex); lock_give(&mutex);)
THREAD(lock_then_y_then_x, lock_take(&mutex); lock_give(&mutex);
       saw[0] = LOAD(y, RELAXED); saw[1] = LOAD(x, RELAXED);)
THREAD(grace, STORE(x, 1, RELAXED); lock_synchronize();
       STORE(y, 1, RELAXED);)
THREAD(wait_only, lock_synchronize();)
THREAD(section_then_y_then_x, lock_read_begin(); lock_read_end();
       saw[0] = LOAD(y, RELAXED); lock_read_begin();
       saw[1] = LOAD(x, RELAXED); lock_read_end();)
/* clang-format on */

/* --- Programs ------------------------------------------------------------ */

enum expected { FORBIDDEN, ALLOWED, RACE, NO_RACE };

/* clang's hooks are not told that an exchange is weak. */
#ifdef __clang__
#define SPURIOUS FORBIDDEN
#else
#define SPURIOUS ALLOWED
#endif

static bool
both_0(void)
{
	return saw[0] == 0 && saw[1] == 0;
}

static bool
new_then_old(void)
{
	return saw[0] == 1 && saw[1] == 0;
}

static bool
second_then_old(void)
{
	return saw[0] == 2 && saw[1] == 0;
}

static bool
backwards(void)
{
	return saw[0] == 2 && saw[1] == 1;
}

static bool
disagree(void)
{
	return saw[0] && !saw[1] && saw[2] && !saw[3];
}

static bool
both_1(void)
{
	return saw[0] && saw[1];
}

static bool
old_then_new(void)
{
	return saw[0] == 0 && saw[1] == 1;
}

static bool
first_set(void)
{
	return saw[0] != 0;
}

static const struct program {
	const char *name;
	enum expected expected;
	bool (*outcome)(void);
	void (*threads[4])(void *);
} programs[] = {
	{ "store-buffering",
	  ALLOWED,
	  both_0,
	  { x_then_load_y, y_then_load_x } },
	{ "store-buffering-seq-cst",
	  FORBIDDEN,
	  both_0,
	  { x_then_load_y_sc, y_then_load_x_sc } },
	{ "message", ALLOWED, new_then_old, { x_then_y, y_then_x } },
	{ "message-release-only",
	  ALLOWED,
	  new_then_old,
	  { x_then_y_release, y_then_x } },
	{ "message-acquire-only",
	  ALLOWED,
	  new_then_old,
	  { x_then_y, y_acquire_then_x } },
	{ "message-release-acquire",
	  FORBIDDEN,
	  new_then_old,
	  { x_then_y_release, y_acquire_then_x } },
	{ "release-sequence",
	  FORBIDDEN,
	  second_then_old,
	  { x_then_y_release, add_y, y_acquire_then_x } },
	{ "release-sequence-cut",
	  ALLOWED,
	  second_then_old,
	  { x_then_y_twice, y_acquire_then_x } },
	{ "coherence", FORBIDDEN, backwards, { x_twice, load_x_twice } },
	{ "independent-writers",
	  ALLOWED,
	  disagree,
	  { store_x, store_y, x_acquire_then_y, y_acquire_then_x_2 } },
	/* C11 allows it, and so do processors; it is not explored. */
	{ "load-buffering",
	  FORBIDDEN,
	  both_1,
	  { load_x_then_y, load_y_then_x } },
	{ "weak-exchange", SPURIOUS, first_set, { weak } },
	{ "message-locked-too-early",
	  ALLOWED,
	  new_then_old,
	  { x_then_y_then_lock, lock_then_y_then_x } },
	{ "grace-period", FORBIDDEN, old_then_new, { section, grace } },
	{ "grace-period-over",
	  FORBIDDEN,
	  new_then_old,
	  { section_then_y_then_x, wait_only, grace } },
	{ "plain-published", NO_RACE, NULL, { plain_then_x, x_acquire_plain } },
	{ "plain-unpublished", RACE, NULL, { plain_then_x, x_relaxed_plain } },
	{ "plain-after-release",
	  RACE,
	  NULL,
	  { x_then_plain, x_acquire_plain } },
};
static const struct program *program;

static void
begin(void)
{
	memset(saw, 0, sizeof(saw));
	atomic_init(&x, 0);
	atomic_init(&y, 0);
	lock_take(&mutex);
	lock_give(&mutex);
	for (int i = 0; i < 4 && program->threads[i]; i++)
		interleave_start(program->threads[i], NULL);
}

static void
end(void)
{
	lock_take(&mutex);
	lock_give(&mutex);
	if (program->outcome && program->outcome())
		reached = true;
}

/* All executions, and did what they show agree with C11? */
static bool
is_as_expected(void)
{
	struct scene scene = { program->name, begin, end, { 9, 9, 1 } };
	char name[] = "litmus", samples[] = "--samples", none[] = "0";
	char caught[] = "--caught";
	char *arguments[] = { name, samples, none, caught, NULL };
	int n = program->expected == RACE ? 4 : 3;

	reached = false;
	int status = interleave_main(n, arguments, &scene, 1);
	return status == 0 && reached == (program->expected == ALLOWED);
}

int
main(void)
{
	size_t n = sizeof(programs) / sizeof(programs[0]), wrong = 0;

	for (program = programs; program < programs + n; program++)
		if (!is_as_expected()) {
			printf("%s: not as expected\n", program->name);
			wrong++;
		}
	printf("%zu of %zu programs as expected\n", n - wrong, n);
	return wrong > 0;
}
