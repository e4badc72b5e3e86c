/* SPDX-License-Identifier: MIT */
/* The distances of the processor under us. */
#ifndef LINE_H
#define LINE_H

/* A cache line, and the distance at which two words never share a fetch. */
#define CPU_LINE_BYTES 64
#define CPU_APART_BYTES 128

#endif
