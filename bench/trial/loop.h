/* SPDX-License-Identifier: MIT */
/* What a worker's thread does from its start to its end. */
#ifndef LOOP_H
#define LOOP_H

/*
 * The thread of a station (the argument).  It meets the others and the main
 * thread: when it is ready; before and after each phase; when all have ended
 * their last phase; and after having returned everything.
 */
void *loop_run(void *station);

#endif
