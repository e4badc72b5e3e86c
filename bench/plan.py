# SPDX-License-Identifier: MIT
"""The plan: which cells are measured, and what runs each of them.

A cell is one row of one case: a program on a workload.  There are 50, the
most that a run of 90 seconds has room for: all rows where a figure is asked
for, and elsewhere the backends and the floor.
"""
from typing import NamedTuple

BACKENDS = ('none', 'mutex', 'treiber', 'percpu')
# The allocators that can be preloaded, by the libraries that hold them.
ALLOCATORS = {
    'jemalloc': ('libjemalloc.so.2',),
    'mimalloc': ('libmimalloc.so.2',),
    'tcmalloc': ('libtcmalloc_minimal.so.4', 'libtcmalloc.so.4'),
}
MALLOCS = ('glibc',) + tuple(ALLOCATORS)
POOLS = ('null',) + BACKENDS
ROWS = POOLS + MALLOCS

# A trial of a row that leaks ends after so many operations: enough for a slope
# within 5 %, for which a case that shares CPUs has to outlast many time slices.
LEAK_OPS = 1000000
LEAK_OPS_SHARING = 8000000


class Case(NamedTuple):
    """A workload: a case of driftbench, its workers, and what differs."""
    name: str
    workers: int
    note: str = ''
    flags: tuple = ()

    def title(self):
        """As the tables call it; no two cases share one."""
        plural = 's' if self.workers > 1 else ''
        return f'{self.name}, {self.workers} worker{plural}{self.note}'


class Cell(NamedTuple):
    """A row of a case."""
    case: Case
    row: str


HOT = Case('hot', 1)
STEAL = Case('steal', 2)
HOTSPOT = Case('hotspot', 4)
PIPE = Case('pipe', 2)
UNTOUCHED = Case('pipe', 2, ', objects untouched', ('--touch', 'no'))
# A thread of churn lives for 50,000 operations; one worker is one at a time.
TURNS_HOLD = 100
TURNS = Case('churn', 1, f': 1,000 threads in turn, {TURNS_HOLD} objects each',
             ('--migrate', '0', '--dest', 'local', '--burst', '1', '--warmup',
              '0', '--hold', str(TURNS_HOLD), '--ops', '50000000'))

TABLE = (
    (HOT, ROWS),
    (Case('hot', 2), POOLS),
    (STEAL, POOLS),
    (HOTSPOT, POOLS),
    (PIPE, ROWS),
    (UNTOUCHED, ('null', 'mutex', 'treiber', 'percpu') + MALLOCS),
    (Case('churn', 4), POOLS),
    (TURNS, BACKENDS),
)
CASES = tuple(dict.fromkeys(case.name for case, _ in TABLE))


def cells(cases, rows):
    """The cells of the cases and rows asked for, case by case."""
    groups = [[Cell(case, row) for row in of_case if row in rows]
              for case, of_case in TABLE if case.name in cases]
    return [group for group in groups if group]


def program(row, chosen):
    """The program of a row; the chosen backend's is the installed library."""
    if row == chosen:
        return 'driftbench'
    if row in MALLOCS:
        return 'driftbench-malloc'
    return 'driftbench-' + row


def expected(row):
    """What the program says it measured: (backend, part of malloc's file)."""
    if row == 'glibc':
        return 'malloc', 'libc.so'
    if row in ALLOCATORS:
        return 'malloc', row
    return row, ''


def flags(cell, smoke, warmup_ms, time_ms):
    """The flags of the cell's program; of one given twice the last counts."""
    words = ['--case', cell.case.name, '--workers', str(cell.case.workers)]
    leaks = cell.row == 'none' and cell.case.name != 'hot'
    if smoke:
        words += ['--smoke']
    else:
        words += ['--warmup', f'{warmup_ms}ms']
        if leaks:
            sharing = cell.case == HOTSPOT
            words += ['--ops', str(LEAK_OPS_SHARING if sharing else LEAK_OPS)]
        elif '--ops' not in cell.case.flags:
            words += ['--time', f'{time_ms}ms']
    return [*words, *cell.case.flags]
