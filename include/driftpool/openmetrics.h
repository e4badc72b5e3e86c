/* SPDX-License-Identifier: MIT */
/*
 * Pools' numbers for monitoring, as OpenMetrics text
 * (application/openmetrics-text; version=1.0.0).  Readers of Prometheus' older
 * text format refuse the type `info`; to them, give the lines without a '#'.
 *
 *	name                                labels       what
 *	driftpool_info                      backend,     1
 *	                                    version
 *	driftpool_objects                   state        in_use, cached, depot
 *	driftpool_constructed_total                      objects
 *	driftpool_destructed_total                       objects
 *	driftpool_reserved                               objects
 *	driftpool_refills_total                          magazines
 *	driftpool_flushes_total                          magazines
 *	driftpool_misses_total                           refills that found none
 *	driftpool_retries_total                          of the backend
 *	driftpool_workers                                attached
 *	driftpool_workers_peak                           attached at once
 *	driftpool_magazines                 state        cached, depot, empty
 *	driftpool_magazine_slots                         slots
 *	driftpool_magazine_size                          objects
 *	driftpool_bound_over_peak                        objects; +Inf: no bound
 *	driftpool_net_flow                  worker       objects given to the
 *	                                                 shared pool, less those
 *	                                                 taken from it
 *
 * All have the label `pool`, its name, in which a byte that is no UTF-8 becomes
 * a question mark.  Workers are numbered from 1; who attaches gets the first
 * number that nobody has, so that there are as many as workers at once.  What
 * those who are gone gave and took has worker="departed".  Objects drift to a
 * worker whose flow only rises.
 */
#ifndef DRIFTPOOL_OPENMETRICS_H
#define DRIFTPOOL_OPENMETRICS_H

#include <stdio.h>

#include <driftpool/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Writes one exposition, from `# TYPE` to `# EOF`, and flushes the file.
 *
 * The numbers are read first, all of them, and then written: workers never wait
 * for it, but who attaches or detaches may, while they are read.  Objects and
 * totals are of one dp_pool_stats(), with its promise: totals only grow, levels
 * are exact at quiescence; otherwise within 2M a worker, and 2M a thread that
 * trims.  The bound and the flows are read right after; at quiescence the
 * flows' sum is what is in the depot, with `none` in the piles.
 *
 * May be called by any thread, concurrently with everything but a successful
 * dp_pool_destroy(); waits for attach, detach and fork, and for the file.
 * Returns 0; -ENOMEM, and nothing is written; or what writing failed with: an
 * error that the file had before is not ours.
 */
DP_API int dp_stats_write_openmetrics(struct dp_pool *pool, FILE *file);

/*
 * The same for n pools, 0 or more, in one exposition: expositions of one pool
 * each cannot be joined, as a family must stand together.  Each pool is read as
 * of an instant of its own.  Returns 0; -ENOMEM, or -EINVAL if two of them have
 * one name, whose samples could not be told apart, and nothing is written; or
 * what writing failed with.
 */
DP_API int dp_stats_write_openmetrics_all(struct dp_pool *const *pools,
					  size_t n, FILE *file);

#ifdef __cplusplus
}
#endif

#endif
