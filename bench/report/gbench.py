# SPDX-License-Identifier: MIT
"""Results in Google Benchmark's own format, a file for each row.

The names of the benchmarks are those of cases, and so the same in all files:
Google Benchmark's compare.py compares two rows, or two runs of one.  Left out
are trials that failed, and simulations, which have no time of their own.
"""
import json
import os
import re

from report import plan, tables


def name(record):
    """A benchmark's name: the title, as the library would write it."""
    text = re.sub(r'([\d,]+) workers?', r'workers:\1', record['title'])
    return text.replace(': ', '/').replace(', ', '/').replace(' ', '_')


def entry(record, index, repetitions):
    """A trial as one of the repetitions of a benchmark."""
    known = {'items_per_second': 1e9 / record['ns_per_pair'],
             'overlap': record['overlap'],
             'constructed': record['pool']['constructed']}
    return {
        'name': name(record), 'run_name': name(record),
        'run_type': 'iteration', 'repetitions': repetitions,
        'repetition_index': index, 'threads': 1, 'iterations': 1,
        'real_time': record['ns_per_pair'],
        'cpu_time': record['cpu_ns_per_pair'], 'time_unit': 'ns',
        **{key: value for key, value in known.items() if value is not None}}


def context(row, record):
    """What they were measured on."""
    run, env = record['run'], record['env']
    program = plan.program(row, row if record['chosen'] else '')
    return {'date': run['time'], 'executable': program,
            'num_cpus': env['ncpu'], 'cpu': env['cpu'], 'row': row,
            'commit': run['git'], 'compiler': env['compiler'],
            'flags': env['flags']}


def fit(trials):
    """Those with a time that means something, by round."""
    return sorted((trial for trial in tables.measured(trials)
                   if not trial['failed'] and not trial['sim']),
                  key=lambda trial: trial['round'])


def report(row, groups):
    """The report of a row, of {title: {row: [record, ...]}}; or None."""
    entries, first = [], None
    for family, rows in enumerate(groups.values()):
        trials = fit(rows.get(row, []))
        first = first or next(iter(trials), None)
        entries += [{**entry(trial, index, len(trials)),
                     'family_index': family, 'per_family_instance_index': 0}
                    for index, trial in enumerate(trials)]
    return first and {'context': context(row, first), 'benchmarks': entries}


def path(directory, row):
    """Where the report of a row is."""
    return os.path.join(directory, f'gbench-{row}.json')


def write(directory, records):
    """Writes gbench-<row>.json for each row that was measured."""
    groups = tables.group(records)
    for row in plan.ROWS:
        made = report(row, groups)
        if made:
            with open(path(directory, row), 'w', encoding='utf-8') as out:
                json.dump(made, out, indent=1, allow_nan=False)
                out.write('\n')
