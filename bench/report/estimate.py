# SPDX-License-Identifier: MIT
"""Estimates from few and noisy trials: medians, and ratios paired by round.

Never the best of several: on a busy machine contended trials have two modes,
and the best one picks the wrong mode.
"""
from math import comb, exp, log
from statistics import median, quantiles


def median_known(values):
    """The median of those that are not None; None if none is known."""
    known = [v for v in values if v is not None]
    return median(known) if known else None


def median_ratio(ratios):
    """The median of ratios, so that turning all over turns it over.

    Between two middle ones it takes the geometric mean.  None of none.
    """
    return exp(median(map(log, ratios))) if ratios else None


def paired_ratios(above, below):
    """By round, of two {round: value}, for the rounds that both have."""
    return [above[r] / below[r] for r in sorted(above) if below.get(r)]


def sign_interval(values, confidence=.95):
    """The sign test's interval of the median, or None for too few values.

    It assumes nothing of the distribution.  At least 6 values for 95 %.
    """
    n = len(values)
    tail = 0
    k = 0
    while k < n and (tail + comb(n, k)) / 2 ** n <= (1 - confidence) / 2:
        tail += comb(n, k)
        k += 1
    if k == 0:
        return None
    ordered = sorted(values)
    return ordered[k - 1], ordered[n - k]


def spread(values):
    """The middle half of the values over their median; None for one value."""
    if len(values) < 2:
        return None
    low, middle, high = quantiles(values, n=4, method='inclusive')
    return (high - low) / middle
