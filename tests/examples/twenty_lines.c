/* SPDX-License-Identifier: MIT */
/* The program of README.md, which shows it from the first include on. */
#include <driftpool/pool.h>
#include <stdio.h>

int
main(void)
{
	struct dp_config config = DP_CONFIG_INIT;
	config.object_size = 4096;
	struct dp_pool *pool = dp_pool_create(&config);
	struct dp_worker *a = pool ? dp_worker_attach(pool) : NULL;
	struct dp_worker *b = a ? dp_worker_attach(pool) : NULL;

	for (int task = 0; b && task < 100000; task++) {
		void *object = dp_borrow(a);
		/* The task sleeps, and resumes where worker b runs. */
		if (object)
			dp_return(b, object);
	}
	struct dp_stats stats = { 0 };
	if (pool)
		dp_pool_stats(pool, &stats);
	printf("%s: 100000 borrowed, %d constructed\n", dp_backend_name(),
	       (int)stats.constructed);
	dp_worker_detach(a);
	dp_worker_detach(b);
	return b && dp_pool_destroy(pool) == 0 ? 0 : 1;
}
