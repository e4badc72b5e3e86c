/* SPDX-License-Identifier: MIT */
/* Who lent or returned an object, and where in the program, for messages. */
#ifndef PARTY_H
#define PARTY_H

#include <sys/types.h>

/* A value. */
struct party {
	const void *worker; /* NULL: without one */
	pid_t thread;       /* 0: nobody did */
	const void *site;   /* the call returns to there */
};

struct party_words {
	char text[256];
};

/* The calling thread. */
struct party dp__party_here(const void *worker, const void *site);

/* "worker W of thread T at FILE+OFFSET", as addr2line has it; or without W. */
struct party_words dp__party_words(struct party party);

#endif
