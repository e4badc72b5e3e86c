/* SPDX-License-Identifier: MIT */
/* Making DPDK's mempool, and before it what DPDK calls its environment. */
#ifndef DPDK_MEMPOOL_H
#define DPDK_MEMPOOL_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include "base/placement.h"

/* Objects a cache may be made for; it is flushed at half as many again. */
#define DPDK_CACHE_MAX ((unsigned)RTE_MEMPOOL_CACHE_MAX_SIZE)

/*
 * The environment, made once a process, with room for so many bytes, of which
 * pages are taken as they are used.  0 or -errno; what was wrong is said on
 * stderr.  That it binds the calling thread to a CPU, and so those that this
 * one starts, is undone.
 */
static inline int
dpdk_environment_open(uint64_t bytes)
{
	static bool opened;
	char lcore[32], room_mib[32];
	char *words[] = { "driftbench",
			  "--no-huge",
			  "--no-pci",
			  "--no-shconf",
			  "--no-telemetry",
			  "--log-level=error",
			  "--lcores",
			  lcore,
			  "-m",
			  room_mib,
			  NULL };
	cpu_set_t cpus;

	if (opened)
		return 0;
	if (!placement_allowed(&cpus))
		return -errno;
	snprintf(lcore, sizeof(lcore), "0@%d", placement_cpu(&cpus, 0));
	snprintf(room_mib, sizeof(room_mib), "%" PRIu64, bytes >> 20);
	if (rte_eal_init((int)(sizeof(words) / sizeof(*words)) - 1, words) <
	    0) {
		fprintf(stderr, "DPDK does not start with -m %s: %s\n",
			room_mib, rte_strerror(rte_errno));
		return -rte_errno;
	}
	opened = true;
	return sched_setaffinity(0, sizeof(cpus), &cpus) == 0 ? 0 : -errno;
}

/* With room for the users' caches besides; NULL and errno. */
static inline struct rte_mempool *
dpdk_mempool_create(size_t objects, size_t object_bytes, unsigned caches)
{
	/* An object has a header, padding, and a place or two in the ring. */
	uint64_t bytes = objects * (object_bytes + 320) +
			 caches * 2 * sizeof(struct rte_mempool_cache);
	int error = dpdk_environment_open(bytes + ((uint64_t)64 << 20));
	struct rte_mempool *mempool;

	if (error != 0) {
		errno = -error;
		return NULL;
	}
	mempool = rte_mempool_create("driftbench", (unsigned)objects,
				     (unsigned)object_bytes, 0, 0, NULL, NULL,
				     NULL, NULL, SOCKET_ID_ANY, 0);
	if (mempool == NULL)
		errno = ENOMEM;
	return mempool;
}

#endif
