/* SPDX-License-Identifier: MIT */
/* The test of the header, as C++. */
#include "header_test.c"
