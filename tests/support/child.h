/* SPDX-License-Identifier: MIT */
/* A process forked between the library's handlers. */
#ifndef CHILD_H
#define CHILD_H

#include <driftpool/pool.h>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* Then the child's alarm clock ends it. */
#define CHILD_S 60

static inline int
child_wait(pid_t child)
{
	int status = -1;

	return waitpid(child, &status, 0) == child ? status : -1;
}

/*
 * Runs act in a child.  Returns its wait status: 0 if it did all it was to do,
 * -1 if there was none.
 */
static inline int
child_run(void (*act)(void *arg), void *arg)
{
	dp_fork_prepare();
	pid_t child = fork();

	if (child == 0) {
		alarm(CHILD_S);
		dp_fork_child();
		act(arg);
		harness_leave(0);
	}
	dp_fork_parent();
	return child_wait(child);
}

#endif
