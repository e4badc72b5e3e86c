/* SPDX-License-Identifier: MIT */
/* How evenly the borrowers of a trial got on. */
#ifndef FAIRNESS_H
#define FAIRNESS_H

#include "trial.h"

/*
 * From the borrows of each: least by most, and Jain's index, which is 1 if all
 * are equal and 1/n if one of n has all.  NaN if nobody borrowed.
 */
void fairness_measure(struct trial *trial);

#endif
