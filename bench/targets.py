# SPDX-License-Identifier: MIT
"""The figures driftpool wants to reach, next to what was measured.

For information: they depend on the machine.  What must hold anywhere is
checked by the trials themselves.
"""
from typing import NamedTuple, Optional

import plan
from estimate import median_known, median_ratio
from plan import HOT, HOTSPOT, PIPE, STEAL, TURNS, UNTOUCHED
from tables import Table, group, measured, middle, rack_share, ratios

BOUNDED = ('mutex', 'treiber', 'percpu')
FAST = ('treiber', 'percpu')
DRIFTING = ('steal', 'hotspot', 'pipe')
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


def control(groups, case):
    """Growth of `none` over the TV of the borrow shares: 1 in theory."""
    got = median_known(
        [trial['drift']['slope_obj_per_op'] / trial['drift']['tv_pred']
         for trial in measured(rows_of(groups, case).get('none', []))
         if trial['drift']['tv_pred']
         and trial['drift']['slope_obj_per_op'] is not None])
    return judge(case.title(), 'none leaks: new objects an operation / TV',
                 f'1 +- {CONTROL_TOLERANCE}',
                 None if got is None else (got, ''),
                 lambda value: abs(value - 1) <= CONTROL_TOLERANCE, '.3f')


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
    trials = [(trial, row) for row in BOUNDED
              for trial in measured(rows_of(groups, TURNS).get(row, []))]
    found = [(trial['pool']['constructed'], row) for trial, row in trials]
    most = [plan.TURNS_HOLD + 2 * trial['params']['magazine']
            for trial, _ in trials]
    return judge(TURNS.title(), f'constructed, {named(BOUNDED)}',
                 f'<= {plan.TURNS_HOLD} + 2M', max(found, default=None),
                 lambda value: value <= min(most), 'd')


def bounds(groups):
    """In how many trials of bounded backends the bound held.

    A trial that did not report has not kept it.
    """
    said = ['pool' in trial and trial['pool']['bound_ok']
            for rows in groups.values()
            for row in BOUNDED for trial in rows.get(row, [])]
    return judge('all cases', f'trials that kept the bound, {named(BOUNDED)}',
                 'all', (sum(said), f'of {len(said)}') if said else None,
                 lambda value: value == len(said), 'd')


def slopes(groups):
    """The greatest growth of a bounded backend where objects cross."""
    found = []
    for case, _ in plan.TABLE:
        for row in BOUNDED if case.name in DRIFTING else ():
            slope = middle(rows_of(groups, case).get(row, []), 'drift',
                           'slope_obj_per_op')
            if slope is not None:
                found.append((slope, f'{row}, {case.name}'))
    return judge(', '.join(DRIFTING),
                 f'new objects an operation, {named(BOUNDED)}',
                 f'<= {SLOPE_MOST:g}', max(found, default=None),
                 lambda value: value <= SLOPE_MOST, '.2g')


def evaluate(records):
    """All targets, those of a case in sequence."""
    groups = group(records)
    found = [at_most(groups, HOT, plan.BACKENDS, 1.25),
             faster(groups, HOT, plan.BACKENDS, 'jemalloc', 3)]
    for case, most, least in ((PIPE, 1.6, (4, 4, 8)),
                              (UNTOUCHED, None, (None, None, None))):
        found.append(at_most(groups, case, FAST, most))
        found += [faster(groups, case, FAST, than, limit)
                  for than, limit in zip(plan.ALLOCATORS, least)]
        if case == PIPE:
            found.append(control(groups, case))
    return found + [control(groups, HOTSPOT), racks(groups), turns(groups),
                    slopes(groups), bounds(groups)]


def table(records):
    """The table of targets."""
    words = {True: 'met', False: 'MISSED', None: ''}
    smoke = any(record['run']['smoke'] for record in records)
    groups = {}
    for target in evaluate(records):
        groups.setdefault(target.where, []).append(
            ['  ' + target.what, target.wanted, target.measured,
             words[target.met]])
    return Table(
        'TARGETS' + (' (these trials were too short to judge)' * smoke),
        'Medians of ratios paired by round; of several rows the worst one, '
        'in parentheses. new objects an operation: in the second half. Own '
        'rack: 90 % are wanted where traffic balances and racks are '
        'stocked, as a test checks. -: not measured in this run.',
        ['', 'wanted', 'measured', ''], list(groups.items()))
