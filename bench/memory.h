/* SPDX-License-Identifier: MIT */
/*
 * This process's memory as the kernel counts it.  RssAnon, because file pages
 * come and go behind our back; VmHWM, because ru_maxrss is inherited over exec.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct memory {
	uint64_t rss_anon_kib;
	uint64_t vm_hwm_kib;
};

/* False if /proc/self/status cannot be read; then all fields are 0. */
bool memory_read(struct memory *memory);

#endif
