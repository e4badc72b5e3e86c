/* SPDX-License-Identifier: MIT */
/* A program outside the tree: takes each header, and says what it got. */
#include <driftpool/keytable.h>
#include <driftpool/openmetrics.h>
#include <driftpool/pool.h>

#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
#define LANGUAGE "C++"
#define STANDARD __cplusplus
#else
#define LANGUAGE "C"
#define STANDARD __STDC_VERSION__
#endif

/* What a fiber finds that comes after one which set a value. */
static const char *
inherited(void)
{
	static char text[] = "inherited";
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_pool *pool = dp_keytable_pool_create(&config);
	struct dp_worker *worker = dp_worker_attach(pool);
	struct dp_keytable *table = NULL;
	struct dp_key key;
	void *value = NULL;

	dp_key_create(&key, NULL);
	dp_keytable_set(&table, worker, key, text);
	dp_keytable_end(&table, worker);
	dp_keytable_get(&table, worker, key, &value);
	dp_keytable_end(&table, worker);
	dp_worker_detach(worker);
	dp_key_delete(key);
	return dp_pool_destroy(pool) == 0 && value ? (char *)value : "nothing";
}

int
main(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	struct dp_pool *pool;
	struct dp_worker *worker;

	config.name = "consumer";
	config.object_size = 64;
	pool = dp_pool_create(&config);
	worker = dp_worker_attach(pool);
	for (int i = 0; i < 100; i++) {
		void *object = dp_borrow(worker);

		memset(object, i, config.object_size);
		dp_return(worker, object);
	}
	printf("%s %ld, header %s, library %s, %s\n", LANGUAGE, (long)STANDARD,
	       DP_VERSION, dp_version(), inherited());
	dp_worker_detach(worker);
	if (dp_stats_write_openmetrics(pool, stdout) != 0)
		return 1;
	return dp_pool_destroy(pool) == 0 ? 0 : 1;
}
