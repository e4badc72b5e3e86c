/* SPDX-License-Identifier: MIT */
/* Reading /proc, /sys, uname() and the dynamic linker. */
#include "machine.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first line of a file that starts with `prefix`; false: none. */
static bool
file_line(const char *path, const char *prefix, char *line, int bytes)
{
	FILE *file = fopen(path, "re");
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, bytes, file) != NULL)
		found = strncmp(line, prefix, strlen(prefix)) == 0;
	fclose(file);
	if (found)
		line[strcspn(line, "\n")] = '\0';
	return found;
}

static void
text_set(char text[MACHINE_TEXT_BYTES], const char *value)
{
	snprintf(text, MACHINE_TEXT_BYTES, "%s", value);
}

static void
machine_cpu(struct machine *machine)
{
	char line[256];
	const char *value;

	if (!file_line("/proc/cpuinfo", "model name", line, sizeof(line)))
		return;
	value = strchr(line, ':');
	if (value != NULL)
		text_set(machine->cpu, value + 1 + (value[1] == ' '));
}

/* The word in brackets, as in "always [madvise] never". */
static void
machine_thp(struct machine *machine)
{
	char line[256];
	char *start;

	if (!file_line("/sys/kernel/mm/transparent_hugepage/enabled", "", line,
		       sizeof(line)))
		return;
	start = strchr(line, '[');
	if (start == NULL)
		return;
	start[strcspn(start, "]")] = '\0';
	text_set(machine->thp, start + 1);
}

static void
machine_malloc(struct machine *machine)
{
	Dl_info found;
	void *address = dlsym(RTLD_DEFAULT, "malloc");
	const char *name;

	if (address == NULL || dladdr(address, &found) == 0 ||
	    found.dli_fname == NULL)
		return;
	name = strrchr(found.dli_fname, '/');
	text_set(machine->malloc_library,
		 name != NULL ? name + 1 : found.dli_fname);
}

void
machine_read(struct machine *machine)
{
	struct utsname system;

	memset(machine, 0, sizeof(*machine));
	machine_cpu(machine);
	machine_thp(machine);
	machine_malloc(machine);
	if (uname(&system) == 0)
		text_set(machine->kernel, system.release);
	snprintf(machine->libc, MACHINE_TEXT_BYTES, "glibc %s",
		 gnu_get_libc_version());
#ifdef __clang__
	text_set(machine->compiler, __VERSION__);
#else
	text_set(machine->compiler, "gcc " __VERSION__);
#endif
	text_set(machine->flags, BENCH_FLAGS);
	(void)file_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
			"", machine->governor, MACHINE_TEXT_BYTES);
}

/* The n-th number of a line "cpu  1 2 3 ..."; false if it is too short. */
static bool
line_number(const char *line, unsigned n, uint64_t *value)
{
	char *at = strchr(line, ' ');

	for (; at != NULL && n > 0; n--) {
		char *end;

		*value = strtoull(at, &end, 10);
		at = end != at ? end : NULL;
	}
	return at != NULL;
}

void
machine_noise_read(struct machine_noise *noise)
{
	char line[512];
	const char *total;
	uint64_t ticks;

	memset(noise, 0, sizeof(*noise));
	if (file_line("/proc/pressure/cpu", "some", line, sizeof(line)) &&
	    (total = strstr(line, "total=")) != NULL) {
		noise->pressure_known = true;
		noise->pressure_us = strtoull(total + 6, NULL, 10);
	}
	/* user nice system idle iowait irq softirq steal */
	if (file_line("/proc/stat", "cpu ", line, sizeof(line)) &&
	    line_number(line, 8, &ticks)) {
		noise->steal_known = true;
		noise->steal_s = (double)ticks / (double)sysconf(_SC_CLK_TCK);
	}
}
