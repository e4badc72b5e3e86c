/* SPDX-License-Identifier: MIT */
/*
 * A running trial as seen from outside: a file for monitoring, once a second,
 * and a page for people on stderr, whenever SIGUSR1 comes.  The main thread
 * looks at the workers' numbers for both; they never wait for it.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "course.h"

/* From now on SIGUSR1 asks for a page. */
void monitor_page_by_signal(void);

/* Does what is due.  `now`: also the file that is due later. */
void monitor_turn(struct course *course, bool now);

#endif
