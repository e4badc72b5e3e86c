/* SPDX-License-Identifier: MIT */
/*
 * Says what the tests find around them, a word and a value a line: whoever
 * takes something away for a run sees here that it is gone.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/rseq.h>

#include <driftpool/pool.h>

int
main(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return 1;
	printf("rseq %d\n", __rseq_size > 0);
	printf("cpus %d\n", CPU_COUNT(&allowed));
	printf("jemalloc %d\n", TEST_JEMALLOC);
#ifdef __clang__
	puts("compiler clang");
#else
	puts("compiler gcc");
#endif
	printf("backend %s\n", dp_backend_name());
	return 0;
}
