# SPDX-License-Identifier: MIT
"""Specimens for the tests: records of trials in which all is as it should be.
"""
import os

from report import plan

# The folder of bench.py.
BENCH = os.path.dirname(os.path.dirname(os.path.abspath(plan.__file__)))

# Of rows that are no backend's.
GOOD_NS = {'null': 1.0, 'brpc19': 20.0, 'brpc110': 20.0, 'brpc112': 20.0,
           'lfstack': 9.0, 'wfstack': 9.0, 'ckstack': 9.0, 'dpdk': 9.0,
           'glibc': 9.0, 'jemalloc': 6.0, 'mimalloc': 6.0, 'tcmalloc': 12.0}
RUN = {'id': 'i', 'git': 'abc', 'seed': 1, 'smoke': False, 'preset': 'quick',
       'left_out': [], 'each': '1 ms', 'time': 'today',
       'command': 'bench.py run'}


def pool_make(row, leaks):
    """What a pool counts."""
    bounded = row in plan.POOLED or row == 'none' and not leaks
    return {'constructed': 200, 'destructed': 0, 'footprint_peak': 200,
            'peak_in_use': 150, 'peak_in_use_is': 'ceiling',
            'peak_in_use_seen': 120, 'bound': 228 if bounded else None,
            'bound_ok': True if bounded else None, 'refills': 1, 'flushes': 1,
            'rack_hits': 19, 'depot_hits': 1, 'steals': 0}


def latency_make():
    """Nanoseconds of one operation, and of one exchange."""
    return {'n': 16, 'p50': 10, 'p90': 20, 'p99': 50, 'p999': 100, 'max': 2000,
            'exchange': {'n': 40000, 'p50': 90, 'p90': 110, 'p99': 900,
                         'p999': 9000, 'max': 20000}}


def spike_make():
    """What of 100 MiB came back."""
    return {'added_kib': 102400, 'back': 0.0, 'quiesced': .25,
            'trimmed': .955, 'lent': 0}


def report_make(row, case):
    """What a program reports of a trial in which all is as it should be."""
    base, sim = case.base or case.name, '--sim' in case.flags
    leaks = row in plan.LEAKING and base not in ('hot', 'keep')
    return {
        'schema': 3, 'backend': plan.expected(row)[0], 'case': base,
        'sim': sim, 'ops': 1000,
        'params': {'workers': case.workers, 'migrate': .5, 'object_size': 64,
                   'magazine': 64},
        'ns_per_pair': GOOD_NS.get(row, 1.2), 'cpu_ns_per_pair': 1.0,
        'overlap': None if sim else 1.0, 'jain': .99, 'min_max': .9,
        'noise': {'flag': None if sim else False},
        'spike': spike_make() if case.name == 'spike' else None,
        'latency': latency_make() if '--latency' in case.flags else None,
        'pool': pool_make(row, leaks),
        'drift': {'p_obs': .5, 'tv_pred': .1, 'tv_obs': .1,
                  'slope_obj_per_op': .101 if leaks else 1e-5,
                  'series': [[0, 0, 100], [1, 1000, 200]]},
        'mem': {'rss_anon_kib_before': 1, 'rss_anon_kib_peak': 2,
                'rss_anon_kib_end': 2, 'rss_anon_kib_quiesced': 2,
                'rss_anon_kib_trimmed': 1, 'vm_hwm_kib': 9,
                'slope_kib_per_s': 0.0, 'capped': False,
                'series': [[0, 1], [1, 2]]},
        'env': {'cpu': 'c', 'ncpu': 2, 'kernel': 'k', 'libc': 'l',
                'compiler': 'gcc', 'flags': '-O3',
                'malloc': (plan.expected(row)[1] or 'libc') + '.so'}}


def record_make(cell, number):
    """A trial's record."""
    return {**report_make(cell.row, cell.case), 'run': RUN,
            'title': cell.case.title(), 'axis': cell.case.axis(),
            'x': cell.case.x, 'row': cell.row, 'chosen': cell.row == 'treiber',
            'round': number, 'failed': None, 'stderr': ''}


def records_make(rounds=1, preset='full'):
    """A whole run in which every target is met."""
    return [record_make(cell, number) for number in range(1, rounds + 1)
            for group in plan.cells(preset) for cell in group]


def pick(records, case, row):
    """The records of a cell."""
    return [record for record in records
            if record['title'] == case.title() and record['row'] == row]
