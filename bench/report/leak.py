# SPDX-License-Identifier: MIT
"""The picture of the leak, which README.md shows: how many objects there are
after so many operations, of the rows that leak and of those that do not.

Counts, not times: a busy machine draws the same.
"""
import os

from report import gnuplot, plan, plots, tables
from report.picture import Axis, Line, Picture, script, text
from report.records import Unusable

FILE = 'leak.svg'
CASE = plan.PIPE
ROWS = ('none', 'percpu', 'brpc110', 'brpc112')


def wanted(records):
    """The records that are drawn."""
    return [record for record in records if record['row'] in ROWS
            and record['title'] == CASE.title()]


def points_of(trial, last):
    """Objects over operations since the warm-up, cut off at the last.

    A quick row did all of these between two samples: what it had at the last
    lies on the line from one to the other.
    """
    series = trial['drift']['series']
    points = []
    for _, ops, made in series:
        ops -= series[0][1]
        if ops > last:
            before, had = points[-1]
            made = had + (made - had) * (last - before) / (ops - before)
            return points + [(last, round(made))]
        points.append((ops, made))
    return points


def operations(trial):
    """Between the first sample and the last."""
    series = trial['drift']['series']
    return series[-1][1] - series[0][1]


def lines_of(found, last):
    """Of each row, up to the last that all leaking rows did."""
    for row, trial in found.items():
        points = points_of(trial, last)
        yield Line(row, points, text(points[-1][1]))


def picture(records):
    """The picture; Unusable without its data."""
    there = wanted(records)
    rows = tables.group(there).get(CASE.title(), {})
    found = plots.typicals(rows, 'drift')
    if not set(found) >= set(ROWS):
        raise Unusable(
            f'no picture: {CASE.title()} lacks rows over time; allowed: '
            f'results of --preset full --cases {CASE.name} '
            f'--rows {",".join(ROWS)}')
    last = min(plan.LEAK_OPS, *(operations(found[row])
                                for row in plan.LEAKING))
    lines = list(lines_of(found, last))
    held = [line.points[-1][1] for line in lines
            if line.row not in plan.LEAKING]
    return Picture(
        'leak', 'Borrowed on one worker, returned on another',
        'none: a pool for each worker. brpc110: bRPC before its fix, brpc112: '
        'after it. percpu: driftpool.',
        Axis('objects borrowed and returned since the warm-up'),
        Axis('objects constructed'),
        lines + plots.guides(found, last),
        'Lower panel: the same, enlarged. ' + tables.caption(there),
        1.2 * max(held))


def write(records, folder):
    """Writes the picture; its metadata hold the command of the run."""
    made = picture(records)
    run = wanted(records)[0]['run']
    svg = gnuplot.svg(
        script(made), made.name, made.title,
        f'{made.caption}. Made by {run["command"]} at commit {run["git"]}, '
        f'{run["time"]}, then bench/bench.py picture.')
    path = os.path.join(folder, FILE)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(svg)
    return path
