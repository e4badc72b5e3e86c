/* SPDX-License-Identifier: MIT */
/*
 * The subject is liburcu's lock-free stack, cds_lfs.  Pushes are lock-free;
 * pops take the stack's own mutex, one of the protections against ABA that its
 * header asks for.  The other one, RCU, would have each object wait for a grace
 * period before it is pushed again, which a pool cannot afford.
 */
#ifndef SUBJECT_LFSTACK_H
#define SUBJECT_LFSTACK_H

#include <urcu/lfstack.h>

#define STACK struct cds_lfs_stack
#define STACK_NAME "lfstack"
#define STACK_INIT cds_lfs_init
#define STACK_DESTROY cds_lfs_destroy
#define STACK_PUSH cds_lfs_push
#define STACK_POP cds_lfs_pop_blocking

#include "reference_stack.h"

#endif
