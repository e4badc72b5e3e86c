# SPDX-License-Identifier: MIT
"""Tests of the case `fibers`: what is conserved, what leaks, what is bounded.

    fibers_test.py DIRECTORY    of the programs
"""
import json
import os
import subprocess
import sys
import unittest

from report.plan import LEAKING, POOLED, TABLED

PROGRAMS = ''
WORKERS, LIVE, FIBERS = 4, 200, 60000
# What is refused, and what the line on stderr has to say of it.
REFUSED = (
    ('treiber', ['--live', '0'], '1 to 16384'),
    ('treiber', ['--live', '16385'], '1 to 16384'),
    ('treiber', ['--fibers', '0'], '1 to'),
    ('treiber', ['--sleep=1ms'], '--sleep takes no value'),
    ('treiber', ['--migrate', '.5'], '--fibers, --live and --sleep'),
    ('treiber', ['--hold', '3'], '--fibers, --live and --sleep'),
    ('treiber', ['--sim'], '--fibers, --live and --sleep'),
    ('treiber', ['--fibers', '9', '--time', '1s'], 'one of them'),
    ('treiber', ['--case', 'hot', '--live', '3'], 'with it'),
    ('null', [], 'another case'),
    ('malloc', [], 'another case'),
)


def run(row, *words):
    """Runs a program of the build."""
    return subprocess.run(
        [os.path.join(PROGRAMS, 'driftbench-' + row), '--case', 'fibers',
         *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=300)


class Fibers(unittest.TestCase):
    """Short runs of every row."""

    def trial(self, row, *words):
        """The report of a trial in which nothing failed."""
        done = run(row, '--format', 'jsonl', *words)
        self.assertEqual((done.returncode, done.stderr), (0, ''), words)
        return json.loads(done.stdout)

    def conserved(self, trial, fibers):
        """Each fiber had a table, gave it back, and found its own value."""
        said = trial['fibers']
        self.assertEqual(trial['failures'], [])
        self.assertEqual(trial['ops'], fibers)
        self.assertEqual(said['begun'], fibers)
        self.assertEqual(sum(trial['worker_returns']), fibers)
        self.assertEqual(said['strangers'], 0)
        self.assertEqual(said['values'], said['destructed'])
        # One in two makes a value, at the least.
        self.assertGreaterEqual(said['values'], fibers // 2 - WORKERS)
        self.assertEqual(trial['pool']['in_use'], 0)
        self.assertEqual(trial['pool']['peak_in_use'],
                         trial['params']['live'])

    def test_every_row_conserves_tables_and_values(self):
        for row in TABLED:
            for wait in ([], ['--sleep']):
                with self.subTest(row=row, wait=wait):
                    trial = self.trial(
                        row, '--workers', str(WORKERS), '--live', '50',
                        '--fibers', '3000', *wait)
                    self.conserved(trial, 3000)
                    self.assertEqual(trial['params']['sleep'], bool(wait))

    def migrating(self, row):
        """A trial in which fibers migrated: on a busy machine not each one."""
        for _ in range(20):
            trial = self.trial(
                row, '--workers', str(WORKERS), '--live', str(LIVE),
                '--fibers', str(FIBERS), '--sleep', '--magazine', '8')
            self.conserved(trial, FIBERS)
            if trial['fibers']['migrated'] > FIBERS // 100:
                return trial
        return self.fail(f'{trial["fibers"]["migrated"]} migrated')

    def test_fibers_migrate_and_only_some_rows_leak(self):
        found = {}
        for row in TABLED:
            with self.subTest(row=row):
                found[row] = self.migrating(row)['pool']
        bound = LIVE + (WORKERS - 1) * 2 * 8
        for row in POOLED:
            self.assertEqual(found[row]['bound'], bound)
            self.assertLessEqual(found[row]['footprint_peak'], bound)
        self.assertLessEqual(found['brpc19']['footprint_peak'], LIVE)
        self.assertLessEqual(found['brpc112']['footprint_peak'],
                             found['brpc112']['bound'])
        for row in LEAKING:
            self.assertIsNone(found[row]['bound'])
            self.assertGreater(found[row]['footprint_peak'], bound, row)

    def test_it_runs_for_a_time_and_after_a_warm_up(self):
        trial = self.trial('treiber', '--time', '50ms', '--warmup', '20ms',
                           '--live', '20')
        self.assertIsNone(trial['params']['ops'])
        self.assertGreater(trial['ops'], 20)
        self.assertGreaterEqual(trial['fibers']['begun'], trial['ops'])

    def test_fewer_fibers_than_live_ones(self):
        trial = self.trial('percpu', '--fibers', '3', '--workers', '5')
        self.conserved(trial, 3)

    def test_bad_usage_is_one_line_and_status_2(self):
        for row, words, said in REFUSED:
            with self.subTest(words=words):
                done = run(row, *words)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertEqual(done.stderr.count('\n'), 1)
                self.assertIn('allowed', done.stderr)
                self.assertIn(said, done.stderr)

    def test_what_a_dry_run_prints_does_the_same(self):
        words = ('--live', '7', '--fibers', '90', '--sleep', '--workers', '3')
        said = run('mutex', '--dry-run', *words).stdout.split()
        again = run('mutex', '--dry-run', *said[1:]).stdout.split()
        self.assertEqual(said, again)


if __name__ == '__main__':
    PROGRAMS = sys.argv.pop(1)
    unittest.main()
