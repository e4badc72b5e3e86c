#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of driftbench with a spike: what of its memory comes back.

    spike_test.py DIRECTORY    of the programs
"""
import sys
import unittest

import cli_test
from cli_test import CASES, Programs, run


class Spike(Programs):
    """What of a spike's memory comes back, and that the gate sees it."""

    def spike(self, program, *words):
        """The report of a spike, whatever came back of it."""
        words = ('--case', 'spike', '--smoke', '--give-back', '0', *words)
        trial, = self.trials(program, *words)
        self.assertGreater(trial['spike']['added_kib'], 64 << 10)
        return trial

    def test_a_spike_is_ten_times_the_working_set(self):
        trial = self.spike('mutex', '--workers', '3')
        hold, pool = trial['params']['hold'], trial['pool']
        self.assertEqual(trial['params']['spike'], 10)
        self.assertGreaterEqual(hold * 3 * 9 * 64, 64 << 20)
        self.assertGreaterEqual(pool['constructed'], 3 * 10 * hold)
        self.assertLessEqual(pool['constructed'], pool['bound'])
        self.assertEqual(trial['spike']['lent'], 0)
        mem = trial['mem']
        self.assertEqual(
            trial['spike']['added_kib'], mem['rss_anon_kib_peak']
            - trial['spike']['rss_anon_kib_settled'])

    def test_every_size_adds_as_much(self):
        for size in ('8B', '4KiB', '1MiB'):
            trial = self.spike('percpu', '--object-size', size)
            self.assertLess(trial['spike']['added_kib'], 512 << 10)

    def test_what_is_kept_is_a_tenth_and_goes_back_at_last(self):
        for program in ('percpu', 'brpc112', 'malloc'):
            trial = self.spike(program, '--kept', '.1', '--workers', '2')
            self.assertAlmostEqual(trial['spike']['lent'],
                                   2 * trial['params']['hold'], delta=2)

    def test_any_case_may_have_a_spike(self):
        for case in set(CASES) - {'churn'}:
            trial, = self.trials('mutex', '--case', case, '--spike', '3',
                                 '--hold', '100', '--smoke', '--workers',
                                 '4', '--give-back', '0')
            self.assertLessEqual(trial['pool']['constructed'],
                                 trial['pool']['bound'])

    def test_what_keeps_its_memory_is_seen(self):
        for program in ('none', 'brpc19'):
            words = ('--case', 'spike', '--smoke', '--object-size', '4KiB')
            trial, = self.trials(program, *words)
            self.assertEqual(trial['spike']['trimmed'], 0)
            done = run(program, *words, '--give-back', '.9')
            self.assertEqual(done.returncode, 1)
            self.assertIn('that the spike added 0.0 % came back, not 90 %',
                          done.stderr)

    def test_a_spike_too_small_is_not_judged(self):
        done = run('malloc', '--case', 'spike', '--smoke', '--hold', '9',
                   '--give-back', '.9')
        self.assertEqual(done.returncode, 1)
        self.assertIn('to judge what comes back', done.stderr)

    def test_a_pool_that_trims_itself_has_fewer_objects_left(self):
        # More exchanges follow than there are magazines too many.
        objects = []
        for trim in ('0', '64'):
            trial = self.spike_of('--trim', trim)
            self.assertEqual(trial['params']['trim'], int(trim))
            objects.append(trial['spike']['objects'])
        self.assertGreaterEqual(objects[0], 20000)
        self.assertLess(objects[1], objects[0] / 2)

    def spike_of(self, *words):
        """The report of a small spike, with magazines that travel much."""
        trial, = self.trials('mutex', '--case', 'spike', '--hold', '1000',
                             '--workers', '2', '--magazine', '2', '--ops',
                             '800000', '--give-back', '0', *words)
        return trial

    def test_dry_run_of_a_spike_can_be_repeated(self):
        done = run('percpu', '--dry-run', '--case', 'tide', '--spike', '7',
                   '--kept', '.25', '--give-back', '.5', '--trim', '99')
        self.assertIn('--spike 7 --kept 0.25 --give-back 0.5', done.stdout)
        self.assertIn('--trim 99', done.stdout)
        again = run('percpu', '--dry-run', *done.stdout.split()[1:])
        self.assertEqual(again.stdout, done.stdout)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: spike_test.py DIRECTORY')
    cli_test.PROGRAMS = sys.argv.pop()
    unittest.main(verbosity=0)
