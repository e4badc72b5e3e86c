# SPDX-License-Identifier: MIT
"""The tables: throughput, memory, drift, and what goes with them."""
import re
import textwrap
from typing import NamedTuple

import plan
from estimate import (median_known, median_ratio, paired_ratios,
                      sign_interval, spread)

WIDTH = 100


class Table(NamedTuple):
    """What a table says, whatever it is shown on.

    groups: [(heading or None, [row, ...]), ...], a row being a list of texts,
    one for each of the heads.
    """
    title: str
    legend: str
    heads: list
    groups: list


def measured(trials):
    """Those that have figures; the others failed."""
    return [trial for trial in trials if trial.get('ns_per_pair')]


def group(records):
    """{title: {row: [record, ...]}}, in the order of the plan."""
    titles = [case.title() for case, _ in plan.TABLE]
    groups = {title: {} for title in titles}
    for record in records:
        groups.setdefault(record['title'], {}).setdefault(
            record['row'], []).append(record)
    return {title: {row: rows[row] for row in plan.ROWS if row in rows}
            for title, rows in groups.items() if rows}


def heading(title, rows):
    """A group's title; says so if workers have to share CPUs."""
    for trial in (trial for row in rows.values() for trial in measured(row)):
        cpus = trial['env']['ncpu']
        if trial['params']['workers'] > cpus:
            return f'{title} (on {cpus} CPU{"s" if cpus > 1 else ""})'
    return title


def middle(trials, part, key):
    """The median of a number of the trials' part; None if it is unknown."""
    return median_known([trial[part][key] for trial in measured(trials)])


def times(trials):
    """{round: ns a pair}."""
    return {trial['round']: trial['ns_per_pair'] for trial in measured(trials)}


def ratios(rows, above, below):
    """Time of `above` over time of `below`, by round; [] if one is missing."""
    return paired_ratios(times(rows.get(above, [])),
                         times(rows.get(below, [])))


def number(value, digits=0):
    """A number, or a dash."""
    return '-' if value is None else f'{value:.{digits}f}'


def percent(share, digits=0):
    """A share in percent, or a dash."""
    return '-' if share is None else f'{100 * share:.{digits}f} %'


def layout(table):
    """A table as plain text: right-aligned columns, the first to the left."""
    if not table.groups:
        return f'{table.title}: no trials\n'
    columns = range(len(table.heads))
    lines = [table.heads] + [row for _, rows in table.groups for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in columns]

    def text(line):
        cells = [line[0].ljust(widths[0])]
        cells += [line[i].rjust(widths[i]) for i in columns[1:]]
        return '  '.join(cells).rstrip()

    out = [table.title, text(table.heads)]
    for name, rows in table.groups:
        out += [name] if name else []
        out += [text(row) for row in rows]
    return '\n'.join(out + [textwrap.fill(table.legend, WIDTH)]) + '\n'


def label(row, trials):
    """A row's name, marked if it is the installed library's, or if it failed.
    """
    chosen = '* ' if trials[0]['chosen'] else '  '
    failed = any(trial['failed'] for trial in trials)
    return chosen + row + (' !' if failed else '')


def noise(trials):
    """A mark if noise may have moved the median: half of them or more."""
    noisy = sum(trial['noise']['flag'] for trial in trials)
    return '~' if 2 * noisy >= len(trials) else ' '


def speed(rows, row):
    """Throughput over that of mutex, with an interval if there is one."""
    values = ratios(rows, 'mutex', row)
    interval = sign_interval(values)
    if row == 'mutex' or not interval:
        return [number(median_ratio(values), 2), '']
    low, high = interval
    about = '≈' if low <= 1 <= high else ''
    return [about + number(median_ratio(values), 2),
            f'[{low:.2f}, {high:.2f}]']


def throughput_row(rows, row):
    """One line of the table."""
    trials = measured(rows[row])
    if not trials:
        return [label(row, rows[row]), 'FAILED '] + 7 * ['-']
    ns = list(times(trials).values())
    return [label(row, rows[row]), number(median_known(ns), 2) + noise(trials),
            percent(spread(ns)), number(1e3 / median_known(ns), 1),
            *speed(rows, row),
            number(median_ratio(ratios(rows, row, 'null')), 2),
            number(median_known([t['cpu_ns_per_pair'] for t in trials]), 2),
            number(median_known([t['overlap'] for t in trials]), 2)]


def throughput(records):
    """The table of times."""
    return Table(
        'THROUGHPUT',
        '* the installed library; the others are linked statically. Medians '
        'over the rounds; a pair is a borrow and its return, ns/pair is wall '
        'time over the pairs of all workers, spread the middle half of the '
        'rounds over their median. speed/mutex: how many times the throughput '
        'of mutex, and from 6 rounds on a 95 % interval (sign test on ratios '
        'paired by round; ≈ it contains 1). time/null: time over that of the '
        'floor. overlap: CPUs kept busy. ~ half of the trials or more were '
        'disturbed. ! some failed, see FAILED.',
        ['', 'ns/pair ', 'spread', 'Mpairs/s', 'speed/mutex', '', 'time/null',
         'cpu ns', 'overlap'],
        [(heading(title, rows), [throughput_row(rows, row) for row in rows])
         for title, rows in group(records).items()])


def held(trials):
    """In how many trials the bound held."""
    said = [t['pool']['bound_ok'] for t in measured(trials)
            if t['pool']['bound_ok'] is not None]
    return f'{sum(said)}/{len(said)}' if said else '-'


def growth(trials):
    """New objects per 1,000 operations, in the second half."""
    slope = middle(trials, 'drift', 'slope_obj_per_op')
    return None if slope is None else 1000 * slope


def memory_row(row, trials):
    """One line of the table."""
    return [label(row, trials),
            number(middle(trials, 'pool', 'constructed')),
            number(middle(trials, 'pool', 'peak_in_use')),
            number(middle(trials, 'pool', 'bound')), held(trials),
            number(growth(trials), 3),
            number(middle(trials, 'mem', 'rss_anon_kib_before')),
            number(middle(trials, 'mem', 'rss_anon_kib_peak'))]


def memory(records):
    """The table of objects and memory."""
    return Table(
        'MEMORY',
        'Medians over the rounds. constructed: objects, in all. in use: the '
        'most that can be out at once. bound: the most that may be '
        'constructed for that; held: in how many trials it was kept, at every '
        'sample. growth: new objects per 1,000 operations in the second half. '
        'RSS: anonymous memory, before the first borrow and at its peak; a '
        'trial of `none` that crosses workers ends after a fixed number of '
        'operations.',
        ['', 'constructed', 'in use', 'bound', 'held', 'growth',
         'RSS before KiB', 'RSS peak KiB'],
        [(heading(title, rows), [memory_row(row, rows[row]) for row in rows])
         for title, rows in group(records).items()])


def exchanges(trials):
    """Refills and flushes per 1,000 operations."""
    return median_known(
        [1000 * (t['pool']['refills'] + t['pool']['flushes']) / t['ops']
         for t in measured(trials) if t['pool']['refills'] is not None])


def rack_share(trials):
    """The share of exchanges that the own CPU's rack served; percpu only."""
    shares = []
    for trial in measured(trials):
        pool = trial['pool']
        served = [pool[key] for key in ('rack_hits', 'depot_hits', 'steals')]
        if trial['row'] == 'percpu' and sum(served):
            shares.append(served[0] / sum(served))
    return median_known(shares)


def drift_row(row, trials):
    """One line of the table."""
    return [label(row, trials),
            number(middle(trials, 'params', 'migrate'), 3),
            number(middle(trials, 'drift', 'p_obs'), 3),
            number(middle(trials, 'drift', 'tv_pred'), 4),
            number(middle(trials, 'drift', 'tv_obs'), 4),
            number(middle(trials, 'drift', 'slope_obj_per_op'), 6),
            number(exchanges(trials), 2), percent(rack_share(trials), 1)]


def drift(records):
    """The table of migration and what it did, of the pools that cross."""
    groups = []
    for title, rows in group(records).items():
        pools = [drift_row(row, rows[row]) for row in rows
                 if row in plan.BACKENDS
                 and middle(rows[row], 'params', 'migrate')]
        if pools:
            groups.append((heading(title, rows), pools))
    return Table(
        'DRIFT',
        'p: the share of objects that go back on another worker, asked for '
        'and observed. TV: how far return shares are from borrow shares, as '
        'the borrows predict and as observed, in the second half; a pool '
        'without exchange constructs that many objects an operation. new/op: '
        'what was constructed. exchanges: magazines refilled and flushed per '
        '1,000 operations. own rack: the share of them that stayed with the '
        'CPU.',
        ['', 'p', 'p obs', 'TV', 'TV obs', 'new/op', 'exchanges',
         'own rack'], groups)


def unfit(flags):
    """Why a build with these compiler flags is none to measure, or ''."""
    if '-fsanitize' in flags:
        return 'NOT FIT FOR FIGURES: built with a sanitizer. '
    if not re.search('-O[23]', flags):
        return 'NOT FIT FOR FIGURES: built without optimisation. '
    return ''


def method(records):
    """How the figures came about."""
    good = measured(records)
    if not good:
        return 'Method: nothing was measured.'
    run, env, params = good[0]['run'], good[0]['env'], good[0]['params']
    rounds = max(record['round'] for record in records)
    noisy = sum(record['noise']['flag'] for record in good)
    failed = sum(bool(record['failed']) for record in records)
    return textwrap.fill(
        f'{unfit(env["flags"])}Method: commit {run["git"]}; {env["cpu"]}, '
        f'{env["ncpu"]} CPUs; Linux {env["kernel"]}; {env["libc"]}; '
        f'{env["compiler"]} {env["flags"]}; {params["object_size"]}-byte '
        f'objects, magazines of {params["magazine"]}; rounds: {rounds}, a '
        f'process per trial, {run["each"]}, in shuffled order, seed '
        f'{run["seed"]}; {len(records)} trials, {noisy} of them disturbed, '
        f'{failed} failed; {run["time"]}; `{run["command"]}`.',
        WIDTH, break_on_hyphens=False)
