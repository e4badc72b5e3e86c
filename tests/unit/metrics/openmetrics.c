/* SPDX-License-Identifier: MIT */
/*
 * Writes the numbers of a pool to standard output, with an argument those of
 * another one as well, for openmetrics_test.py, which knows what was done with
 * them.  Exit status: 0, or 1 and a line.
 */
#include <driftpool/openmetrics.h>

#include <stdlib.h>
#include <string.h>

#define M 4
#define N_OBJECTS (5 * M)

static void
must(int holds, const char *claim)
{
	if (!holds) {
		fprintf(stderr, "openmetrics: %s failed\n", claim);
		exit(1);
	}
}

/* The pool's numbers, or also those of one that nobody has used. */
static void
write_numbers(struct dp_pool *pool, int with_another)
{
	struct dp_config config = DP_CONFIG_INIT;

	config.name = "another";
	config.object_size = 64;
	if (!with_another) {
		must(dp_stats_write_openmetrics(pool, stdout) == 0, "writing");
		return;
	}
	struct dp_pool *pools[] = { pool, dp_pool_create(&config) };

	must(dp_stats_write_openmetrics_all(pools, 2, stdout) == 0, "writing");
	must(dp_pool_destroy(pools[1]) == 0, "destroy");
}

int
main(int argc, char **argv)
{
	struct dp_config config = DP_CONFIG_INIT;
	void *objects[N_OBJECTS];

	/* Two bytes of a character of three are no UTF-8. */
	config.name = "a \"pool\" \\ p\xc3\xb6ol \xe2\x82";
	config.object_size = 64;
	config.magazine_size = M;
	struct dp_pool *pool = dp_pool_create(&config);
	struct dp_worker *a = dp_worker_attach(pool);
	struct dp_worker *b = dp_worker_attach(pool);
	struct dp_worker *gone = dp_worker_attach(pool);

	/* All goes from a to b, and one stays in use. */
	must(dp_borrow_bulk(a, objects, N_OBJECTS) == N_OBJECTS, "borrow");
	dp_return_bulk(b, objects, N_OBJECTS - 1);
	dp_return(gone, dp_borrow(gone));
	dp_worker_detach(gone);
	(void)argv;
	write_numbers(pool, argc > 1);
	dp_return(a, objects[N_OBJECTS - 1]);
	dp_worker_detach(a);
	dp_worker_detach(b);
	must(dp_pool_destroy(pool) == 0, "destroy");
	return 0;
}
