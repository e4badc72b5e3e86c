/* SPDX-License-Identifier: MIT */
/* Reading /proc/self/status. */
#include "memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number after `name` in the text, in KiB; 0 if it is not there. */
static uint64_t
status_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

bool
memory_read(struct memory *memory)
{
	/* The two lines stand within the first kilobyte or so. */
	char text[4096];
	ssize_t n = -1;
	int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	memset(memory, 0, sizeof(*memory));
	if (file >= 0) {
		n = read(file, text, sizeof(text) - 1);
		close(file);
	}
	if (n <= 0)
		return false;
	text[n] = '\0';
	memory->rss_anon_kib = status_field(text, "\nRssAnon:");
	memory->vm_hwm_kib = status_field(text, "\nVmHWM:");
	return true;
}
