/* SPDX-License-Identifier: MIT */
/* How a child process ends that does something fatal, and what it says. */
#ifndef FATE_H
#define FATE_H

/* text: what the child wrote to stderr, the first bytes of it. */
struct fate {
	int status; /* as of waitpid() */
	char text[4096];
};

/* Runs act(arg) in a child, which exits with 0 if act returns. */
struct fate fate_of(void (*act)(void *arg), void *arg);

/* The same; fails the test unless the child was ended by SIGABRT. */
struct fate fate_is_abort(void (*act)(void *arg), void *arg);

/* Fails the test unless the child said so. */
void fate_says(const struct fate *fate, const char *words);

/*
 * Fails the test unless all that the child said is the line of a failed check
 * of this pool, whose words match the extended regular expression.
 */
void __attribute__((format(printf, 3, 4)))
fate_says_of_pool(const struct fate *fate, const char *pool, const char *format,
		  ...);

#endif
