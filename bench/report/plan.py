# SPDX-License-Identifier: MIT
"""The plan: which cells are measured, and what runs each of them.

A cell is one row of one case: a program on a workload.  A preset is a choice
of cells: `full` has all of them but those of `keytable`, which is a run of its
own; the others name their rows.

A sweep varies one thing around a centre, never two.  Its cases share a name,
which is its axis, and each has a place on it.  Every record says so:

    "axis"     "x"                                       drawn for each
    workers    workers: 1, n, 2n, 8n for n CPUs          "case": hot, steal
    migrate    p, at a TV of 0                           -
    imbalance  TV as destinations give it, at p 0.5      -
    magazine   objects in a magazine; "sim": true        "case": hotspot, steal
    think      ns of thought between borrow and return   -
    hold       objects that a worker holds               -

Both are null in all other records.  A series of a sweep are the records of one
axis, "case" (as driftbench calls it) and row.
"""
import os
from typing import NamedTuple, Optional

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       '../../pool/shared/backends'),
          encoding='utf-8') as names:
    BACKENDS = tuple(names.read().split())
# Those that construct one object for each that moves away for good.
LEAKING = ('none', 'brpc110')
# Those whose footprint has a bound.
POOLED = tuple(row for row in BACKENDS if row not in LEAKING)
# The allocators that can be preloaded, by the libraries that hold them.
ALLOCATORS = {
    'jemalloc': ('libjemalloc.so.2',),
    'mimalloc': ('libmimalloc.so.2', 'libmimalloc.so.3'),
    'tcmalloc': ('libtcmalloc_minimal.so.4', 'libtcmalloc.so.4'),
}
MALLOCS = ('glibc',) + tuple(ALLOCATORS)
POOLS = ('null',) + BACKENDS
BRPC = ('brpc19', 'brpc110', 'brpc112')
# Those that lend tables of values to fibers.
TABLED = BACKENDS + BRPC
PEERS = BRPC + ('lfstack', 'wfstack', 'ckstack', 'dpdk')
ROWS = POOLS + PEERS + MALLOCS
DRIFTING = BACKENDS + ('brpc110', 'brpc112')
# Those that spin until a worker goes on, and it may be waiting for the CPU.
STALLING = ('dpdk',)
# What a sweep is drawn for.
SWEPT = ('null', *POOLED, 'brpc112')

CPUS = len(os.sched_getaffinity(0))
# As many as driftbench allows.
WORKERS_MOST = 256

# bRPC 1.12 moves objects once a worker has 4,000: so many operations it takes.
KEYTABLE_OPS, KEYTABLE_OPS_BRPC112 = 300000, 2000000

# A trial of a row that leaks ends after so many operations: enough for a slope
# within 5 %, for which a case that shares CPUs has to outlast many time slices.
LEAK_OPS = 1000000
LEAK_OPS_SHARING = 8000000


class Case(NamedTuple):
    """A workload: a case of driftbench, its workers, and what differs.

    base is driftbench's case, '' if it has the same name; x the place on the
    axis of a sweep; ns about what an operation takes, for the estimate of how
    long a trial of fixed work is.
    """
    name: str
    workers: int
    note: str = ''
    flags: tuple = ()
    base: str = ''
    x: Optional[float] = None
    ns: float = 100

    def title(self):
        """As the tables call it; no two cases share one."""
        plural = 's' if self.workers > 1 else ''
        base = f': {self.base}' if self.base else ''
        return f'{self.name}{base}, {self.workers:,} worker{plural}{self.note}'

    def axis(self):
        """What the sweep that it belongs to varies, or None."""
        return None if self.x is None else self.name

    def simulated(self):
        """Are its workers no threads?"""
        return '--sim' in self.flags

    def sharing(self):
        """Do workers have to share CPUs?"""
        return self.workers > CPUS and not self.simulated()


class Cell(NamedTuple):
    """A row of a case."""
    case: Case
    row: str


class Planned(NamedTuple):
    """The rows of a case, by preset."""
    case: Case
    full: tuple
    quick: tuple = ()
    smoke: tuple = ()
    keytable: tuple = ()


HOT = Case('hot', 1)
HOT_PAIR = Case('hot', 2)
STEAL = Case('steal', 2)
HOTSPOT = Case('hotspot', 4)
PIPE = Case('pipe', 2)
UNTOUCHED = Case('pipe', 2, ', objects untouched', ('--touch', 'no'))
LARGE = Case('steal', 2, ', objects of 4 KiB', ('--object-size', '4KiB'))
BURST = Case('burst', 2)
TIDE = Case('tide', 2)
CHURN = Case('churn', 4)
# What comes back when ten times the working set was out; the spike itself does
# not depend on how long it lasts.
SPIKE_FLAGS = ('--warmup', '20ms', '--ops', '400000')


def spike(size, note='', *further, base=''):
    """A spike that adds 64 MiB of objects of this size."""
    return Case('spike', 2, f', objects of {size}{note}', (
        '--object-size', size.replace(' ', ''), *SPIKE_FLAGS, *further),
                base, ns=700)


SPIKES = tuple(map(spike, ('64 B', '4 KiB')))
KEPT = tuple(spike(size, ', a tenth stays out', '--kept', '0.1')
             for size in ('64 B', '4 KiB'))
TIDES = tuple(spike(size, '', '--spike', '10', base='tide')
              for size in ('64 B', '4 KiB'))
# A thread of churn lives for 50,000 operations; one worker is one at a time.
TURNS_HOLD = 100
TURNS = Case('churn', 1, f': 1,000 threads in turn, {TURNS_HOLD} objects each',
             ('--migrate', '0', '--dest', 'local', '--burst', '1', '--warmup',
              '0', '--hold', str(TURNS_HOLD), '--ops', '50000000'), ns=5)


def keytable(workers, hold, ring, ns, *flags):
    """bRPC's leak: a task ends on any worker alike, 1,000 tables are out.

    Out are at most workers x hold + rings x ring.
    """
    out = workers * hold + workers * (workers - 1) * ring
    return Case('keytable', workers, f', {out:,} objects out', (
        '--migrate', str(1 - 1 / workers), '--dest', 'uniform',
        '--hold', str(hold), '--ring', str(ring), '--burst', str(ring),
        '--warmup', '0', '--ops', str(KEYTABLE_OPS), *flags), 'steal', ns=ns)


KEYTABLE_4 = keytable(4, 238, 4, 500)
# 8 workers a CPU where there are two, and so a look at the tail as well.
# No whole number makes 1,000 of it; this one is the next.
KEYTABLE_16 = keytable(16, 48, 1, 700, '--latency')


def sim(workers, ops):
    """Virtual workers in one thread."""
    return Case('sim', workers, '', ('--sim', '--ops', str(ops)), 'hotspot')


SIM = sim(64, 1000000)
SIM_MOST = sim(4096, 4000000)


def several(n):
    """n workers for each CPU."""
    return min(n * CPUS, WORKERS_MOST)


def tail(base):
    """8 workers a CPU: who holds a lock is often preempted.

    Constructing is none of it, and over after such a warm-up.
    """
    return Case('tail', several(8), '', (
        '--latency', '--warmup', '1000ms', '--time', '500ms'), base)


def over_workers():
    """1, n, 2n and 8n workers; alone there is none to steal from."""
    return [Case('workers', n, '', flags, base, n)
            for base in ('hot', 'steal')
            for n in sorted({1, CPUS, several(2), several(8)})
            for flags in [('--migrate', '0')
                          if (base, n) == ('steal', 1) else ()]]


def over_migrate():
    """The migration rate, between two workers alike."""
    return [Case('migrate', 2, f', p {p:g}', ('--migrate', str(p)), 'steal', p)
            for p in (0, .05, .1, .25, .5, .75, 1)]


def imbalance(theta, workers, p):
    """TV of zipf: half the sum of |return share - borrow share|."""
    weights = [(j + 1) ** -theta for j in range(workers)]
    came = [1 - p + sum(p * weights[j] / (sum(weights) - weights[i])
                        for i in range(workers) if i != j)
            for j in range(workers)]
    return sum(abs(share - 1) for share in came) / 2 / workers


def over_imbalance():
    """Destinations ever more uneven, the migration rate being the same.

    `oneway` is no end of it: half of the workers would not borrow.
    """
    points = [(f'zipf:{theta}', imbalance(theta, 4, .5))
              for theta in (0, .5, .99, 2)]
    return [Case('imbalance', 4, f', TV {tv:.3f}', ('--dest', to), 'hotspot',
                 round(tv, 4)) for to, tv in points]


def over_magazine():
    """Exact where time plays no part; one case is skewed, one only bursty."""
    return [Case('magazine', 64, f', magazines of {size}',
                 ('--sim', '--ops', '1000000', '--magazine', str(size)), base,
                 size)
            for base in ('hotspot', 'steal')
            for size in (8, 16, 32, 64, 128, 256)]


def over_think():
    """The longer the thought, the less it matters what borrowing takes."""
    return [Case('think', 2, f', {ns:,} ns of thought',
                 ('--think', f'{ns}ns'), 'steal', ns)
            for ns in (0, 50, 200, 1000)]


def over_hold():
    """More and more objects out: the cache overflows."""
    return [Case('hold', 2, f', {hold:,} held', ('--hold', str(hold)), 'keep',
                 hold) for hold in (8, 128, 2048)]


def fibers(workers):
    """bRPC's leak as it was: each fiber gets or sets, sleeps 1 ms, and ends.
    """
    return Case('fibers', workers, ', 1,000 live of 2,000,000', (
        '--live', '1000', '--sleep', '--warmup', '0', '--ops', '2000000'),
                ns=1200)


FIBERS_4 = fibers(4)
FIBERS_16 = fibers(16)

TABLE = (
    Planned(HOT, ROWS, ('null', *BACKENDS, 'brpc19', 'brpc112', *MALLOCS),
            ('null', 'mutex', 'percpu', 'glibc')),
    Planned(HOT_PAIR, ROWS, (*POOLED, 'brpc112')),
    Planned(STEAL, ROWS, (*POOLS, 'brpc112'), BACKENDS),
    Planned(HOTSPOT, POOLS + PEERS, (*BACKENDS, 'brpc110', 'brpc112'),
            ('none', 'brpc110')),
    Planned(PIPE, ROWS,
            (*POOLS, 'brpc110', 'brpc112', 'jemalloc', 'mimalloc', 'tcmalloc'),
            ('null', 'treiber', 'brpc112', 'jemalloc')),
    Planned(UNTOUCHED, ('null', *POOLED, *MALLOCS)),
    Planned(LARGE, (*SWEPT, 'jemalloc')),
    Planned(BURST, (*POOLS, 'brpc112')),
    Planned(TIDE, (*POOLS, 'brpc110', 'brpc112')),
    Planned(CHURN, (*POOLS, 'brpc112'), (), ('treiber',)),
    Planned(TURNS, (*BACKENDS, 'brpc112')),
    *(Planned(case, (*BACKENDS, 'brpc19', 'brpc112', *MALLOCS))
      for case in SPIKES),
    *(Planned(case, (*POOLED, *MALLOCS)) for case in KEPT),
    *(Planned(case, POOLED) for case in TIDES),
    Planned(KEYTABLE_4, POOLED + BRPC, (*POOLED, 'brpc112'), ('percpu',)),
    Planned(KEYTABLE_16, POOLED + BRPC, (*POOLED, 'brpc112')),
    *(Planned(case, (), keytable=TABLED) for case in (FIBERS_4, FIBERS_16)),
    *(Planned(tail(base), (*POOLED, 'brpc112')) for base in ('steal', 'pipe')),
    Planned(SIM, (*BACKENDS, 'brpc110'), (), ('none', 'percpu')),
    Planned(sim(1024, 2000000), (*BACKENDS, 'brpc110')),
    Planned(SIM_MOST, (*BACKENDS, 'brpc110'), (*BACKENDS, 'brpc110')),
    *(Planned(case, SWEPT)
      for case in over_workers() + over_migrate() + over_think()),
    *(Planned(case, ('null', *DRIFTING)) for case in over_imbalance()),
    *(Planned(case, POOLED) for case in over_magazine()),
    *(Planned(case, (*SWEPT, 'jemalloc')) for case in over_hold()),
)
PRESETS = ('quick', 'full', 'smoke', 'keytable')
CASES = tuple(dict.fromkeys(planned.case.name for planned in TABLE))


def cells(preset, cases=CASES, rows=ROWS):
    """The cells of the cases and rows asked for, case by case."""
    groups = [[Cell(planned.case, row) for row in getattr(planned, preset)
               if row in rows
               and not (row in STALLING and planned.case.sharing())]
              for planned in TABLE if planned.case.name in cases]
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


def leak_ops(case):
    """The operations of a row that leaks."""
    return LEAK_OPS_SHARING if case.sharing() else LEAK_OPS


def without_length(flags):
    """Without what says how long a trial is."""
    kept, words = [], iter(flags)
    for word in words:
        if word in ('--ops', '--time', '--warmup'):
            next(words)
        else:
            kept.append(word)
    return kept


def flags(cell, smoke, warmup_ms, time_ms):
    """The flags of the cell's program; of one given twice the last counts."""
    case = cell.case
    base = case.base or case.name
    words = ['--case', base, '--workers', str(case.workers)]
    if smoke:
        return [*words, '--smoke', *without_length(case.flags)]
    if not case.simulated():
        words += ['--warmup', f'{warmup_ms}ms']
    if '--ops' not in case.flags:
        leaks = cell.row in LEAKING and base not in ('hot', 'keep')
        words += ['--ops', str(leak_ops(case))] if leaks else \
            ['--time', f'{time_ms}ms']
    words += case.flags
    if (case.name, cell.row) == ('keytable', 'brpc112'):
        words += ['--ops', str(KEYTABLE_OPS_BRPC112)]
    return words


def about_ms(cell, warmup_ms, time_ms):
    """About how long a trial measures, in ms."""
    words = flags(cell, False, warmup_ms, time_ms)
    last = {flag: word for flag, word in zip(words, words[1:])
            if flag in ('--ops', '--time', '--warmup')}
    warmup = int(last.get('--warmup', '0').removesuffix('ms'))
    if '--ops' in last:
        return warmup + int(last['--ops']) * cell.case.ns / 1e6
    return warmup + int(last['--time'].removesuffix('ms'))
