# SPDX-License-Identifier: MIT
"""The tables: throughput, memory, drift, fairness, and how they came about.
"""
import re
import textwrap

from report import plan
from report.estimate import (median_known, median_ratio, paired_ratios,
                             sign_interval, spread)
from report.layout import WIDTH, Table
from report.records import exchanges, quantile


def measured(trials):
    """Those that have figures; the others failed."""
    return [trial for trial in trials if trial.get('ns_per_pair')]


def group(records):
    """{title: {row: [record, ...]}}, in the order of the plan."""
    titles = [planned.case.title() for planned in plan.TABLE]
    groups = {title: {} for title in titles}
    for record in records:
        groups.setdefault(record['title'], {}).setdefault(
            record['row'], []).append(record)
    return {title: {row: rows[row] for row in plan.ROWS if row in rows}
            for title, rows in groups.items() if rows}


def disturbed(trial):
    """Did others disturb it?  Time plays no part in a simulation."""
    return bool(trial['noise']['flag'])


def heading(title, rows):
    """A group's title; says so if workers have to share CPUs."""
    for trial in (trial for row in rows.values() for trial in measured(row)):
        cpus = trial['env']['ncpu']
        if trial['params']['workers'] > cpus and not trial['sim']:
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


def label(row, trials):
    """A row's name, marked if it is the installed library's, or if it failed.
    """
    chosen = '* ' if trials[0]['chosen'] else '  '
    failed = any(trial['failed'] for trial in trials)
    return chosen + row + (' !' if failed else '')


def noise(trials):
    """A mark if any of them was disturbed; it stays, whatever came later."""
    return '~' if any(map(disturbed, trials)) else ' '


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
        'floor. overlap: CPUs kept busy. sim: the time of the one thread. ~ '
        'a trial or more of them was disturbed. ! some failed, see FAILED.',
        ['', 'ns/pair ', 'spread', 'Mpairs/s', 'speed/mutex', '', 'time/null',
         'cpu ns', 'overlap'],
        [(heading(title, rows), [throughput_row(rows, row) for row in rows])
         for title, rows in group(records).items()])


def held(trials):
    """In how many trials the bound held."""
    said = [t['pool']['bound_ok'] for t in measured(trials)
            if t['pool']['bound_ok'] is not None]
    return f'{sum(said)}/{len(said)}' if said else '-'


def per_thousand(value):
    """What it is of 1,000 operations; None if it is unknown."""
    return None if value is None else 1000 * value


def mebibytes(trials, key):
    """A number of KiB as MiB."""
    kib = middle(trials, 'mem', key)
    return number(None if kib is None else kib / 1024, 2)


def memory_row(row, trials):
    """One line of the table."""
    capped = [trial['mem'].get('capped_ms') or 0 for trial in measured(trials)
              if trial['mem']['capped']]
    when = f', {min(capped):.0f} ms' if capped else ''
    return [label(row, trials) + when,
            number(middle(trials, 'pool', 'constructed')),
            number(middle(trials, 'pool', 'peak_in_use')),
            number(middle(trials, 'pool', 'bound')), held(trials),
            number(per_thousand(
                middle(trials, 'drift', 'slope_obj_per_op')), 2),
            mebibytes(trials, 'rss_anon_kib_before'),
            mebibytes(trials, 'rss_anon_kib_peak') + ('^' if capped else ' '),
            mebibytes(trials, 'rss_anon_kib_quiesced'),
            mebibytes(trials, 'rss_anon_kib_trimmed'),
            mebibytes(trials, 'slope_kib_per_s')]


def memory(records):
    """The table of objects and memory."""
    return Table(
        'MEMORY',
        'Medians over the rounds. constructed: objects, in all. in use: the '
        'most that can be out at once. bound: the most that may be '
        'constructed for that; held: in how many trials it was kept, at every '
        'sample. growth: new objects per 1,000 operations in the second half. '
        'Then anonymous memory (RssAnon) in MiB: before the first borrow, at '
        'its peak, with everything back, and after a trim; MiB/s: its growth '
        'in the second half. A row that leaks ends after a fixed number of '
        'operations; ^ a trial ended at the cap on memory, the first one so '
        'long after it began.',
        ['', 'constructed', 'in use', 'bound', 'held', 'growth',
         'before', 'peak ', 'quiesced', 'trimmed', 'MiB/s'],
        [(heading(title, rows), [memory_row(row, rows[row]) for row in rows])
         for title, rows in group(records).items()])


def spike_row(row, trials):
    """One line of the table."""
    lent = middle(trials, 'spike', 'lent')
    return [label(row, trials),
            number(middle(trials, 'spike', 'added_kib') / 1024, 1),
            *(percent(middle(trials, 'spike', key), 1)
              for key in ('back', 'quiesced', 'trimmed')),
            number(lent or None)]


def spikes(records):
    """The table of what comes back of a spike, where there was one."""
    groups = []
    for title, rows in group(records).items():
        rows = {row: trials for row, trials in rows.items()
                if any(trial['spike'] for trial in measured(trials))}
        if rows:
            groups.append((heading(title, rows), [
                spike_row(row, rows[row]) for row in rows]))
    return Table(
        'WHAT A SPIKE LEAVES',
        'Medians over the rounds. added: anonymous memory in MiB that ten '
        'times the working set took more than the working set. Then what of '
        'it came back: at the working set again; with everything returned '
        'and all workers detached; and after a trim, or what the allocator '
        'has for one. out: objects chosen at random that nobody returned, '
        'in all of this. Memory is counted from before the first borrow, so '
        'that a working set that stays is not forgiven; the pools have to '
        'give back 90 % by a trim where nothing is out.',
        ['', 'added', 'working set', 'returned', 'trimmed', 'out'], groups)


def rack_share(trials):
    """The share of exchanges that the own CPU's rack served; percpu only."""
    shares = []
    for trial in measured(trials):
        pool = trial['pool']
        served = [pool[key] for key in ('rack_hits', 'depot_hits', 'steals')]
        if trial['row'] == 'percpu' and sum(served):
            shares.append(served[0] / sum(served))
    return median_known(shares)


def law(trials, part, key):
    """Twice a share over the magazine, per 1,000 operations."""
    return median_known(
        [2000 * trial[part][key] / trial['params']['magazine']
         for trial in measured(trials) if trial[part][key] is not None])


def drift_row(row, trials):
    """One line of the table."""
    return [label(row, trials),
            number(middle(trials, 'params', 'migrate'), 3),
            number(middle(trials, 'drift', 'p_obs'), 3),
            number(middle(trials, 'drift', 'tv_pred'), 4),
            number(middle(trials, 'drift', 'tv_obs'), 4),
            number(middle(trials, 'drift', 'slope_obj_per_op'), 6),
            number(per_thousand(
                median_known(map(exchanges, measured(trials)))), 2),
            number(law(trials, 'drift', 'tv_obs'), 2),
            number(law(trials, 'drift', 'p_obs'), 2),
            percent(rack_share(trials), 1)]


def drift(records):
    """The table of migration and what it did, of the pools that cross."""
    groups = []
    for title, rows in group(records).items():
        pools = [drift_row(row, rows[row]) for row in rows
                 if row in plan.BACKENDS + plan.PEERS
                 and middle(rows[row], 'drift', 'p_obs')]
        if pools:
            groups.append((heading(title, rows), pools))
    return Table(
        'DRIFT',
        'p: the share of objects that go back on another worker, asked for '
        'and observed. TV: how far return shares are from borrow shares, as '
        'the borrows predict and as observed, in the second half; a pool '
        'without exchange constructs that many objects an operation. new/op: '
        'what was constructed. exchanges: magazines refilled and flushed per '
        '1,000 operations; 2TV/M: as many as smooth traffic makes, 2p/M: the '
        'most that bursts can make of it. own rack: the share of them that '
        'stayed with the CPU.',
        ['', 'p', 'p obs', 'TV', 'TV obs', 'new/op', 'exchanges', '2TV/M',
         '2p/M', 'own rack'], groups)


def duration(ns):
    """Nanoseconds in a unit in which they are short."""
    if ns is None or ns < 10000:
        return number(ns)
    return f'{ns / 1e3:.1f}k' if ns < 1e6 else f'{ns / 1e6:.1f}M'


def fairness_row(row, trials):
    """One line of the table."""
    workers = [median_known([trial[key] for trial in measured(trials)])
               for key in ('min_max', 'jain')]
    return [label(row, trials), *(number(value, 3) for value in workers),
            *(duration(median_known(map(quantile(key, part),
                                        measured(trials))))
              for part in (None, 'exchange')
              for key in ('p50', 'p99', 'p999', 'max'))]


def fairness(records):
    """The table of shares and of latency, where there are several workers."""
    groups = []
    for title, rows in group(records).items():
        rows = {row: trials for row, trials in rows.items()
                if any(trial['latency'] or trial['params']['workers'] > 1
                       for trial in measured(trials))}
        if rows:
            groups.append((heading(title, rows), [
                fairness_row(row, rows[row]) for row in rows]))
    return Table(
        'FAIRNESS AND LATENCY',
        'Medians over the rounds. min/max: operations of the slowest worker '
        'over those of the fastest. Jain: 1 if all did the same, 1/workers if '
        'one did all. Then nanoseconds (k: thousands, M: millions) of a '
        'single borrow or return, of 1 in 64 of them; ex: of each one that '
        'left the worker\'s own cache. Measuring takes its time, so only '
        'some cases do. -: not measured, or the row cannot say.',
        ['', 'min/max', 'Jain', 'p50', 'p99', 'p99.9', 'max', 'ex p50',
         'ex p99', 'ex p99.9', 'ex max'], groups)


def measures(records):
    """All tables of what was measured; of spikes where there was one."""
    found = [make(records) for make in (throughput, memory, drift, fairness)]
    left = spikes(records)
    return found[:2] + [left] * bool(left.groups) + found[2:]


def unfit(flags):
    """Why a build with these compiler flags is none to measure, or ''."""
    if '-fsanitize' in flags:
        return 'NOT FIT FOR FIGURES: built with a sanitizer. '
    if not re.search('-O[23]', flags):
        return 'NOT FIT FOR FIGURES: built without optimisation. '
    return ''


def rounds(records):
    """How many there were: of some cells more, if they were disturbed."""
    last = {}
    for record in records:
        cell = record['title'], record['row']
        last[cell] = max(last.get(cell, 0), record['round'])
    least, most = min(last.values()), max(last.values())
    return f'{least}' if least == most else f'{least} to {most}'


def caption(records):
    """Where the figures of a table come from, in short."""
    good = measured(records)
    if not good:
        return 'nothing was measured'
    env = good[0]['env']
    return (f'{env["cpu"]}, {env["ncpu"]} CPUs; {env["compiler"]}; commit '
            f'{good[0]["run"]["git"]}; rounds: {rounds(records)}; '
            f'{sum(map(disturbed, good))} of {len(records)} trials disturbed')


def method(records):
    """How the figures came about."""
    good = measured(records)
    if not good:
        return 'Method: nothing was measured.'
    run, env, params = good[0]['run'], good[0]['env'], good[0]['params']
    failed = sum(bool(record['failed']) for record in records)
    lacking = ', '.join(run['left_out']) or 'none'
    return textwrap.fill(
        f'{unfit(env["flags"])}Method: commit {run["git"]}; {env["cpu"]}, '
        f'{env["ncpu"]} CPUs; Linux {env["kernel"]}; {env["libc"]}; '
        f'{env["compiler"]} {env["flags"]}; {params["object_size"]}-byte '
        f'objects, magazines of {params["magazine"]}; rounds: '
        f'{rounds(records)}, a process per trial, {run["each"]}, in shuffled '
        f'order, seed {run["seed"]}; {len(records)} trials, '
        f'{sum(map(disturbed, good))} of them disturbed, {failed} failed; '
        f'rows left out: {lacking}; {run["time"]}; `{run["command"]}`.',
        WIDTH, break_on_hyphens=False)
