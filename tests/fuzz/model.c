/* SPDX-License-Identifier: MIT */
/* Every call, what may come of it, and the books after it. */
#include "model.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "support/allocator.h"
#include "support/harness.h"
#include "model_object.h"

static bool
shares(void)
{
	return strcmp(dp_backend_name(), "none") != 0;
}

static void
must(const char *claim, bool holds)
{
	harness_equal(claim, true, holds);
}

/* --- The books ----------------------------------------------------------- */

static size_t
n_workers(const struct model *model)
{
	size_t n = model->thread_attached;

	for (int i = 0; i < MODEL_WORKERS; i++)
		n += model->workers[i] != NULL;
	return n;
}

static void
see_peaks(struct model *model, size_t in_use)
{
	size_t n = n_workers(model);

	if (n > model->peak_workers)
		model->peak_workers = n;
	if (in_use > model->peak_held)
		model->peak_held = in_use;
}

static struct dp_stats
stats_of(struct model *model)
{
	struct dp_stats stats;

	dp_pool_stats(model->pool, &stats);
	return stats;
}

void
model_check(struct model *model)
{
	size_t footprint = model->constructed - model->destructed;
	size_t workers = model->peak_workers;
	size_t bound = model->peak_held + model->reserved +
		       (workers ? workers - 1 : 0) * 2 * model->magazine_size;

	allocator_fail(0, 0);
	model->refuse_in = 0;
	model->refused = false;
	struct dp_stats stats = stats_of(model);

	harness_equal("audit", 0, (uint64_t)dp_pool_audit(model->pool));
	harness_equal("in use", model->n_held, stats.in_use);
	harness_equal("destructed", model->destructed, stats.destructed);
	harness_equal("constructed", model->constructed, stats.constructed);
	harness_equal("reserved", model->reserved, stats.reserved);
	harness_equal("workers", n_workers(model), stats.workers);
	harness_equal("peak workers", model->peak_workers, stats.peak_workers);
	harness_equal("in all places", footprint,
		      stats.in_use + stats.cached + stats.depot);
	harness_equal("bound", shares() ? bound : SIZE_MAX,
		      dp_pool_bound(model->pool, model->peak_held));
	if (!shares())
		return;
	must("the footprint is within the bound", footprint <= bound);
	must("caches hold 2M each at most",
	     stats.cached <= stats.workers * 2 * model->magazine_size);
}

void
model_prepare(struct model *model, unsigned fail_at, unsigned refuse_in)
{
	allocator_fail(fail_at, 1);
	model->refuse_in = refuse_in;
}

/* A call that gave less than asked for: is there a reason, and is it told? */
static void
check_errno(const struct model *model, int error)
{
	must("a call that fails has a reason",
	     model->refused || allocator_failed());
	if (!model->refused)
		harness_equal("errno", ENOMEM, (uint64_t)error);
	else if (!allocator_failed())
		harness_equal("errno", MODEL_REFUSAL, (uint64_t)error);
}

/* --- Workers ------------------------------------------------------------- */

void
model_attach(struct model *model, unsigned worker)
{
	if (model->workers[worker])
		return;
	errno = 0;
	model->workers[worker] = dp_worker_attach(model->pool);
	if (!model->workers[worker])
		check_errno(model, errno);
	model->last[worker] = NULL;
	model->parked[worker] = false;
	see_peaks(model, model->n_held);
}

void
model_detach(struct model *model, unsigned worker)
{
	dp_worker_detach(model->workers[worker]);
	model->workers[worker] = NULL;
	model->parked[worker] = false;
}

void
model_place(struct model *model, unsigned worker, int cpu)
{
	if (!model->workers[worker])
		return;
	dp_worker_place(model->workers[worker], cpu);
	dp_worker_bind(model->workers[worker]);
}

void
model_detach_thread(struct model *model)
{
	dp_thread_detach(model->pool);
	model->thread_attached = false;
}

/* --- Objects come and go ------------------------------------------------- */

/* New ones only if the shared pool had none. */
static void
check_thrift(const struct model *model, size_t constructed_before,
	     const struct dp_stats *before)
{
	size_t n = model->constructed - constructed_before;

	must("objects are constructed only if none is to be had",
	     n == 0 || before->depot == 0 || !shares());
}

void
model_borrow(struct model *model, unsigned worker)
{
	if (!model->workers[worker] || model->n_held == MODEL_HELD_MAX)
		return;
	struct dp_stats before = stats_of(model);
	size_t constructed = model->constructed;

	see_peaks(model, model->n_held + 1);
	errno = 0;
	void *object = dp_borrow(model->workers[worker]);

	model->parked[worker] = false;
	model_borrowed(model);
	if (!object) {
		check_errno(model, errno);
		return;
	}
	model_hold(model, object);
	check_thrift(model, constructed, &before);
	if (model->last[worker])
		must("what was returned last is lent next",
		     object == model->last[worker]);
	model->last[worker] = NULL;
}

void
model_return(struct model *model, unsigned worker, size_t held)
{
	if (!model->workers[worker] || model->n_held == 0)
		return;
	size_t destructed = model->destructed;
	void *object = model_let_go(model, held % model->n_held);

	dp_return(model->workers[worker], object);
	model->parked[worker] = false;
	if (model->destructed == destructed) {
		model->last[worker] = object;
		return;
	}
	must("a return destructs only without memory", allocator_failed());
	harness_equal("objects that a return destructs", destructed + 1,
		      model->destructed);
}

void
model_borrow_bulk(struct model *model, unsigned worker, size_t n)
{
	void *objects[MODEL_HELD_MAX];

	if (!model->workers[worker])
		return;
	if (n > MODEL_HELD_MAX - model->n_held)
		n = MODEL_HELD_MAX - model->n_held;
	see_peaks(model, model->n_held + n);
	errno = 0;
	size_t got = dp_borrow_bulk(model->workers[worker], objects, n);
	int error = errno;

	model->parked[worker] = false;
	model_borrowed(model);
	if (got < n)
		check_errno(model, error);
	for (size_t i = 0; i < got; i++)
		model_hold(model, objects[i]);
	if (n > 0)
		model->last[worker] = NULL;
}

void
model_return_bulk(struct model *model, unsigned worker, size_t n)
{
	void *objects[MODEL_HELD_MAX] = { NULL };
	size_t destructed = model->destructed;

	if (!model->workers[worker])
		return;
	if (n > model->n_held)
		n = model->n_held;
	for (size_t i = 0; i < n; i++)
		objects[i] = model_let_go(model, model->n_held - 1);
	dp_return_bulk(model->workers[worker], objects, n);
	model->parked[worker] = false;
	must("a return destructs only without memory",
	     model->destructed == destructed || allocator_failed());
	if (n > 0)
		model->last[worker] = NULL;
}

void
model_borrow_thread(struct model *model)
{
	bool attached = model->thread_attached;

	if (model->n_held == MODEL_HELD_MAX)
		return;
	see_peaks(model, model->n_held + 1);
	errno = 0;
	void *object = dp_pool_borrow(model->pool);

	model_borrowed(model);
	if (object)
		model_hold(model, object);
	else
		check_errno(model, errno);
	/* It may have got a worker and no object. */
	model->thread_attached =
		attached || stats_of(model).workers > n_workers(model);
	see_peaks(model, model->n_held);
}

void
model_return_thread(struct model *model, size_t held)
{
	size_t destructed = model->destructed;
	bool attached = model->thread_attached;

	if (model->n_held == 0)
		return;
	dp_pool_return(model->pool, model_let_go(model, held % model->n_held));
	must("a return destructs only without memory",
	     model->destructed == destructed || allocator_failed());
	model->thread_attached =
		attached || stats_of(model).workers > n_workers(model);
	must("a return attaches unless there is no memory",
	     model->thread_attached || allocator_failed());
	see_peaks(model, model->n_held);
}

/* --- Stock --------------------------------------------------------------- */

void
model_reserve(struct model *model, size_t n)
{
	struct dp_stats before = stats_of(model);
	size_t footprint = model->constructed - model->destructed;
	size_t reserved = model->reserved;
	int status = dp_pool_reserve(model->pool, n);

	if (!shares()) {
		harness_equal("reserve", (uint64_t)-ENOTSUP, (uint64_t)status);
		return;
	}
	if (status != 0) {
		check_errno(model, -status);
		n = 0;
	}
	/* Of those that it made in vain it gave none back. */
	model->reserved = reserved + n;
	harness_equal("depot after reserve", before.depot + n,
		      stats_of(model).depot);
	harness_equal("footprint after reserve", footprint + n,
		      model->constructed - model->destructed);
}

void
model_trim(struct model *model, size_t keep)
{
	struct dp_stats before = stats_of(model);
	size_t destructed = model->destructed;
	size_t n = dp_pool_trim(model->pool, keep);
	struct dp_stats after = stats_of(model);

	harness_equal("objects given up", model->destructed - destructed, n);
	size_t taken_over = before.cached - after.cached;

	model_take_over(model);
	harness_equal("depot after trim", before.depot + taken_over - n,
		      after.depot);
	must("trim takes over what parked workers left",
	     !model_all_parked(model) || after.cached == 0 || !shares() ||
		     allocator_failed());
	must("trim keeps what it should", n == 0 || after.depot >= keep);
	must("trim gives up all if it may",
	     keep > 0 || after.depot == 0 || !shares());
}

/* --- Pools --------------------------------------------------------------- */

void
model_create(struct model *model, unsigned magazine_size)
{
	struct dp_config config = DP_CONFIG_INIT;

	*model = (struct model){ .magazine_size = magazine_size };
	config.object_size = model_object_bytes;
	config.magazine_size = magazine_size;
	config.construct = model_construct;
	config.destruct = model_destruct;
	config.arg = model;
	model->pool = dp_pool_create(&config);
	must("a pool is made", model->pool != NULL);
}

void
model_destroy(struct model *model)
{
	bool busy;

	model->thread_attached = false;
	busy = n_workers(model) > 0 || model->n_held > 0;
	int status = dp_pool_destroy(model->pool);

	harness_equal("destroy", busy ? (uint64_t)-EBUSY : 0, (uint64_t)status);
	if (busy)
		return;
	harness_equal("objects left", 0,
		      model->constructed - model->destructed);
	allocator_fail(0, 0);
	model_create(model, (unsigned)model->magazine_size);
}

void
model_end(struct model *model)
{
	allocator_fail(0, 0);
	model_attach(model, 0);
	model_return_bulk(model, 0, model->n_held);
	for (unsigned i = 0; i < MODEL_WORKERS; i++)
		model_detach(model, i);
	model_detach_thread(model);
	model_check(model);
	harness_equal("destroy at the end", 0,
		      (uint64_t)dp_pool_destroy(model->pool));
	harness_equal("objects left", 0,
		      model->constructed - model->destructed);
}

void
model_configure(const struct dp_config *config, int expected_errno)
{
	errno = 0;
	struct dp_pool *pool = dp_pool_create(config);

	if (!pool && allocator_failed() && expected_errno == 0)
		expected_errno = ENOMEM;
	harness_equal("errno of create", (uint64_t)expected_errno,
		      (uint64_t)(pool ? 0 : errno));
	harness_equal("destroy", 0, (uint64_t)dp_pool_destroy(pool));
}
