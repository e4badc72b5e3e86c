/* SPDX-License-Identifier: MIT */
/*
 * The subject is liburcu's wait-free stack, cds_wfs.  A push is one exchange
 * and a store.  A pop takes the stack's own mutex, as in subject_lfstack.h, and
 * waits for a push whose thread was stopped between the two.
 */
#ifndef SUBJECT_WFSTACK_H
#define SUBJECT_WFSTACK_H

#include <urcu/wfstack.h>

#define STACK struct cds_wfs_stack
#define STACK_NAME "wfstack"
#define STACK_INIT cds_wfs_init
#define STACK_DESTROY cds_wfs_destroy
#define STACK_PUSH(stack, object)                                              \
	(cds_wfs_node_init(object), cds_wfs_push(stack, object))
#define STACK_POP cds_wfs_pop_blocking

#include "reference_stack.h"

#endif
