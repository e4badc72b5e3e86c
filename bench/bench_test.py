#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of bench.py: what it measures in which order, and its command line on
programs that only pretend to measure.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import plan
import trials
from specimen import RUN, report_make

BENCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bench.py')


class Plan(unittest.TestCase):
    """The cells."""

    def test_at_most_50_cells_with_titles_of_their_own(self):
        groups = plan.cells(plan.CASES, plan.ROWS)
        self.assertLessEqual(sum(map(len, groups)), 50)
        self.assertEqual(len({group[0].case.title() for group in groups}),
                         len(groups))

    def test_every_backend_is_in_every_case_but_the_untouched(self):
        for group in plan.cells(plan.CASES, plan.ROWS):
            rows = [cell.row for cell in group]
            if group[0].case != plan.UNTOUCHED:
                self.assertLessEqual(set(plan.BACKENDS), set(rows))

    def test_chosen_backend_is_the_installed_library(self):
        self.assertEqual(plan.program('mutex', 'mutex'), 'driftbench')
        self.assertEqual(plan.program('mutex', 'none'), 'driftbench-mutex')
        self.assertEqual(plan.program('jemalloc', 'none'),
                         'driftbench-malloc')

    def test_a_row_that_leaks_ends_by_operations(self):
        for case, row, flag in ((plan.PIPE, 'none', '--ops'),
                                (plan.HOT, 'none', '--time'),
                                (plan.PIPE, 'mutex', '--time'),
                                (plan.TURNS, 'mutex', '--ops')):
            words = plan.flags(plan.Cell(case, row), False, 1, 1)
            self.assertIn(flag, words)
            self.assertNotEqual('--time' in words, '--ops' in words)

    def order(self, seed):
        """The cells in the order in which two rounds run them."""
        cells = []

        def pretend(cell, *_):
            cells.append(cell)
            return {'failed': None, 'stderr': ''}

        settings = trials.Settings('', '', {}, (), 2, 1, 1, True, seed, 9, RUN)
        with mock.patch.object(trials, 'run_trial', pretend), \
                mock.patch.object(trials, 'say'):
            trials.run_rounds(plan.cells(plan.CASES, plan.ROWS), settings,
                              lambda record: None)
        return cells

    def test_rounds_are_shuffled_and_repeat_by_seed(self):
        both = self.order(1)
        self.assertEqual(both, self.order(1))
        self.assertNotEqual(both, self.order(2))
        first, second = both[:len(both) // 2], both[len(both) // 2:]
        self.assertEqual(sorted(first), sorted(second))
        # Shuffled are the cases, and the rows of each case.
        self.assertNotEqual([cell.case for cell in first],
                            [cell.case for cell in second])
        self.assertNotEqual([cell.row for cell in first
                             if cell.case == plan.HOT],
                            [cell.row for cell in second
                             if cell.case == plan.HOT])

    def test_rows_of_a_case_run_back_to_back(self):
        titles = [cell.case.title() for cell in self.order(1)]
        titles = titles[:len(titles) // 2]
        changes = sum(a != b for a, b in zip(titles, titles[1:]))
        self.assertEqual(changes + 1, len(plan.TABLE))

    def test_budget_ends_the_rounds(self):
        settings = trials.Settings('', '', {}, (), 9, 1, 1, True, 1, -1, RUN)
        with mock.patch.object(trials, 'say') as say:
            trials.run_rounds(plan.cells(plan.CASES, plan.ROWS), settings,
                              self.fail)
        self.assertIn('stopping after round 0', say.call_args.args[0])


PRETENDER = '''#!{python}
import json, os, signal, sys
row = os.path.basename(sys.argv[0])[len('driftbench-'):] or 'treiber'
if row == os.environ.get('CRASHING') and '--dry-run' not in sys.argv:
    sys.stderr.write('it hurts\\n')
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
print(open(sys.argv[0] + '.json').read())
if row == os.environ.get('BROKEN'):
    sys.stderr.write('footprint above the bound\\n')
    sys.exit(1)
'''


class CommandLine(unittest.TestCase):
    """bench.py from outside."""

    def setUp(self):
        self.build = tempfile.TemporaryDirectory()
        self.addCleanup(self.build.cleanup)
        self.programs = os.path.join(self.build.name, 'bench')
        os.mkdir(self.programs)
        for row in ('null', 'mutex', 'treiber'):
            name = plan.program(row, 'treiber')
            self.write(name, PRETENDER.format(python=sys.executable))
            os.chmod(os.path.join(self.programs, name), 0o755)
            self.write(name + '.json', json.dumps(report_make(row, 'pipe', 2)))

    def write(self, name, text):
        """A file among the programs."""
        with open(os.path.join(self.programs, name), 'w',
                  encoding='utf-8') as file:
            file.write(text)

    def bench(self, *words, **environment):
        """Runs bench.py."""
        return subprocess.run(
            [sys.executable, '-B', BENCH, *words], check=False,
            capture_output=True, encoding='utf-8',
            env={**os.environ, 'BENCH_ARGS': '', 'PYTHONUTF8': '1',
                 **environment})

    def run_pools(self, **environment):
        """A short run of two cases."""
        return self.bench('run', '--build', self.build.name, '--smoke',
                          '--cases', 'pipe', '--rows',
                          'null,mutex,treiber', **environment)

    def results(self):
        """The records that the last run left behind."""
        path = os.path.join(self.build.name, 'bench-results', 'latest',
                            'results.jsonl')
        with open(path, encoding='utf-8') as file:
            return path, [json.loads(line) for line in file]

    def test_run_prints_tables_and_keeps_results(self):
        done = self.run_pools()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r'\n\* treiber +1\.20 ')
        self.assertRegex(done.stdout, r'\n  mutex +1\.20 ')
        self.assertRegex(done.stdout, 'Method: commit')
        self.assertRegex(done.stderr, r'about \d+ s left')
        path, records = self.results()
        self.assertEqual(len(records), 6)
        again = self.bench('table', path)
        self.assertEqual(again.stdout, done.stdout)
        self.assertEqual(again.returncode, 0)

    def test_broken_invariant_fails_the_run_after_the_tables(self):
        done = self.run_pools(BROKEN='mutex')
        self.assertEqual(done.returncode, 1)
        self.assertIn('THROUGHPUT', done.stdout)
        self.assertRegex(done.stdout, r'mutex ! +1\.20 ')
        for text in (done.stdout, done.stderr):
            self.assertIn('pipe, 2 workers, mutex, round 1: exit status 1\n'
                          '    footprint above the bound\n', text)
        path, records = self.results()
        self.assertEqual(len(records), 6)
        self.assertEqual(self.bench('table', path).returncode, 1)

    def test_killed_trial_fails_the_run_and_is_kept(self):
        done = self.run_pools(CRASHING='mutex')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r'mutex ! +FAILED')
        self.assertIn('killed by SIGKILL\n    it hurts\n', done.stdout)
        _, records = self.results()
        self.assertEqual(len(records), 6)
        self.assertEqual(sum(bool(r['failed']) for r in records), 2)

    def test_reports_that_cannot_be_are_refused(self):
        good = report_make('mutex', 'pipe', 2)
        for text, said in (
                (json.dumps({**good, 'backend': 'percpu'}),
                 'it measured percpu, not mutex'),
                (json.dumps({**good, 'overlap': float('nan')}),
                 'NaN is no number'),
                ('', 'unusable'), ('{}', 'unusable'), ('[]', 'unusable')):
            self.write('driftbench-mutex.json', text)
            done = self.run_pools()
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(said, done.stderr)
            self.assertRegex(done.stdout, r'mutex ! +FAILED')

    def test_malloc_of_another_allocator_is_refused(self):
        cell = plan.Cell(plan.PIPE, 'jemalloc')
        text = json.dumps(report_make('jemalloc', 'pipe', 2))
        self.assertTrue(trials.report_read(cell, text))
        with self.assertRaisesRegex(trials.Unusable, 'ran malloc of libc.so'):
            trials.report_read(cell, text.replace('jemalloc.so', 'libc.so'))

    def test_missing_program_fails_the_run(self):
        os.remove(os.path.join(self.programs, 'driftbench-mutex'))
        done = self.run_pools()
        self.assertEqual(done.returncode, 1)
        self.assertIn('No such file', done.stderr)

    def test_dry_run_needs_no_build_and_leaves_nothing(self):
        done = self.bench('run', '--dry-run', '--build', '/nonexistent')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('hot, 1 worker: null, none, mutex', done.stdout)

    def test_bad_usage_is_one_line_and_status_2(self):
        for words, said in (
                (['run', '--rounds', '0'], "'0' is not allowed; allowed: 1"),
                (['run', '--time', '1s'], "'1s' is not allowed; allowed: 1"),
                (['run', '--cases', 'x'], "unknown case 'x'; allowed: hot"),
                (['run', '--rows', 'hot'], "unknown row 'hot'; allowed: null"),
                (['run', '--what'], 'unknown argument --what; usage: '),
                (['run', '--smok'], 'unknown argument --smok; usage: '),
                (['what'], "invalid choice: 'what' (choose from 'run', "),
                ([], 'required: command; usage: '),
                (['run', '--dry-run', '--cases', 'churn', '--rows', 'glibc'],
                 'no cell is left; allowed: '),
                (['run', '--build', '/nonexistent'], 'allowed: --build with'),
                (['table', '/nonexistent'], 'allowed: a results.jsonl'),
                (['table', BENCH], 'allowed: a results.jsonl')):
            done = self.bench(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stdout, '')

    def test_arguments_come_from_the_environment_too(self):
        done = self.bench('run', BENCH_ARGS='--rounds many')
        self.assertEqual(done.returncode, 2)
        self.assertIn("'many' is not allowed", done.stderr)
        done = self.bench('run', BENCH_ARGS='"')
        self.assertEqual(done.returncode, 2)


if __name__ == '__main__':
    unittest.main(verbosity=0)
