#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of driftbench --sim: determinism, bound, drift, laws, traces.

    sim_test.py DIRECTORY BOASTFUL TRACE    the programs', one that leaks and
                                            says it does not, a trace
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

from report.plan import BRPC, POOLED, POOLS

PROGRAMS = BOASTFUL = TRACE = ''
ROWS = (*POOLS, 'malloc', *BRPC)
CASES = ('hot', 'keep', 'steal', 'hotspot', 'pipe', 'burst', 'tide', 'churn')
# What is refused beside --sim, and what the line has to say of it.
REFUSED = (
    (['--workers', '4097'], '1 to 4096'),
    (['--case', 'hotspot', '--workers', '3'], '4 to 4096'),
    (['--ring', '8'], '--ring'),
    (['--think', '1us'], '--think'),
    (['--time', '1s'], '--ops'),
    (['--warmup', '0'], '--warmup'),
    (['--pin', 'none'], '--pin'),
    (['--latency'], '--latency'),
    (['--endless'], '--endless'),
    (['--record', 'x', '--case', 'churn'], '--lifetime 0'),
    (['--record', 'x', '--rounds', '2'], '1'),
    (['--record', '/nonexistent/x'], 'No such file'),
    (['--record', ''], 'a file'),
    (['--trace', '/nonexistent/x'], 'No such file'),
    (['--trace', '/'], 'Is a directory'),
    (['--trace', '/dev/zero'], 'allowed: text'),
    (['--trace', '/dev/null'], 'one or more'),
    (['--trace', 'x', '--case', 'hot'], '--case'),
    (['--trace', 'x', '--ops', '1'], '--ops'),
)
# Traces of two workers that are refused, the line that is wrong, and why.
MALFORMED = (
    ('0 lend 1\n', 1, '"lend" is not allowed; allowed: borrow or return'),
    ('# fine\n\n0 borrow 1\n1 return 2\n', 4, 'not out'),
    ('0 borrow 1\n1 borrow 1\n', 2, 'which worker 0 has out'),
    ('0 borrow 1\n1 return 1\n1 return 1', 3, 'not out'),
    ('2 borrow 1\n', 1, 'allowed: 0 to 1'),
    ('-1 borrow 1\n', 1, 'worker "-1"'),
    ('+1 borrow 1\n', 1, 'worker "+1"'),
    ('0x1 borrow 1\n', 1, 'worker "0x1"'),
    (' 1 borrow 1\n', 1, 'worker ""'),
    ('18446744073709551616 borrow 1\n', 1, 'allowed: 0 to 1'),
    ('0 borrow 16777216\n', 1, 'allowed: 0 to 16777215'),
    ('0 borrow 99999999999999999999999\n', 1, 'allowed: 0 to 16777215'),
    ('0 borrow\n', 1, '"borrow"'),
    ('0 borrow \n', 1, 'object ""'),
    ('0\n', 1, 'borrow or return'),
    ('0 borrow 1 2\n', 1, '"2" after the object'),
    ('0 borrow 1\r\n', 1, 'object "1?"'),
    ('0 borrow 1.5\n', 1, 'object "1.5"'),
    ('0  borrow 1\n', 1, 'borrow or return'),
    ('0 borrow ' + '0' * 2000 + '1\n', 1, 'too long'),
    ('0 borrow 1\0\n', 1, 'a byte of 0'),
    ('# nothing\n', 2, 'one or more'),
)


def run(program, *words):
    """Runs a simulation by a program of the build, or one with a path."""
    return subprocess.run(
        [os.path.join(PROGRAMS, 'driftbench-' + program)
         if os.sep not in program else program, '--sim', *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, check=False, timeout=200)


def timeless(record):
    """A record without what depends on the machine's speed and memory."""
    record = dict(record, drift=dict(record['drift']))
    for key in ('time', 'wall_s', 'pairs_per_s', 'ns_per_pair',
                'cpu_ns_per_pair', 'mem'):
        del record[key]
    del record['drift']['slope_obj_per_s']
    record['drift']['series'] = [point[1:]
                                 for point in record['drift']['series']]
    return record


class Simulations(unittest.TestCase):
    """What the tests have in common."""

    def record(self, program, *words):
        """The record of a simulation in which nothing failed."""
        done = run(program, '--format', 'jsonl', *words)
        self.assertEqual((done.returncode, done.stderr), (0, b''), words)
        record = json.loads(done.stdout)
        self.assertIs(record['sim'], True)
        return record

    def refused(self, words, said):
        """Status 2, and one line that says this."""
        done = run('null', *words)
        self.assertEqual((done.returncode, done.stdout), (2, b''), words)
        self.assertEqual(done.stderr.count(b'\n'), 1)
        line = done.stderr.decode('ascii')
        for words_said in ('driftbench-null: ', 'allowed', said):
            self.assertIn(words_said, line)


class Sim(Simulations):
    """The simulation itself."""

    def test_one_seed_makes_one_record(self):
        for case in CASES:
            words = ('--smoke', '--case', case, '--workers', '37')
            first = timeless(self.record('percpu', *words))
            again = timeless(self.record('percpu', *words))
            self.assertEqual(first, again)
            if first['params']['migrate'] == 0:
                continue
            other = timeless(self.record('percpu', *words, '--seed', '2'))
            self.assertNotEqual(first['worker_returns'],
                                other['worker_returns'])

    def test_all_rows_do_all_cases(self):
        for row in ROWS:
            for case in CASES:
                record = self.record(row, '--smoke', '--case', case,
                                     '--workers', '10')
                self.assertEqual(record['ops'], record['params']['ops'])
                self.assertEqual(sum(record['worker_ops']), record['ops'])
                self.assertIsNone(record['overlap'])

    def test_workers_move_over_virtual_cpus(self):
        record = self.record('percpu', '--smoke', '--case', 'steal',
                             '--workers', '100')
        self.assertEqual(min(record['worker_cpus']), 0)
        self.assertEqual(max(record['worker_cpus']), 63)
        self.assertNotEqual(record['worker_cpus'],
                            [worker % 64 for worker in range(100)])

    def test_bound_holds_with_4096_workers(self):
        for row in POOLED:
            for case in ('hotspot', 'pipe', 'burst'):
                pool = self.record(row, '--case', case, '--workers', '4096',
                                   '--magazine', '4', '--ops',
                                   '1000000')['pool']
                self.assertIs(pool['bound_ok'], True)
                self.assertEqual(pool['peak_in_use_is'], 'exact')
                self.assertEqual(pool['bound'],
                                 pool['peak_in_use'] + 4095 * 8)
                self.assertLessEqual(pool['footprint_peak'], pool['bound'])

    def test_bound_that_does_not_hold_is_seen(self):
        done = run(BOASTFUL, '--format', 'jsonl', '--case', 'pipe',
                   '--ops', '100000')
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'above the bound', done.stderr)
        self.assertIs(json.loads(done.stdout)['pool']['bound_ok'], False)
        # Little enough to be within what it promises.
        self.assertEqual(run(BOASTFUL, '--case', 'pipe', '--ops',
                             '1000').returncode, 0)

    def test_what_leaks_leaks_by_the_imbalance(self):
        for row in ('none', 'brpc110'):
            for case in ('hotspot', 'pipe', 'steal'):
                for workers in ('8', '4096'):
                    drift = self.record(row, '--case', case, '--workers',
                                        workers, '--touch', 'no')['drift']
                    error = drift['slope_obj_per_op'] - drift['tv_pred']
                    # Chance makes steps of a random walk, which is no slope.
                    chance = .01 if case == 'steal' else 0
                    self.assertLess(abs(error),
                                    .05 * drift['tv_pred'] + chance)

    def test_what_is_pooled_does_not_leak(self):
        for row in POOLED:
            for case in ('hotspot', 'pipe'):
                drift = self.record(row, '--case', case, '--workers', '8',
                                    )['drift']
                self.assertLess(drift['slope_obj_per_op'],
                                .05 * drift['tv_pred'])

    def test_exchanges_follow_the_laws(self):
        for row in POOLED:
            for magazine in (8, 64):
                laws = self.laws(row, 'pipe', 1, magazine)
                self.assertAlmostEqual(
                    laws['exchanges_per_op'] / laws['smooth'], 1, delta=.01)
                laws = self.laws(row, 'hotspot', 1, magazine)
                self.assertGreater(laws['exchanges_per_op'],
                                   .8 * laws['smooth'])
                self.assertLess(laws['exchanges_per_op'], laws['bursty'])
                bursty = self.laws(row, 'steal', 256, magazine)
                self.assertGreater(bursty['exchanges_per_op'],
                                   .6 * bursty['bursty'])
                self.assertLess(bursty['exchanges_per_op'],
                                1.2 * bursty['bursty'])
        # Where nothing is bursty and nothing drifts, the upper law is far.
        smooth = self.laws('mutex', 'steal', 1, 64)
        self.assertLess(smooth['exchanges_per_op'], .1 * smooth['bursty'])
        # Magazines of half the size exchange twice as often.
        half = self.laws('mutex', 'pipe', 1, 32)
        self.assertGreater(half['exchanges_per_op'],
                           1.9 * self.laws('mutex', 'pipe', 1, 64)['smooth'])

    def laws(self, row, case, burst, magazine):
        """The laws, and what was seen."""
        return self.record(row, '--case', case, '--workers', '16', '--burst',
                           str(burst), '--magazine', str(magazine), '--ops',
                           '1000000')['laws']

    def test_bad_usage_is_refused(self):
        for words, said in REFUSED:
            with self.subTest(words=words):
                self.refused(words, said)
        for flag in ('--trace', '--record'):
            done = subprocess.run(
                [os.path.join(PROGRAMS, 'driftbench-null'), flag, TRACE],
                stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b'without --sim', done.stderr)

    def test_dry_run_can_be_repeated(self):
        for words in (['--case', 'tide', '--workers', '4096'],
                      ['--trace', TRACE, '--workers', '9']):
            first = run('mutex', '--dry-run', *words)
            self.assertEqual((first.returncode, first.stderr), (0, b''))
            again = run('mutex', '--dry-run',
                        *first.stdout.decode().split()[2:])
            self.assertEqual(first.stdout, again.stdout)
        told = run('mutex', '--dry-run', '--trace', TRACE, '--format', 'jsonl')
        self.assertEqual(json.loads(told.stdout)['case'], 'trace')


class Traces(Simulations):
    """Recording and replaying."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def path(self, name, text=None):
        """A file, with this text if there is one."""
        path = os.path.join(self.directory.name, name)
        if text is not None:
            with open(path, 'wb') as file:
                file.write(text.encode('latin-1'))
        return path

    def test_malformed_traces_are_refused(self):
        for text, line, said in MALFORMED:
            with self.subTest(text=text[:40]):
                path = self.path('bad', text)
                self.refused(['--trace', path, '--workers', '2'], said)
                self.refused(['--trace', path, '--workers', '2'],
                             f'{path}:{line}: ')

    def test_garbage_is_refused(self):
        with open(TRACE, 'rb') as file:
            good = file.read(2000)
        dice = random.Random(1)
        for _ in range(100):
            text = bytearray(good)
            for _ in range(dice.randrange(1, 4)):
                text[dice.randrange(len(text))] = dice.randrange(256)
            path = self.path('bad', text.decode('latin-1'))
            done = run('null', '--trace', path)
            # A digit in place of another one may be as good.
            self.assertIn(done.returncode, (0, 2), text)
            self.assertEqual(done.stderr.count(b'\n'),
                             done.returncode // 2)

    def test_replay_of_a_recording_does_the_same(self):
        for row in POOLED:
            for case in ('keep', 'hotspot', 'burst'):
                words = ('--case', case, '--workers', '9', '--ops', '5000',
                         '--magazine', '8')
                first, again = self.path('first'), self.path('again')
                recorded = timeless(self.record(row, *words, '--record',
                                                first))
                replayed = timeless(self.record(
                    row, '--trace', first, '--magazine', '8', '--record',
                    again))
                for key in ('ops', 'pool', 'worker_ops', 'worker_returns',
                            'worker_cpus'):
                    self.assertEqual(recorded[key], replayed[key], key)
                with open(first, encoding='ascii') as one, \
                        open(again, encoding='ascii') as other:
                    self.assertEqual(one.read().splitlines()[1:],
                                     other.read().splitlines()[1:])

    def test_replay_of_another_recording_differs(self):
        pools = []
        for seed in '12':
            path = self.path(seed)
            self.record('mutex', '--case', 'steal', '--workers', '9',
                        '--ops', '5000', '--seed', seed, '--record', path)
            pools.append(self.record('mutex', '--trace', path)['pool'])
        self.assertNotEqual(*pools)

    def test_recording_that_cannot_be_written_fails(self):
        done = run('null', '--smoke', '--record', '/dev/full')
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'No space left', done.stderr)

    def test_work_stealing_goes_through_all_rows(self):
        with open(TRACE, encoding='ascii') as file:
            lines = [line.split() for line in file if line[0] != '#']
        borrower, out, peak, migrated = {}, 0, 0, 0
        for worker, verb, number in lines:
            if verb == 'borrow':
                borrower[number] = worker
                out += 1
                peak = max(peak, out)
            else:
                migrated += borrower[number] != worker
                out -= 1
        for row in ROWS:
            record = self.record(row, '--trace', TRACE, '--magazine', '8')
            self.assertEqual(record['case'], 'trace')
            self.assertEqual(record['ops'], len(lines) / 2)
            self.assertEqual(record['pool']['peak_in_use'], peak)
            self.assertAlmostEqual(record['drift']['p_obs'],
                                   2 * migrated / len(lines))
            if row in POOLED:
                self.assertIs(record['pool']['bound_ok'], True)
                self.assertGreater(record['pool']['refills'], 0)

    def test_trace_may_end_with_objects_out(self):
        path = self.path('open', '0 borrow 5\n3 borrow 7\n1 return 5\n')
        for row in ROWS:
            record = self.record(row, '--trace', path)
            self.assertEqual(record['params']['workers'], 4)
            self.assertEqual(record['ops'], 2)
            self.assertEqual(record['worker_returns'], [0, 1, 0, 0])


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit('usage: sim_test.py DIRECTORY BOASTFUL TRACE')
    TRACE = sys.argv.pop()
    BOASTFUL = sys.argv.pop()
    PROGRAMS = sys.argv.pop()
    unittest.main(verbosity=0)
