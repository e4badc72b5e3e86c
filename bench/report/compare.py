# SPDX-License-Identifier: MIT
"""Two runs, and what changed between them beyond noise.

Rounds of two runs are not pairs: nothing ties the third of one to the third
of the other.  So a figure changed if all of one run are beyond all of the
other: of 7 rounds each, chance does that once in 1,716 times, of 9 once in
24,310.  The intervals shown are those of each run's median (sign test).
"""
import sys
import textwrap
from math import comb
from typing import Callable, NamedTuple

from report import layout, records as kept, tables
from report.estimate import median_ratio, paired_ratios, sign_interval
from report.picture import text, time

# With fewer there is no interval.
ROUNDS_LEAST = 6
# What has to be alike for figures to say something of the code alone.
CONDITIONS = (('env', ('cpu', 'ncpu', 'kernel', 'libc', 'compiler', 'flags')),
              ('run', ('each',)))


class Measure(NamedTuple):
    """A figure of a trial, how it is written, and a change of it called."""
    title: str
    find: Callable
    said: Callable
    less: str
    more: str


class Change(NamedTuple):
    """A figure that changed: two medians, and their intervals."""
    title: str
    row: str
    medians: tuple
    intervals: tuple


def mebibytes(kib):
    """KiB as MiB."""
    return f'{kib / 1024:.2f} MiB'


MEASURES = (
    Measure('time of a pair', kept.figure('', 'ns_per_pair'),
            lambda ns: f'{ns:.2f} ns', 'faster', 'slower'),
    Measure('p99.9 of an exchange', kept.quantile('p999', 'exchange'),
            time, 'faster', 'slower'),
    Measure('objects constructed', kept.figure('pool', 'constructed'),
            text, 'fewer', 'more'),
    Measure('new objects an operation',
            kept.figure('drift', 'slope_obj_per_op'), text, 'fewer',
            'more'),
    Measure('exchanges an operation', kept.exchanges, text, 'fewer',
            'more'),
    Measure('memory at its peak', kept.figure('mem', 'rss_anon_kib_peak'),
            mebibytes, 'less', 'more'),
    Measure('memory with everything back',
            kept.figure('mem', 'rss_anon_kib_quiesced'), mebibytes, 'less',
            'more'),
)


def cells(records):
    """{(title, row): [trial, ...]} of those that measured, in order."""
    return {(title, row): good
            for title, rows in tables.group(records).items()
            for row, trials in rows.items()
            for good in [tables.measured(trials)] if good}


def comparable(a, b):
    """The cells that both have, with the parameters being the same."""
    return {cell: (a[cell], b[cell]) for cell in a if cell in b
            and a[cell][0]['params'] | {'seed': 0}
            == b[cell][0]['params'] | {'seed': 0}}


def values(trials, measure):
    """The figures that are known."""
    found = map(measure.find, trials)
    return [value for value in found if value is not None]


def change(cell, trials, measure):
    """What changed of a cell, or None."""
    both = [values(half, measure) for half in trials]
    intervals = tuple(map(sign_interval, both))
    if None in intervals:
        return None
    a, b = both
    if min(a) <= max(b) and min(b) <= max(a):
        return None
    return Change(*cell, tuple(map(tables.median_known, both)), intervals)


def by_chance(shared):
    """Of how many figures chance would say that they changed.

    Were the rounds of both runs but one lot, so often two draws of them come
    out apart, one way or the other.
    """
    sizes = [tuple(map(len, (values(half, measure) for half in trials)))
             for trials in shared.values() for measure in MEASURES]
    told = [pair for pair in sizes if min(pair) >= ROUNDS_LEAST]
    return len(told), sum(2 / comb(a + b, a) for a, b in told)


def changes(shared, measure):
    """Those of all cells."""
    found = (change(cell, trials, measure) for cell, trials in shared.items())
    return [one for one in found if one]


def line(one, measure):
    """A line of a table."""
    a, b = one.medians
    words = [f'[{measure.said(low)}, {measure.said(high)}]'
             for low, high in one.intervals]
    return ['  ' + one.row, measure.said(a), words[0], measure.said(b),
            words[1], f'{b / a:.2f}' if a > 0 < b else '-',
            measure.more if b > a else measure.less]


def table(found, measure):
    """What changed of a figure."""
    groups = {}
    for one in found:
        groups.setdefault(one.title, []).append(line(one, measure))
    return layout.Table(
        measure.title.upper(),
        'Medians over the rounds and their 95 % intervals, of A and of B.',
        ['', 'A', '', 'B', '', 'B/A', ''], list(groups.items()))


def differing(a, b):
    """In which conditions the runs differ."""
    out = []
    for part, keys in CONDITIONS:
        for key in keys:
            if a[part][key] != b[part][key]:
                out.append(f'{key} ({a[part][key]}; {b[part][key]})')
    return out


def floor(shared):
    """How the floor moved, in which there is no code of a pool."""
    moved = []
    for (_, row), trials in shared.items():
        if row == 'null':
            moved += paired_ratios(*({0: tables.median_known(
                values(half, MEASURES[0]))} for half in trials[::-1]))
    ratio = median_ratio(moved)
    return '' if ratio is None else (
        f'Time of null, the floor, in which there is no pool: B/A '
        f'{ratio:.2f}, the median of {len(moved)} cells; so much is the '
        'machine\'s or the harness\'s.')


def named(name, records):
    """Which run it is."""
    run = records[0]['run']
    failed = sum(bool(record['failed']) for record in records)
    return (f'{name}: commit {run["git"]}, {run["time"]}, {len(records)} '
            f'trials, {failed} failed')


def few(shared):
    """The cells with too few rounds to tell."""
    return sum(min(map(len, trials)) < ROUNDS_LEAST
               for trials in shared.values())


def notes(both, shared):
    """What a reader has to know of the comparison."""
    halves = [cells(records) for records in both]
    first = [next(iter(half.values()))[0] for half in halves]
    differ = differing(*first)
    if differ:
        yield f'The runs differ in {", ".join(differ)}.'
    unlike = len(halves[0].keys() & halves[1].keys()) - len(shared)
    if unlike:
        yield (f'{unlike} cells are left out, since their parameters are not '
               'the same.')
    for name, mine, other in zip('AB', halves, halves[::-1]):
        lone = mine.keys() - other.keys()
        if lone:
            yield f'{len(lone)} cells were measured in {name} only.'
    lacking = few(shared)
    if lacking:
        yield (f'{lacking} of {len(shared)} cells have fewer than '
               f'{ROUNDS_LEAST} rounds in one run: nothing can be said of '
               'them.')
    figures, chance = by_chance(shared)
    if figures:
        yield (f'{figures} figures are compared; of so many chance alone '
               f'would change {chance:.2g}.')
    if floor(shared):
        yield floor(shared)


def verdict(shared, found):
    """In how much of what something changed."""
    told = len(shared) - few(shared)
    changed = {(one.title, one.row) for _, ones in found for one in ones}
    if not changed:
        return f'Nothing changed beyond noise in {told} cells.'
    return (f'Something changed beyond noise in {len(changed)} of {told} '
            'cells: all rounds of one run are beyond all of the other.')


def compare(both):
    """The comparison as texts and tables, or Unusable."""
    shared = comparable(*map(cells, both))
    if not shared:
        raise kept.Unusable(
            'the two runs have no cell in common, of the same parameters; '
            'allowed: runs that measured the same cases and rows')
    found = [(measure, changes(shared, measure)) for measure in MEASURES]
    return [*map(named, 'AB', both), *notes(both, shared),
            *(table(ones, measure) for measure, ones in found if ones),
            verdict(shared, found)]


def main(a, b):
    """Prints what changed from one results folder to another.

    Returns the exit status: whatever changed, 0; Unusable goes to the caller.
    """
    colour = layout.colourful(sys.stdout)
    for part in compare([kept.load(a), kept.load(b)]):
        if isinstance(part, str):
            print(textwrap.fill(part, layout.WIDTH))
        else:
            print('\n' + layout.layout(part, colour))
    return 0
