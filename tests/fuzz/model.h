/* SPDX-License-Identifier: MIT */
/*
 * A pool and what it must be, by a model for one thread: who holds which
 * object, how many were constructed, destructed and reserved, how many workers
 * there are.  Every call is made through here; the model says what may come of
 * it, and afterwards all numbers must agree, the audit be clean and the bound
 * hold.  What does not ends the program.
 */
#ifndef MODEL_H
#define MODEL_H

#include <driftpool/pool.h>

#include <stdbool.h>

#define MODEL_WORKERS 4
#define MODEL_HELD_MAX 256

/*
 * Invariant: held[0..n_held) are lent; workers[i] is attached or NULL, and
 * parked[i] only if others may take what its cache holds;
 * last[i] was returned last on worker i and lies on top of its cache, or NULL.
 */
struct model {
	struct dp_pool *pool;
	size_t magazine_size;
	struct dp_worker *workers[MODEL_WORKERS];
	bool parked[MODEL_WORKERS];
	void *last[MODEL_WORKERS];
	bool thread_attached;
	void *held[MODEL_HELD_MAX];
	size_t n_held, peak_held;
	size_t constructed, destructed, reserved;
	size_t peak_workers;
	/* Constructions until one is refused, counted down; 0: none is. */
	size_t refuse_in;
	/* Since the call began. */
	bool refused;
};

void model_create(struct model *model, unsigned magazine_size);

/* Gives everything back, and sees all of it destructed. */
void model_end(struct model *model);

/* All numbers against each other; between calls. */
void model_check(struct model *model);

/*
 * The next call: its fail_at-th allocation from 1 fails, and its refuse_in-th
 * construction; 0: none.
 */
void model_prepare(struct model *model, unsigned fail_at, unsigned refuse_in);

void model_attach(struct model *model, unsigned worker);
void model_detach(struct model *model, unsigned worker);
void model_borrow(struct model *model, unsigned worker);
void model_return(struct model *model, unsigned worker, size_t held);
void model_borrow_bulk(struct model *model, unsigned worker, size_t n);
void model_return_bulk(struct model *model, unsigned worker, size_t n);
void model_borrow_thread(struct model *model);
void model_return_thread(struct model *model, size_t held);
void model_detach_thread(struct model *model);
void model_place(struct model *model, unsigned worker, int cpu);
void model_park(struct model *model, unsigned worker);
void model_reserve(struct model *model, size_t n);
void model_trim(struct model *model, size_t keep);

/* Refused if it must be; else the pool is made again. */
void model_destroy(struct model *model);

/* Others may have taken what parked workers left. */
void model_take_over(struct model *model);

/* Somebody borrowed: who could not construct may have taken over. */
void model_borrowed(struct model *model);

/* Is there no other worker than parked ones? */
bool model_all_parked(const struct model *model);

/* Makes and destroys a pool of any configuration, or sees it refused. */
void model_configure(const struct dp_config *config, int expected_errno);

#endif
