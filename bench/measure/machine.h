/* SPDX-License-Identifier: MIT */
/* The machine and the system that a trial ran on, and who else used them. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_TEXT_BYTES 128

/* Texts are empty where the system does not say. */
struct machine {
	char cpu[MACHINE_TEXT_BYTES];
	char kernel[MACHINE_TEXT_BYTES];
	char libc[MACHINE_TEXT_BYTES];
	char compiler[MACHINE_TEXT_BYTES];
	char flags[MACHINE_TEXT_BYTES]; /* as configured */
	char thp[MACHINE_TEXT_BYTES];   /* transparent huge pages */
	char governor[MACHINE_TEXT_BYTES];
	char malloc_library[MACHINE_TEXT_BYTES]; /* whose malloc() runs */
};

void machine_read(struct machine *machine);

/* Totals that only grow; false if the system does not keep them. */
struct machine_noise {
	bool pressure_known;
	uint64_t pressure_us; /* some thread waited for a CPU */
	bool steal_known;
	double steal_s; /* the host ran somebody else */
};

void machine_noise_read(struct machine_noise *noise);

#endif
