/* SPDX-License-Identifier: MIT */
/* The subject is driftpool, with whatever backend the program links. */
#ifndef SUBJECT_POOL_H
#define SUBJECT_POOL_H

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <driftpool/openmetrics.h>
#include <driftpool/pool.h>

#include "subject.h"

/* Does the library check all calls? */
#ifndef BENCH_CHECKED
#define BENCH_CHECKED 0
#endif

struct subject {
	struct dp_pool *pool;
};

struct subject_worker {
	struct dp_worker *worker;
};

static inline const char *
subject_name(void)
{
	return dp_backend_name();
}

static inline bool
subject_leaks(void)
{
	return strcmp(dp_backend_name(), "none") == 0;
}

static inline int
subject_open(struct subject *subject, const struct workload *workload,
	     size_t in_use_ceiling)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)in_use_ceiling;
	config.name = workload->case_name;
	config.object_size = workload->object_bytes;
	config.magazine_size = workload->magazine;
	config.trim = workload->trim;
	subject->pool = dp_pool_create(&config);
	return subject->pool != NULL ? 0 : -errno;
}

static inline int
subject_close(struct subject *subject)
{
	return dp_pool_destroy(subject->pool);
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *subject,
	       unsigned index)
{
	(void)index;
	worker->worker = dp_worker_attach(subject->pool);
	return worker->worker != NULL ? 0 : -errno;
}

static inline void
subject_detach(struct subject_worker worker)
{
	dp_worker_detach(worker.worker);
}

static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	(void)crosses;
	return dp_borrow(worker.worker);
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	(void)crosses;
	dp_return(worker.worker, object);
}

static inline void
subject_stats(struct subject *subject, struct subject_stats *stats)
{
	struct dp_stats s;

	dp_pool_stats(subject->pool, &s);
	stats->counted = true;
	stats->in_use = s.in_use;
	stats->cached = s.cached;
	stats->depot = s.depot;
	stats->constructed = s.constructed;
	stats->destructed = s.destructed;
	stats->exchanges = true;
	stats->refills = s.refills;
	stats->flushes = s.flushes;
	stats->misses = s.misses;
	stats->rack_hits = s.rack_hits;
	stats->depot_hits = s.depot_hits;
	stats->steals = s.steals;
	stats->retries = s.retries;
	stats->peak_workers = s.peak_workers;
}

static inline size_t
subject_bound(struct subject *subject, size_t peak_in_use)
{
	return dp_pool_bound(subject->pool, peak_in_use);
}

static inline void
subject_trim(struct subject *subject)
{
	dp_pool_trim(subject->pool, 0);
}

/* With an arena of its own; not what checks remember of each object. */
static inline bool
subject_gives_back(void)
{
	return !BENCH_CHECKED && !subject_leaks() &&
	       dlsym(RTLD_DEFAULT, "mallctl") != NULL;
}

static inline bool
subject_borrow_exchanges(struct subject_worker worker)
{
	/* BP1 relaxed: the owner's own. */
	return atomic_load_explicit(&worker.worker->n, memory_order_relaxed) ==
	       0;
}

static inline bool
subject_return_exchanges(struct subject_worker worker)
{
	/* BP2 relaxed: the owner's own. */
	uint32_t n =
		atomic_load_explicit(&worker.worker->n, memory_order_relaxed);

	/* BP3 relaxed: the same. */
	return n >=
	       atomic_load_explicit(&worker.worker->room, memory_order_relaxed);
}

static inline bool
subject_has_spare(void)
{
	return true;
}

static inline void
subject_place(struct subject_worker worker, int cpu)
{
	dp_worker_place(worker.worker, cpu);
}

static inline bool
subject_has_metrics(void)
{
	return true;
}

static inline int
subject_metrics(struct subject *subject, FILE *file)
{
	return dp_stats_write_openmetrics(subject->pool, file);
}

#endif
