# SPDX-License-Identifier: MIT
"""What a run comes to, in files: summary.md to read, summary.csv to compute.

The first has the tables that the terminal shows.  The second has a line for
each cell, those of the sweeps as well, of medians over the rounds.
"""
import csv
import os
import re

import hyperfine
from report import tables, targets, trials
from report.estimate import median_known, sign_interval
from report.records import exchanges, figure, quantile

MARKDOWN, CSV = 'summary.md', 'summary.csv'
QUANTILES = ('p50', 'p90', 'p99', 'p999', 'max')


def readable(records):
    """Those for tables: sweeps are for plots, and too long to read."""
    return [record for record in records if record['axis'] is None] or records


def all_tables(directory, records):
    """The tables of a run, the targets first; what hyperfine found last."""
    read = readable(records)
    checked = hyperfine.table(directory, records)
    return ([targets.table(read), *tables.measures(read)]
            + [checked] * bool(checked))


def failures(records):
    """What failed, and what programs said."""
    return [trials.told(record) for record in records if record['failed']]


def method(records):
    """How the figures came about, in one line."""
    return ' '.join(tables.method(records).split())


def escaped(text):
    """A text as Markdown takes it."""
    return re.sub(r'([\\`*_~|<>\[\]])', r'\\\1', text)


def markdown_line(cells):
    """A line of a table."""
    return f'| {" | ".join(escaped(cell.strip()) for cell in cells)} |'


def markdown_table(table):
    """A table, with its legend below."""
    out = [f'## {table.title.capitalize()}', '']
    if not table.groups:
        return out + ['No trials.', '']
    out += [markdown_line(table.heads),
            '|' + '|'.join([' :-- '] + [' --: '] * (len(table.heads) - 1))
            + '|']
    for heading, rows in table.groups:
        if heading:
            out.append(f'| **{escaped(heading)}** |'
                       + ' |' * (len(table.heads) - 1))
        out += map(markdown_line, rows)
    return out + ['', escaped(table.legend), '']


def markdown(directory, records):
    """All of summary.md."""
    out = ['# driftpool: a run of the benchmarks', '',
           escaped(tables.caption(records)), '']
    for table in all_tables(directory, records):
        out += markdown_table(table)
    failed = failures(records)
    if failed:
        out += ['## Failed', '', '```',
                *(text.replace('```', "'''") for text in failed), '```', '']
    return '\n'.join(out + ['## Method', '', escaped(method(records)), ''])


def of_spike(key):
    """What finds a figure of a spike in a trial."""
    return lambda trial: trial['spike'][key] if trial['spike'] else None


# The figures of a cell: {name: what finds it in a trial}.
FIGURES = {
    'cpu_ns_per_pair': figure('', 'cpu_ns_per_pair'),
    'overlap': figure('', 'overlap'),
    'jain': figure('', 'jain'), 'min_max': figure('', 'min_max'),
    'constructed': figure('pool', 'constructed'),
    'peak_in_use': figure('pool', 'peak_in_use'),
    'bound': figure('pool', 'bound'),
    'exchanges_per_op': exchanges,
    **{key: figure('drift', key) for key in (
        'p_obs', 'tv_pred', 'tv_obs', 'slope_obj_per_op')},
    **{key: figure('mem', key) for key in (
        'rss_anon_kib_before', 'rss_anon_kib_peak', 'rss_anon_kib_quiesced',
        'rss_anon_kib_trimmed', 'slope_kib_per_s')},
    **{f'spike_{key}': of_spike(key) for key in (
        'added_kib', 'back', 'quiesced', 'trimmed', 'lent')},
    **{f'{key}_ns': quantile(key) for key in QUANTILES},
    **{f'exchange_{key}_ns': quantile(key, 'exchange') for key in QUANTILES},
}


def csv_row(title, row, cell):
    """A cell's line: {column: value}."""
    good = tables.measured(cell)
    first = good[0] if good else {'params': {}}
    ns = [trial['ns_per_pair'] for trial in good]
    low, high = sign_interval(ns) or (None, None)
    return {
        'title': title, 'row': row, 'installed': cell[0]['chosen'],
        'case': first.get('case'), 'sim': first.get('sim'),
        'axis': cell[0]['axis'], 'x': cell[0]['x'],
        **{key: first['params'].get(key) for key in (
            'workers', 'migrate', 'magazine', 'object_size')},
        'trials': len(cell), 'failed': sum(bool(t['failed']) for t in cell),
        'disturbed': sum(map(tables.disturbed, good)),
        'bound_broken': sum(t['pool']['bound_ok'] is False for t in good),
        'ns_per_pair': median_known(ns), 'ns_per_pair_low': low,
        'ns_per_pair_high': high,
        **{key: median_known(map(find, good))
           for key, find in FIGURES.items()}}


def write(directory, records):
    """Writes both files."""
    with open(os.path.join(directory, MARKDOWN), 'w',
              encoding='utf-8') as file:
        file.write(markdown(directory, records))
    lines = [csv_row(title, row, cell)
             for title, rows in tables.group(records).items()
             for row, cell in rows.items()]
    with open(os.path.join(directory, CSV), 'w', encoding='utf-8',
              newline='') as file:
        out = csv.DictWriter(file, list(lines[0]), lineterminator='\n')
        out.writeheader()
        out.writerows(lines)
