/* SPDX-License-Identifier: MIT */
/* Tables of driftpool: the library's own. */
#include <errno.h>

#include "tables.h"

int
tables_open(struct subject *subject, const struct workload *w,
	    size_t in_use_ceiling)
{
	struct dp_config config = DP_CONFIG_INIT;

	(void)in_use_ceiling;
	config.name = w->case_name;
	config.magazine_size = w->magazine;
	subject->pool = dp_keytable_pool_create(&config);
	return subject->pool != NULL ? 0 : -errno;
}

int
tables_close(struct subject *subject)
{
	return dp_pool_destroy(subject->pool);
}

int
tables_get(struct dp_keytable **table, struct subject_worker worker,
	   struct dp_key key, void **value)
{
	return dp_keytable_get(table, worker.worker, key, value);
}

int
tables_set(struct dp_keytable **table, struct subject_worker worker,
	   struct dp_key key, void *value)
{
	return dp_keytable_set(table, worker.worker, key, value);
}

int
tables_end(struct dp_keytable **table, struct subject_worker worker)
{
	return dp_keytable_end(table, worker.worker);
}
