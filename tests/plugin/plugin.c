/* SPDX-License-Identifier: MIT */
/* A plugin with the static library in it; its functions run on threads of the
 * host. */
#include <driftpool/pool.h>

#include "plugin.h"

static struct dp_pool *pool;

int
plugin_begin(void)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.object_size = 64;
	pool = dp_pool_create(&config);
	return pool ? 0 : -1;
}

int
plugin_work(void)
{
	void *object = dp_pool_borrow(pool);

	if (!object)
		return -1;
	dp_pool_return(pool, object);
	dp_thread_detach(pool);
	return 0;
}

int
plugin_end(void)
{
	return dp_pool_destroy(pool);
}
