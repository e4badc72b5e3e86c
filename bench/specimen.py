# SPDX-License-Identifier: MIT
"""Specimens for the tests: records of trials in which all is as it should be.
"""
import plan

GOOD_NS = {'null': 1.0, 'none': 1.2, 'mutex': 1.2, 'treiber': 1.2,
           'percpu': 1.2, 'glibc': 9.0, 'jemalloc': 6.0, 'mimalloc': 6.0,
           'tcmalloc': 12.0}
RUN = {'id': 'i', 'git': 'abc', 'seed': 1, 'smoke': False, 'each': '1 ms',
       'time': 'today', 'command': 'bench.py run'}


def report_make(row, case, workers, **params):
    """What a program reports of a trial in which all is as it should be."""
    leaks = row == 'none' and case != 'hot'
    return {
        'backend': plan.expected(row)[0], 'case': case, 'ops': 1000,
        'params': {'workers': workers, 'migrate': .5, 'object_size': 64,
                   'magazine': 64, **params},
        'ns_per_pair': GOOD_NS[row], 'cpu_ns_per_pair': 1.0, 'overlap': 1.0,
        'noise': {'flag': False},
        'pool': {'constructed': 200, 'peak_in_use': 100,
                 'bound': None if leaks else 228,
                 'bound_ok': None if leaks else True, 'refills': 1,
                 'flushes': 1, 'rack_hits': 19, 'depot_hits': 1, 'steals': 0},
        'drift': {'p_obs': .5, 'tv_pred': .1, 'tv_obs': .1,
                  'slope_obj_per_op': .101 if leaks else 1e-5},
        'mem': {'rss_anon_kib_before': 1, 'rss_anon_kib_peak': 2},
        'env': {'cpu': 'c', 'ncpu': 2, 'kernel': 'k', 'libc': 'l',
                'compiler': 'gcc', 'flags': '-O3',
                'malloc': (plan.expected(row)[1] or 'libc') + '.so'}}


def records_make(rounds=1):
    """A whole run in which every target is met."""
    return [{**report_make(cell.row, cell.case.name, cell.case.workers),
             'run': RUN, 'title': cell.case.title(), 'row': cell.row,
             'chosen': cell.row == 'treiber', 'round': number,
             'failed': None, 'stderr': ''}
            for number in range(1, rounds + 1)
            for group in plan.cells(plan.CASES, plan.ROWS) for cell in group]


def pick(records, case, row):
    """The records of a cell."""
    return [record for record in records
            if record['title'] == case.title() and record['row'] == row]
