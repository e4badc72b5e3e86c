/* SPDX-License-Identifier: MIT */
/*
 * USDT probes, for tracers: a no-op instruction each, and a note in the binary
 * that says where it is and where its arguments are.  They are at exchanges and
 * where objects are made and unmade, not on the hit path.
 *
 *	refill     pool's name, seat, objects     a magazine was taken
 *	flush      pool's name, seat, objects     one was given
 *	miss       pool's name, seat              nothing was there
 *	steal      seat, objects                  a refill from another rack
 *	trim       pool's name, seat, objects     a refill to be destructed
 *	park       pool's name, seat, objects     a worker left its magazines
 *	takeover   pool's name, seat, objects     somebody took one of those
 *	construct  pool's name, object            it is to be lent or reserved
 *	destruct   pool's name, object            its destructor is to run
 *
 * A worker's seat is the address of struct worker; who has no worker has one on
 * the stack.
 */
#ifndef PROBE_H
#define PROBE_H

#if DP_PROBES
#include <sys/sdt.h>
#define PROBE2(name, a, b) DTRACE_PROBE2(driftpool, name, a, b)
#define PROBE3(name, a, b, c) DTRACE_PROBE3(driftpool, name, a, b, c)
#else
#define PROBE2(name, a, b) ((void)(a), (void)(b))
#define PROBE3(name, a, b, c) ((void)(a), (void)(b), (void)(c))
#endif

#endif
