/* SPDX-License-Identifier: MIT */
/* Parties in words; linked into libraries with checks only. */
#include "party.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct party
dp__party_here(const void *worker, const void *site)
{
	return (struct party){ worker, gettid(), site };
}

struct party_words
dp__party_words(struct party party)
{
	struct party_words words = { "nobody" };
	uintptr_t offset = (uintptr_t)party.site;
	const char *file = "?";
	Dl_info info;

	if (party.thread == 0)
		return words;
	if (dladdr(party.site, &info) && info.dli_fname) {
		const char *slash = strrchr(info.dli_fname, '/');

		file = slash ? slash + 1 : info.dli_fname;
		offset -= (uintptr_t)info.dli_fbase;
	}
	char worker[64] = "";

	if (party.worker)
		snprintf(worker, sizeof(worker), "worker %p of ", party.worker);
	snprintf(words.text, sizeof(words.text),
		 "%sthread %d at %.100s+%#" PRIxPTR, worker, (int)party.thread,
		 file, offset);
	return words;
}
