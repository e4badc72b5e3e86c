# SPDX-License-Identifier: MIT
"""The figures driftpool wants to reach, next to what was measured.

For information: they depend on the machine.  What must hold anywhere is
checked by the trials themselves.
"""
from typing import NamedTuple, Optional

from report import plan
from report.estimate import (median_known, median_ratio, paired_ratios,
                             sign_interval)
from report.layout import Table
from report.plan import (FIBERS_4, FIBERS_16, HOT, HOT_PAIR, HOTSPOT,
                         KEYTABLE_4, KEYTABLE_16, PIPE, POOLED, SIM_MOST,
                         STEAL, TURNS, UNTOUCHED)
from report.records import quantile
from report.tables import group, measured, middle, rack_share, ratios

FAST = ('treiber', 'percpu')
MOVING = (STEAL, HOTSPOT, PIPE, UNTOUCHED)
# A mutex's holder is preempted where so many workers share a CPU.
TAIL_SHARING = 8
# Of fewer exchanges the slowest of a thousand is the slowest of all, or nearly.
TAIL_EXCHANGES = 10000
SLOPE_MOST = 1e-4
CONTROL_TOLERANCE = .05


class Target(NamedTuple):
    """One line: what is wanted, what was measured.

    met is None where nothing was measured, or nothing in particular is wanted.
    """
    where: str
    what: str
    wanted: str
    measured: str = '-'
    met: Optional[bool] = None


def judge(where, what, wanted, worst, met, form):
    """A target, of the worst value found: (value, whose), or None."""
    if worst is None:
        return Target(where, what, wanted)
    value, whose = worst
    return Target(where, what, wanted,
                  f'{value:{form}}' + (whose and f' ({whose})'),
                  met(value) if wanted else None)


def rows_of(groups, case):
    """The rows of a case, {} if it was not measured."""
    return groups.get(case.title(), {})


def named(rows):
    """Of which rows."""
    return 'every backend' if rows == plan.BACKENDS else ', '.join(rows)


def at_most(groups, case, rows, limit):
    """Time over null's, of the slowest row; limit None: whatever it is."""
    of_case = rows_of(groups, case)
    found = [(median_ratio(values), row) for row in rows
             if (values := ratios(of_case, row, 'null'))]
    return judge(case.title(), f'time/null, {named(rows)}',
                 f'<= {limit}' if limit else '', max(found, default=None),
                 lambda value: value <= limit, '.2f')


def faster(groups, case, rows, than, limit):
    """How many times as fast as an allocator the slowest row is."""
    of_case = rows_of(groups, case)
    found = [(median_ratio(values), row) for row in rows
             if (values := ratios(of_case, than, row))]
    return judge(case.title(), f'speed/{than}, {named(rows)}',
                 f'>= {limit}' if limit else '', min(found, default=None),
                 lambda value: value >= limit, '.2f')


def control(groups, case, row):
    """Growth of a leaking row over the TV of the borrow shares: 1 in theory.
    """
    got = median_known(
        [trial['drift']['slope_obj_per_op'] / trial['drift']['tv_pred']
         for trial in measured(rows_of(groups, case).get(row, []))
         if trial['drift']['tv_pred']
         and trial['drift']['slope_obj_per_op'] is not None])
    return judge(case.title(), f'{row} leaks: new objects an operation / TV',
                 f'1 +- {CONTROL_TOLERANCE}',
                 None if got is None else (got, ''),
                 lambda value: abs(value - 1) <= CONTROL_TOLERANCE, '.3f')


def held(groups, case, rows, limit):
    """The most objects there were, over those that can be out at once.

    Of all trials, not of the middle one; limit None: whatever it is.
    """
    found = [(trial['pool']['footprint_peak'] / trial['pool']['peak_in_use'],
              row) for row in rows
             for trial in measured(rows_of(groups, case).get(row, []))
             if trial['pool']['footprint_peak'] is not None]
    return judge(case.title(), f'most objects/out at once, {named(rows)}',
                 f'<= {limit}' if limit else '', max(found, default=None),
                 lambda value: value <= limit, '.2f')


def exchange_tails(trials):
    """{round: ns}, the slowest exchange of a thousand, where there are ten."""
    many, slow = quantile('n', 'exchange'), quantile('p999', 'exchange')
    return {trial['round']: slow(trial) for trial in measured(trials)
            if (many(trial) or 0) >= TAIL_EXCHANGES}


def sharing(rows):
    """Do many workers share a CPU in this case?"""
    return any(trial['params']['workers'] >=
               TAIL_SHARING * trial['env']['ncpu']
               for trials in rows.values() for trial in measured(trials)
               if not trial['sim'])


def tail_intervals(rows):
    """{row: (median, low, high)} of exchange tails over those of mutex.

    With too few rounds for an interval its ends are the median, or unknown.
    """
    found = {}
    for row in FAST:
        values = paired_ratios(exchange_tails(rows.get(row, [])),
                               exchange_tails(rows.get('mutex', [])))
        if values:
            value = median_ratio(values)
            found[row] = value, *(sign_interval(values) or (value, None))
    return found


def tail_targets(title, found):
    """A case's two lines: no row is worse for certain; which are better."""
    low, value, row = max((low, value, row)
                          for row, (value, low, _) in found.items())
    better = [f'{value:.2f} ({row})' for row, (value, _, high) in
              found.items() if high is not None and high < 1]
    return [Target(title, f'p99.9 of an exchange/mutex, {named(FAST)}',
                   '<= 1 or ≈', f'{value:.2f} ({row})', low <= 1),
            Target(title, 'lock-free better, for certain', '',
                   ', '.join(better) or 'no row')]


def tails(groups):
    """The tail of exchanges over that of mutex, where holders are preempted.

    Not worse is what does not exceed it, or not for certain, in every row.
    """
    found = [target for title, rows in groups.items() if sharing(rows)
             for intervals in [tail_intervals(rows)] if intervals
             for target in tail_targets(title, intervals)]
    return found or [Target('8 workers a CPU',
                            f'p99.9 of an exchange/mutex, {named(FAST)}',
                            '<= 1 or ≈')]


def racks(groups):
    """The share of exchanges served by the own rack.

    90 % are wanted where traffic balances, and a test of percpu checks that:
    here one worker may be faster than the other.
    """
    share = rack_share(rows_of(groups, STEAL).get('percpu', []))
    return judge(STEAL.title(), 'exchanges with the own rack, percpu', '',
                 None if share is None else (share, ''), None, '.0%')


def turns(groups):
    """The most objects that threads in turn constructed."""
    trials = [(trial, row) for row in POOLED
              for trial in measured(rows_of(groups, TURNS).get(row, []))]
    found = [(trial['pool']['constructed'], row) for trial, row in trials]
    most = [plan.TURNS_HOLD + 2 * trial['params']['magazine']
            for trial, _ in trials]
    return judge(TURNS.title(), f'constructed, {named(POOLED)}',
                 f'<= {plan.TURNS_HOLD} + 2M', max(found, default=None),
                 lambda value: value <= min(most), 'd')


def bounds(groups, case=None):
    """In how many trials of bounded backends the bound held, of all cases or
    of one.

    A trial that did not report has not kept it.
    """
    said = ['pool' in trial and trial['pool']['bound_ok']
            for title, rows in groups.items()
            if case is None or title == case.title()
            for row in POOLED for trial in rows.get(row, [])]
    return judge(case.title() if case else 'all cases',
                 f'trials that kept the bound, {named(POOLED)}', 'all',
                 (sum(said), f'of {len(said)}') if said else None,
                 lambda value: value == len(said), 'd')


def slopes(groups):
    """The greatest growth of a bounded backend where objects cross."""
    found = []
    for case in MOVING:
        for row in POOLED:
            slope = middle(rows_of(groups, case).get(row, []), 'drift',
                           'slope_obj_per_op')
            if slope is not None:
                found.append((slope, f'{row}, {case.name}'))
    return judge('steal, hotspot, pipe',
                 f'new objects an operation, {named(POOLED)}',
                 f'<= {SLOPE_MOST:g}', max(found, default=None),
                 lambda value: value <= SLOPE_MOST, '.2g')


def times_wanted(groups):
    """What is wanted of times."""
    found = [at_most(groups, HOT, plan.BACKENDS, 1.25),
             faster(groups, HOT, plan.BACKENDS, 'jemalloc', 3),
             faster(groups, HOT, POOLED, 'brpc112', 10),
             faster(groups, HOT_PAIR, POOLED, 'brpc112', 8)]
    for case, most, least in ((PIPE, 1.6, (4, 4, 8)),
                              (UNTOUCHED, None, (None, None, None))):
        found.append(at_most(groups, case, FAST, most))
        found += [faster(groups, case, FAST, than, limit)
                  for than, limit in zip(plan.ALLOCATORS, least)]
    return found


def objects_wanted(groups):
    """What is wanted of the numbers of objects."""
    found = [control(groups, case, row) for case in (PIPE, HOTSPOT, SIM_MOST)
             for row in plan.LEAKING]
    for case, limit in ((KEYTABLE_4, 1.39), (KEYTABLE_16, 2.92),
                        (FIBERS_4, 1.39), (FIBERS_16, 2.92)):
        found += [held(groups, case, POOLED, limit),
                  held(groups, case, ('brpc112',), None)]
    return found + [turns(groups), slopes(groups), bounds(groups, SIM_MOST),
                    bounds(groups)]


def evaluate(records):
    """All targets."""
    groups = group(records)
    return [*times_wanted(groups), racks(groups), *tails(groups),
            *objects_wanted(groups)]


def table(records):
    """The table of targets."""
    smoke = any(record['run']['smoke'] for record in records)
    words = {} if smoke else {True: 'met', False: 'MISSED'}
    groups = {}
    for target in evaluate(records):
        groups.setdefault(target.where, []).append(
            ['  ' + target.what, target.wanted, target.measured,
             words.get(target.met, '')])
    return Table(
        'TARGETS' + (' (these trials were too short to judge)' * smoke),
        'Medians of ratios paired by round, but of numbers of objects the '
        'worst trial; of several rows the worst one, in parentheses. new '
        'objects an operation: in the second half. ≈: the 95 % interval '
        'contains 1; of tails the worst row is the one whose interval begins '
        'highest, and better is one whose interval ends below 1. Own rack: '
        '90 % are wanted where traffic balances and racks are stocked, as a '
        'test checks. -: not measured in this run.',
        ['', 'wanted', 'measured', ''], list(groups.items()))
