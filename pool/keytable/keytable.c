/* SPDX-License-Identifier: MIT */
/*
 * Pools of tables: a pool like any other, whose objects are tables.  Its source
 * tells its tables from those of other pools.
 */
#include <driftpool/keytable.h>

#include <errno.h>
#include <string.h>

#include "core/config.h"
#include "core/pool.h"
#include "keys.h"
#include "table.h"
#include "core/worker.h"

/* --- Pool ---------------------------------------------------------------- */

/* Is left to us what we set? */
static bool
config_is_plain(const struct dp_config *config)
{
	const struct dp_config plain = DP_CONFIG_INIT;

	return config->object_size == plain.object_size &&
	       config->object_align == plain.object_align &&
	       !config->construct && !config->destruct && !config->arg;
}

struct dp_pool *
dp_keytable_pool_create(const struct dp_config *config)
{
	int status = dp__config_size_check(config);

	if (status == 0 && !config_is_plain(config))
		status = -EINVAL;
	if (status != 0) {
		errno = -status;
		return NULL;
	}
	/* What a newer header has more of is 0. */
	struct dp_config whole = *config;

	whole.size = sizeof(whole);
	whole.object_size = sizeof(struct dp_keytable);
	whole.construct = dp__table_construct;
	whole.destruct = dp__table_destruct;
	struct dp_pool *pool = dp_pool_create(&whole);

	if (pool)
		pool->source.arg = &pool->source;
	return pool;
}

/* --- A fiber's table ----------------------------------------------------- */

static int
borrow(struct dp_keytable **table, struct worker *w, struct dp_key key,
       const void *site)
{
	if (!w || w->pool->source.construct != dp__table_construct ||
	    !dp__key_exists(key))
		return -EINVAL;
	dp__check_from(w, site);
	*table = dp__borrow(&w->head);
	if (!*table)
		return -errno;
	dp__table_lend(*table, &w->pool->source);
	return 0;
}

/* May the table be used here?  0 or -EINVAL. */
static int
check(const struct dp_keytable *table, const struct worker *w)
{
	const struct source *source =
		w ? &w->pool->source : table_source(table);

	return source && table_is_of(table, source) ? 0 : -EINVAL;
}

/* Sees to it that there is a table, for the call from there.  0 or -errno. */
static inline int
prepare(struct dp_keytable **table, struct dp_worker *worker, struct dp_key key,
	const void *site)
{
	struct worker *w = worker ? worker_of(worker) : NULL;

	if (w)
		dp__check_owner_at(w, site);
	return *table ? check(*table, w) : borrow(table, w, key, site);
}

int
dp_keytable_get(struct dp_keytable **table, struct dp_worker *worker,
		struct dp_key key, void **value)
{
	int status = prepare(table, worker, key, __builtin_return_address(0));

	*value = NULL;
	return status == 0 ? dp__table_read(*table, key, value) : status;
}

int
dp_keytable_set(struct dp_keytable **table, struct dp_worker *worker,
		struct dp_key key, void *value)
{
	int status = prepare(table, worker, key, __builtin_return_address(0));

	return status == 0 ? dp__table_write(*table, key, value) : status;
}

int
dp_keytable_end(struct dp_keytable **table, struct dp_worker *worker)
{
	struct dp_keytable *ended = *table;
	struct worker *w = worker ? worker_of(worker) : NULL;
	const void *site = __builtin_return_address(0);

	if (w)
		dp__check_owner_at(w, site);
	if (!ended)
		return 0;
	int status = w ? check(ended, w) : -EINVAL;

	if (status == 0)
		status = dp__table_take_back(ended);
	if (status == 0) {
		*table = NULL;
		dp__check_from(w, site);
		dp__return(worker, ended);
	}
	return status;
}
