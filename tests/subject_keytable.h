/* SPDX-License-Identifier: MIT */
/*
 * A subject of the benchmark whose objects are tables of values: borrowed by a
 * fiber's first get, with a value in them, and returned at its end.
 */
#ifndef SUBJECT_KEYTABLE_H
#define SUBJECT_KEYTABLE_H

#include <errno.h>
#include <string.h>

#include <driftpool/keytable.h>

#include "subject.h"

struct subject {
	struct dp_pool *pool;
	struct dp_key key;
};

struct subject_worker {
	struct dp_worker *worker;
	const struct subject *subject;
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
	config.magazine_size = workload->magazine;
	subject->pool = dp_keytable_pool_create(&config);
	if (!subject->pool)
		return -errno;
	return dp_key_create(&subject->key, NULL);
}

static inline int
subject_close(struct subject *subject)
{
	int status = dp_pool_destroy(subject->pool);

	return status != 0 ? status : dp_key_delete(subject->key);
}

static inline int
subject_attach(struct subject_worker *worker, struct subject *subject,
	       unsigned index)
{
	(void)index;
	worker->subject = subject;
	worker->worker = dp_worker_attach(subject->pool);
	return worker->worker ? 0 : -errno;
}

static inline void
subject_detach(struct subject_worker worker)
{
	dp_worker_detach(worker.worker);
}

/* A fiber whose table is as good as the fiber. */
static inline void *
subject_borrow(struct subject_worker worker, bool crosses)
{
	struct dp_keytable *table = NULL;
	struct dp_key key = worker.subject->key;
	void *value = NULL;

	(void)crosses;
	if (dp_keytable_get(&table, worker.worker, key, &value) == 0 && !value)
		dp_keytable_set(&table, worker.worker, key, worker.worker);
	return table;
}

static inline void
subject_return(struct subject_worker worker, void *object, bool crosses)
{
	struct dp_keytable *table = object;

	(void)crosses;
	dp_keytable_end(&table, worker.worker);
}

static inline void
subject_stats(struct subject *subject, struct subject_stats *stats)
{
	struct dp_stats s;

	dp_pool_stats(subject->pool, &s);
	memset(stats, 0, sizeof(*stats));
	stats->counted = true;
	stats->in_use = s.in_use;
	stats->cached = s.cached;
	stats->depot = s.depot;
	stats->constructed = s.constructed;
	stats->destructed = s.destructed;
}

static inline size_t
subject_bound(struct subject *subject, size_t peak_in_use)
{
	return dp_pool_bound(subject->pool, peak_in_use);
}

#endif
