# SPDX-License-Identifier: MIT
"""Records of trials, as a run keeps them: one JSON object a line.

A record is what a program reported, and what the runner knows of it: the run,
the cell, and whether it failed.  A trial that failed may have no report.
"""
import json
import os
import sys

SCHEMA = 3
FILE = 'results.jsonl'


class Unusable(Exception):
    """Results, or a report, that cannot be read; says why."""


def is_number(value):
    """A number that can be computed with; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) \
        and abs(value) <= sys.float_info.max


def is_known(value):
    """A number, or null where it is not known."""
    return value is None or is_number(value)


def is_flag(value):
    """True, false, or null where it is not known."""
    return value is None or isinstance(value, bool)


def is_text(value):
    """A text, or null."""
    return value is None or isinstance(value, str)


def is_count(value):
    """A whole number from 1 on."""
    return isinstance(value, int) and value is not True and value > 0


def is_seed(value):
    """A whole number from 0 on."""
    return value == 0 and value is not False or is_count(value)


def is_list(value):
    """A list of texts."""
    return isinstance(value, list) and all(
        isinstance(one, str) for one in value)


def is_series(length):
    """Samples of so many numbers each."""
    def check(value):
        return isinstance(value, list) and all(
            isinstance(sample, list) and len(sample) == length
            and all(map(is_known, sample)) for sample in value)
    return check


def is_latency(value):
    """Null, or percentiles; perhaps those of exchanges, too."""
    names = ('n', 'p50', 'p90', 'p99', 'p999', 'max')
    return value is None or isinstance(value, dict) and all(
        is_known(value.get(name, '')) for name in names) and (
        value.get('exchange') is None or is_latency(value['exchange']))


def is_spike(value):
    """Null, or what a spike added and what came back of it."""
    return value is None or isinstance(value, dict) and all(
        is_known(value.get(name, ''))
        for name in ('back', 'quiesced', 'trimmed')) and all(
        is_number(value.get(name)) for name in ('added_kib', 'lent'))


# What the report counts on: (part, keys, check).  '' is the record itself.
OF_RUN = (
    ('', ('title', 'row', 'stderr'), lambda value: isinstance(value, str)),
    ('', ('failed', 'axis'), is_text),
    ('', ('x',), is_known),
    ('', ('chosen',), is_flag),
    ('', ('round',), is_count),
    ('run', ('git', 'each', 'time', 'command'), is_text),
    ('run', ('smoke',), is_flag),
    ('run', ('seed',), is_seed),
    ('run', ('left_out',), is_list),
)
OF_TRIAL = (
    ('', ('backend', 'case'), lambda value: isinstance(value, str)),
    ('', ('sim',), is_flag),
    ('', ('ops', 'ns_per_pair'), lambda value: is_number(value) and value > 0),
    ('', ('cpu_ns_per_pair', 'overlap', 'jain', 'min_max'), is_known),
    ('', ('latency',), is_latency),
    ('', ('spike',), is_spike),
    ('params', ('workers', 'magazine', 'object_size'), is_count),
    ('params', ('migrate',), is_known),
    ('noise', ('flag',), is_flag),
    ('pool', ('constructed', 'footprint_peak', 'peak_in_use', 'bound',
              'refills', 'flushes', 'rack_hits', 'depot_hits', 'steals'),
     is_known),
    ('pool', ('bound_ok',), is_flag),
    ('drift', ('p_obs', 'tv_pred', 'tv_obs', 'slope_obj_per_op'), is_known),
    ('drift', ('series',), is_series(3)),
    ('mem', ('rss_anon_kib_before', 'rss_anon_kib_peak',
             'rss_anon_kib_quiesced', 'rss_anon_kib_trimmed',
             'slope_kib_per_s'), is_known),
    ('mem', ('capped',), is_flag),
    ('mem', ('series',), is_series(2)),
    ('env', ('cpu', 'kernel', 'libc', 'compiler', 'flags', 'malloc'),
     is_text),
    ('env', ('ncpu',), is_count),
)


def lacking(record, needed):
    """The first of the needed keys that is missing or is none, or None."""
    for part, keys, check in needed:
        held = record.get(part) if part else record
        for key in keys:
            if not isinstance(held, dict) or key not in held or \
                    not check(held[key]):
                return f'{part}.{key}' if part else key
    return None


def wrong(record):
    """Why this is no record of a trial, or None."""
    if not isinstance(record, dict):
        return 'no object'
    if record.get('schema', SCHEMA) != SCHEMA:
        return f'of schema {record["schema"]!r}'
    key = lacking({'axis': None, 'x': None, **record}, OF_RUN)
    if not key and record.get('ns_per_pair') is not None:
        key = lacking(record, (('', ('schema',), is_count),) + OF_TRIAL)
    elif not key and not record['failed']:
        key = 'ns_per_pair'
    return key and f'without a usable {key}'


def refuse(word):
    """JSON has no NaN."""
    raise ValueError(f'{word} is no number')


def parse(line, where):
    """The record of a line."""
    try:
        record = json.loads(line, parse_constant=refuse)
    except ValueError as error:
        raise Unusable(f'{where} is no JSON ({error}); allowed: one record a '
                       'line, so take out what was cut off') from error
    why = wrong(record)
    if why:
        raise Unusable(f'{where} is {why}; allowed: the records of a run, of '
                       f'schema {SCHEMA}')
    # Of cells that belong to no sweep a run may keep silent.
    return {'axis': None, 'x': None, **record}


def load(path):
    """The records of a results folder, or of a results.jsonl."""
    file = os.path.join(path, FILE) if os.path.isdir(path) else path
    try:
        with open(file, encoding='utf-8') as lines:
            found = [parse(line, f'{file}: line {number}')
                     for number, line in enumerate(lines, 1) if line.strip()]
    except OSError as error:
        raise Unusable(f'{file}: {error.strerror}; allowed: a results folder '
                       f'or its {FILE}') from error
    except UnicodeDecodeError as error:
        raise Unusable(f'{file} is no text; allowed: a results folder or its '
                       f'{FILE}') from error
    if not found:
        raise Unusable(f'{file} holds no records; allowed: the results of a '
                       'run that measured something')
    return found


def exchanges(trial):
    """Magazines refilled and flushed, an operation; None if unknown."""
    pool = trial['pool']
    if pool['refills'] is None or pool['flushes'] is None:
        return None
    return (pool['refills'] + pool['flushes']) / trial['ops']


def quantile(key, part=None):
    """What finds a quantile of all operations, or of a part, in a trial."""
    def find(trial):
        found = trial['latency']
        if found and part:
            found = found.get(part)
        return found[key] if found else None
    return find


def figure(part, key):
    """What finds a figure in a trial."""
    return lambda trial: trial[part][key] if part else trial[key]
