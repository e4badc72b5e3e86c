# SPDX-License-Identifier: MIT
"""The pictures of a run: which there are, and what is in them.

Medians over the rounds; of what happens over time, the trial in the middle.
"""
import glob
import os
from functools import partial
from statistics import median, median_low

from report import gnuplot, plan, tables, trials
from report.estimate import median_known, sign_interval
from report.picture import Axis, Line, Picture, script, text, time
from report.records import exchanges, quantile

FOLDER = 'plots'
# Fewer samples are no curve.
SAMPLES = 3
# The most over the least throughput, from which an axis is logarithmic.
LOG_FROM = 30
SHARES = (('p50', 'p50'), ('p90', 'p90'), ('p99', 'p99'), ('p999', 'p99.9'),
          ('max', 'max'))


def slug(title):
    """A title as a name of a file."""
    kept = ''.join(c if c.isascii() and c.isalnum() else ' ' for c in title)
    return '-'.join(kept.lower().split())


def typical(trials_of_row, part):
    """The trial in the middle by time, of those with samples; or None."""
    found = [trial for trial in tables.measured(trials_of_row)
             if len(trial[part]['series']) >= SAMPLES]
    if not found:
        return None
    middle = median_low([trial['ns_per_pair'] for trial in found])
    return next(trial for trial in found if trial['ns_per_pair'] == middle)


def lends_tables(rows):
    """Is this a case of fibers?"""
    return any(trial['params'].get('live') for of_row in rows.values()
               for trial in tables.measured(of_row))


def typicals(rows, part):
    """{row: its trial in the middle}, of those that drift and have one."""
    found = {row: typical(rows[row], part)
             for row in plan.ROWS if row in rows
             and (row in plan.DRIFTING or lends_tables(rows))}
    return {row: trial for row, trial in found.items() if trial}


def crossing(records):
    """(title, rows) of the cases in which objects cross workers, and of which
    one row leaks: those to look at over time."""
    alone = [record for record in records if record['axis'] is None]
    for title, rows in tables.group(alone).items():
        good = [trial for row in rows.values()
                for trial in tables.measured(row)]
        if good and (good[0]['params']['migrate'] or lends_tables(rows)) and \
                set(rows) & set(plan.LEAKING):
            yield title, rows


def fixed_work(found):
    """Did all trials do the same, so that operations are a clock?"""
    ops = [trial['drift']['series'][-1][1] for trial in found.values()]
    return max(ops) <= 1.05 * min(ops)


def guides(found, last):
    """What the objects constructed are to be held against."""
    bounds = [trial['pool']['bound'] for row, trial in found.items()
              if row in plan.POOLED and trial['pool']['bound'] is not None]
    used = [trial['pool']['peak_in_use'] for trial in found.values()
            if trial['pool']['peak_in_use'] is not None]
    return [Line('', [(0, value), (last, value)], f'{what} {value:,}')
            for what, values in (('bound', bounds), ('in use, at most', used))
            for value in [max(values, default=None)] if value]


def until(found, clock):
    """Where to stop: the rows that leak do a fixed number of operations, and
    what the others do long after that would press them to the edge.
    """
    ends = {row: trial['drift']['series'][-1][clock]
            for row, trial in found.items()}
    return min(max(ends.values()), 2 * max(
        [ends[row] for row in ends if row in plan.LEAKING]))


def constructed(records, caption):
    """Objects constructed over time, the leaking rows beside the others."""
    for title, rows in crossing(records):
        found = typicals(rows, 'drift')
        if not set(found) & set(plan.LEAKING):
            continue
        clock = int(fixed_work(found))
        last = until(found, clock)
        lines = [Line(row, points, text(points[-1][1]))
                 for row, trial in found.items()
                 for points in [[(sample[clock], sample[2])
                                 for sample in trial['drift']['series']
                                 if sample[2] is not None
                                 and sample[clock] <= last]] if points]
        held = [value for line in lines if line.row in plan.POOLED
                for _, value in line.points]
        leaks = [line.points[-1][1] for line in lines
                 if line.row in plan.LEAKING]
        marks = [mark for mark in guides(found, last)
                 if mark.points[0][1] <= max(leaks, default=0)]
        shown = [*held, *(line.points[0][1] for line in marks)]
        apart = held and leaks and min(leaks) > 3 * max(shown)
        yield Picture(
            'constructed-' + slug(title),
            'Objects constructed: what leaks, and what does not', title,
            Axis('operations' if clock else 'ms of the measured phase'),
            Axis('objects'), lines + marks,
            'Upper panel: all; lower panel: the same, enlarged. '
            * bool(apart) + caption, 1.25 * max(shown) if apart else None)


def resident(records, caption):
    """Memory over time, of the same trials."""
    for title, rows in crossing(records):
        found = {row: trial for row, trial in typicals(rows, 'mem').items()
                 if not trial['sim']}
        if not set(found) & set(plan.LEAKING):
            continue
        last = until(found, 0)
        lines = [Line(row, points, f'{points[-1][1]:.1f} MiB')
                 for row, trial in found.items()
                 for points in [[(ms, kib / 1024)
                                 for ms, kib in trial['mem']['series']
                                 if kib is not None and ms <= last]]
                 if points]
        if lines:
            yield Picture(
                'memory-' + slug(title), 'Memory of the process', title,
                Axis('ms of the measured phase'),
                Axis('RssAnon, MiB'), lines, caption)


def sweeps(records, axis):
    """{case of driftbench: {row: [(x, [trial, ...]), ...]}} of an axis."""
    found = {}
    for record in tables.measured(records):
        if record['axis'] == axis:
            found.setdefault(record['case'], {}).setdefault(
                record['row'], {}).setdefault(record['x'], []).append(record)
    return {case: {row: sorted(rows[row].items())
                   for row in plan.ROWS if row in rows}
            for case, rows in found.items()}


def rate(trials_of_cell):
    """Millions of pairs a second: (median, low, high) of its interval, or but
    the median.
    """
    rates = [1e3 / trial['ns_per_pair'] for trial in trials_of_cell]
    return (median(rates), *(sign_interval(rates) or ()))


def rates(rows):
    """The lines of a sweep's throughput."""
    found = {row: [(x, *rate(of_cell)) for x, of_cell in points]
             for row, points in rows.items() if len(points) > 1}
    return [Line(row, points, text(points[-1][1]))
            for row, points in found.items()]


def upwards(lines):
    """The axis of throughput: by tens where one scale would hide the low."""
    found = [point[1] for line in lines for point in line.points]
    log = max(found) > LOG_FROM * min(found)
    return Axis('million pairs a second' + ', logarithmic' * log, log)


def linear(lines, cpus):
    """What as many CPUs as there are could do, by the best row on one."""
    ones = [line.points[0][1] for line in lines
            if line.row in plan.POOLED and line.points[0][0] == 1]
    last = max(line.points[-1][0] for line in lines)
    if not ones or cpus < 2:
        return []
    most = max(ones)
    corners = [x for x in (1, cpus, last) if x <= last]
    return [Line('', [(x, most * min(x, cpus)) for x in corners],
                 f'linear to {cpus} CPUs')]


def over(records, caption, axis, label, log, what=''):
    """Throughput over one axis, a picture for each case."""
    for case, rows in sweeps(records, axis).items():
        lines = rates(rows)
        if not lines:
            continue
        places = sorted({point[0] for line in lines for point in line.points})
        first = next(iter(next(iter(rows.values()))))[1][0]
        workers = '' if axis == 'workers' else \
            f', {first["params"]["workers"]} workers'
        if axis == 'workers':
            lines += linear(lines, first['env']['ncpu'])
        yield Picture(
            f'throughput-{axis}-{slug(case)}', f'Throughput over {what}',
            case + workers + ', medians' + ' and their 95 % intervals' * any(
                len(point) > 2 for line in lines for point in line.points),
            Axis(label, log, [(x, text(x)) for x in places] if log else None),
            upwards(lines), lines, caption)


def laws(sizes, good, lines):
    """What theory says of exchanges over the magazine's size."""
    out = []
    for key, said in (('p_obs', '2p/M, bursty'), ('tv_obs', '2TV/M, smooth')):
        value = median_known([trial['drift'][key] for trial in good])
        # An imbalance that is but chance makes no law.
        if value and value > .01:
            out.append(Line('', [(m, 2 * value / m) for m in sizes], said))
    if len(out) < 2:
        x, y = lines[0].points[0][:2]
        out.append(Line('', [(m, y * (x / m) ** 2) for m in sizes],
                        'as 1/M²'))
    return out


def magazines(records, caption):
    """Exchanges over the magazine's size."""
    for case, rows in sweeps(records, 'magazine').items():
        found = {row: [(x, value) for x, of_cell in points
                       for value in [median_known(map(exchanges, of_cell))]
                       if value]
                 for row, points in rows.items()}
        lines = [Line(row, points, text(points[-1][1]))
                 for row, points in found.items() if len(points) > 1]
        if not lines:
            continue
        sizes = sorted({x for line in lines for x, _ in line.points})
        good = [trial for points in rows.values()
                for _, of_cell in points for trial in of_cell]
        yield Picture(
            f'exchanges-{slug(case)}', 'Exchanges over the magazine\'s size',
            f'{case}, {good[0]["params"]["workers"]} workers'
            + ', simulated' * good[0]['sim'],
            Axis('objects in a magazine, M', True,
                 [(size, text(size)) for size in sizes]),
            Axis('exchanges an operation, logarithmic', True),
            lines + laws(sizes, good, lines), caption)


def percentiles(of_row, part):
    """The medians of each percentile; part None: of all operations."""
    taken = tables.measured(of_row)
    values = [median_known(map(quantile(key, part), taken))
              for key, _ in SHARES]
    return [(x, max(value, 1)) for x, value in enumerate(values)
            if value is not None]


def latency(records, caption):
    """Percentiles of the time of one operation, and of one exchange."""
    for title, rows in tables.group(records).items():
        for part, what in ((None, 'operation'), ('exchange', 'exchange')):
            found = {row: percentiles(of_row, part)
                     for row, of_row in rows.items()}
            lines = [Line(row, points, time(points[-1][1]))
                     for row, points in found.items() if len(points) > 1]
            if lines:
                yield Picture(
                    f'latency-{what}-{slug(title)}',
                    f'How long one {what} takes', title,
                    Axis('percentile', False, [
                        (x, said) for x, (_, said) in enumerate(SHARES)]),
                    Axis('time of one, logarithmic', True, None, time), lines,
                    caption)


# What is drawn, and what each is called.
SWEPT = (('workers', 'workers', True, 'the number of workers'),
         ('migrate', 'migration rate p', False, 'the migration rate'),
         ('imbalance', 'imbalance TV', False, 'the imbalance'),
         ('think', 'ns of thought between borrow and return', False,
          'the time of thought'),
         ('hold', 'objects that a worker holds', True, 'the objects held'))
KINDS = (
    ('Objects constructed over time', constructed),
    ('Memory over time', resident),
    *((f'Throughput over {what}', partial(
        over, axis=axis, label=label, log=log, what=what))
      for axis, label, log, what in SWEPT),
    ('Exchanges over the magazine\'s size', magazines),
    ('Latency', latency),
)


def by_kind(records):
    """[(what they show, [picture, ...]), ...]; none where data are lacking.
    """
    if not tables.measured(records):
        return [(title, []) for title, _ in KINDS]
    caption = tables.caption(records)
    return [(title, list(make(records, caption))) for title, make in KINDS]


def pictures(records):
    """All that there are data for."""
    return [made for _, group in by_kind(records) for made in group]


def path(directory, name):
    """Where a picture is."""
    return os.path.join(directory, FOLDER, name + '.svg')


def clear(directory):
    """Takes away what was drawn before, which may not be drawn again."""
    for file in glob.glob(path(glob.escape(directory), '*')):
        os.remove(file)


def draw(directory, records):
    """Draws all into a folder, and says what could not be drawn."""
    wanted, drawn = pictures(records), {}
    if not wanted:
        trials.say('no plots: these results hold nothing to draw over')
    for made in wanted:
        try:
            drawn[made.name] = gnuplot.svg(
                script(made), made.name, f'{made.title}, {made.case}',
                made.caption)
        except gnuplot.Missing:
            trials.say('no plots: gnuplot is not installed; ci/deps does it')
            return
        except gnuplot.Failed as error:
            trials.say(f'no plot {made.name}: gnuplot says {error}')
    # What was drawn before stays where gnuplot is missing.
    clear(directory)
    for name, svg in drawn.items():
        os.makedirs(os.path.join(directory, FOLDER), exist_ok=True)
        with open(path(directory, name), 'w', encoding='utf-8') as file:
            file.write(svg)
