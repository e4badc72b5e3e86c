#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of bench.py: its command line, on programs that only pretend to
measure.
"""
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from report import plan, trials
import specimen
from specimen import report_make

CELLS = sum(map(len, plan.cells('quick')))
BENCH = os.path.join(specimen.BENCH, 'bench.py')


PRETENDER = '''#!{python}
import json, os, signal, sys, time
row = os.path.basename(sys.argv[0])[len('driftbench-'):] or 'treiber'
if row == os.environ.get('CRASHING') and '--dry-run' not in sys.argv:
    sys.stderr.write('it hurts\\n')
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)
if row == os.environ.get('ENDLESS') and '--dry-run' not in sys.argv:
    open(os.path.join(os.path.dirname(sys.argv[0]), 'endless'), 'w')
    time.sleep(99)
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
            self.write(name + '.json',
                       json.dumps(report_make(row, plan.PIPE)))

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
        """A short run of a case."""
        return self.bench('run', '--build', self.build.name, '--preset',
                          'quick', '--smoke', '--cases', 'pipe', '--rows',
                          'null,mutex,treiber', **environment)

    def results(self):
        """The records that the last run left behind."""
        path = os.path.join(self.build.name, 'bench-results', 'latest-smoke',
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
        self.assertEqual(len(records), 3)
        again = self.bench('table', path)
        self.assertEqual(again.stdout, done.stdout)
        self.assertEqual(again.returncode, 0)

    def test_run_leaves_a_report_that_plot_writes_again(self):
        self.assertIn('report.html', self.run_pools().stderr)
        path, _ = self.results()
        folder = os.path.dirname(path)
        written = {'summary.md', 'summary.csv', 'report.html',
                   'gbench-null.json', 'gbench-mutex.json',
                   'gbench-treiber.json'}
        self.assertLessEqual(written, set(os.listdir(folder)))
        for name in written:
            os.remove(os.path.join(folder, name))
        done = self.bench('plot', path)
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertLessEqual(written, set(os.listdir(folder)))

    def test_report_that_cannot_be_written_is_said(self):
        self.run_pools()
        path, _ = self.results()
        page = os.path.join(os.path.dirname(path), 'report.html')
        os.remove(page)
        os.mkdir(page)
        done = self.bench('plot', os.path.dirname(path))
        self.assertEqual(done.returncode, 2)
        self.assertIn('report.html: Is a directory; allowed: ', done.stderr)

    def test_compare_takes_two_runs(self):
        self.run_pools()
        path, records = self.results()
        done = self.bench('compare', path, os.path.dirname(path))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('beyond noise', ' '.join(done.stdout.split()))
        self.write('other.jsonl', json.dumps(
            {**records[0], 'title': 'steal, 2 workers'}) + '\n')
        done = self.bench('compare', path,
                          os.path.join(self.programs, 'other.jsonl'))
        self.assertEqual(done.returncode, 2)
        self.assertIn('no cell in common', done.stderr)

    def test_smoke_leaves_the_link_to_the_last_run_alone(self):
        top = os.path.join(self.build.name, 'bench-results')
        words = ['run', '--build', self.build.name, '--rounds', '1', '--cases',
                 'pipe', '--rows', 'null,mutex']
        self.assertEqual(self.bench(*words).returncode, 0)
        last = os.readlink(os.path.join(top, 'latest'))
        self.run_pools()
        self.assertEqual(os.readlink(os.path.join(top, 'latest')), last)

    def test_broken_invariant_fails_the_run_after_the_tables(self):
        done = self.run_pools(BROKEN='mutex')
        self.assertEqual(done.returncode, 1)
        self.assertIn('THROUGHPUT', done.stdout)
        self.assertRegex(done.stdout, r'mutex ! +1\.20 ')
        for text in (done.stdout, done.stderr):
            self.assertIn('pipe, 2 workers, mutex, round 1: exit status 1\n'
                          '    footprint above the bound\n', text)
        path, records = self.results()
        self.assertEqual(len(records), 3)
        self.assertEqual(self.bench('table', path).returncode, 1)

    def test_killed_trial_fails_the_run_and_is_kept(self):
        done = self.run_pools(CRASHING='mutex')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r'mutex ! +FAILED')
        self.assertIn('killed by SIGKILL\n    it hurts\n', done.stdout)
        _, records = self.results()
        self.assertEqual(len(records), 3)
        self.assertEqual(sum(bool(r['failed']) for r in records), 1)

    def test_reports_that_cannot_be_are_refused(self):
        good = report_make('mutex', plan.PIPE)
        for text, said in (
                (json.dumps({**good, 'backend': 'percpu'}),
                 'it measured percpu, not mutex'),
                (json.dumps({**good, 'schema': 1}), 'is not of schema 3'),
                (json.dumps({**good, 'drift': {}}), 'no usable drift.p_obs'),
                (json.dumps({**good, 'overlap': float('nan')}),
                 'NaN is no number'),
                ('', 'unusable'), ('[]', 'is not of schema 3')):
            self.write('driftbench-mutex.json', text)
            done = self.run_pools()
            self.assertEqual(done.returncode, 1, text)
            self.assertIn(said, done.stderr)
            self.assertRegex(done.stdout, r'mutex ! +FAILED')

    def test_malloc_of_another_allocator_is_refused(self):
        cell = plan.Cell(plan.PIPE, 'jemalloc')
        text = json.dumps(report_make('jemalloc', plan.PIPE))
        self.assertTrue(trials.report_read(cell, text))
        with self.assertRaisesRegex(trials.Unusable, 'ran malloc of libc.so'):
            trials.report_read(cell, text.replace('jemalloc.so', 'libc.so'))

    def test_row_without_a_program_is_left_out_and_named(self):
        os.remove(os.path.join(self.programs, 'driftbench-mutex'))
        done = self.run_pools()
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, 'mutex is left out: .*driftbench-mutex '
                         'is not built; ci/deps')
        self.assertIn('rows left out: mutex;', ' '.join(done.stdout.split()))
        done = self.bench('run', '--dry-run', '--build', self.build.name,
                          '--rows', 'null,mutex')
        self.assertIn('mutex is left out', done.stderr)
        self.assertIn('hot, 1 worker: null\n', done.stdout)

    def test_dry_run_needs_no_build_and_leaves_nothing(self):
        done = self.bench('run', '--dry-run', '--build', '/nonexistent')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('hot, 1 worker: null, none, mutex', done.stdout)
        self.assertIn(f'{CELLS} cells x 7 rounds', done.stdout)
        self.assertIn('at most 105 s', done.stdout)

    def test_preset_says_what_and_smoke_how_long(self):
        for words, said in (
                (['--preset', 'full'], ' cells x 9 rounds'),
                (['--smoke'], ' cells x 1 rounds'),
                (['--preset', 'smoke'], ' cells x 1 rounds'),
                (['--preset', 'quick', '--smoke'],
                 f'{CELLS} cells x 1 rounds')):
            done = self.bench('run', '--dry-run', '--build', '/nonexistent',
                              *words)
            self.assertIn(said, done.stdout)

    def interrupt(self, words, signals):
        """Runs bench.py on trials that never end, and interrupts it."""
        with subprocess.Popen(
                [sys.executable, '-B', BENCH, *words], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, encoding='utf-8',
                env={**os.environ, 'BENCH_ARGS': '', 'PYTHONUTF8': '1',
                     'ENDLESS': 'mutex'}) as process:
            while process.poll() is None and not os.path.exists(
                    os.path.join(self.programs, 'endless')):
                time.sleep(.01)
            for _ in range(signals):
                process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=100)
        return process.returncode, out, said

    def test_interrupt_keeps_what_was_measured_and_shows_it(self):
        status, out, said = self.interrupt(
            ['run', '--build', self.build.name, '--preset', 'quick', '--seed',
             '3', '--smoke', '--cases', 'pipe', '--rows', 'null,mutex'], 1)
        self.assertEqual(status, 130)
        self.assertIn('interrupted', said)
        _, records = self.results()
        self.assertEqual([record['row'] for record in records], ['null'])
        self.assertRegex(out, r'\n  null +1\.00 ')
        self.assertIn('TARGETS', out)

    def test_tables_are_plain_but_on_a_terminal(self):
        self.run_pools()
        path, _ = self.results()
        self.assertNotIn('\033', self.bench('table', path).stdout)
        for environment, painted in (({}, True), ({'NO_COLOR': '1'}, False),
                                     ({'TERM': 'dumb'}, False)):
            self.assertEqual('\033[1mTHROUGHPUT' in self.on_terminal(
                path, environment), painted, environment)

    def on_terminal(self, path, environment):
        """The tables, as a terminal gets them."""
        main, other = pty.openpty()
        inherited = {key: value for key, value in os.environ.items()
                     if key != 'NO_COLOR'}
        with subprocess.Popen(
                [sys.executable, '-B', BENCH, 'table', path], stdout=other,
                env={**inherited, 'TERM': 'xterm', 'PYTHONUTF8': '1',
                     **environment}):
            os.close(other)
            text = b''
            try:
                while some := os.read(main, 4096):
                    text += some
            except OSError:
                # So ends a terminal that everybody has left.
                pass
        os.close(main)
        return text.decode()

    def test_bad_usage_is_one_line_and_status_2(self):
        for words, said in (
                (['run', '--rounds', '0'], "'0' is not allowed; allowed: 1"),
                (['run', '--time', '1s'], "'1s' is not allowed; allowed: 1"),
                (['run', '--cases', 'x'], "unknown case 'x'; allowed: hot"),
                (['run', '--rows', 'hot'], "unknown row 'hot'; allowed: null"),
                (['run', '--preset', 'x'], "invalid choice: 'x'"),
                (['run', '--what'], 'unknown argument --what; usage: '),
                (['run', '--smok'], 'unknown argument --smok; usage: '),
                (['what'], "invalid choice: 'what' (choose from 'run', "),
                ([], 'required: command; usage: '),
                (['run', '--dry-run', '--cases', 'churn', '--rows', 'glibc'],
                 'no cell is left; allowed: '),
                (['run', '--build', '/nonexistent'], 'allowed: --build with'),
                (['table', '/nonexistent'], 'allowed: a results folder'),
                (['table', BENCH], 'line 1 is no JSON'),
                (['plot', '/nonexistent'], 'allowed: a results folder'),
                (['compare', BENCH, BENCH], 'line 1 is no JSON'),
                (['compare', BENCH], 'are required: b; usage: ')):
            done = self.bench(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stdout, '')

    def test_results_of_another_schema_are_refused(self):
        self.run_pools()
        path, records = self.results()
        self.write('old.jsonl', json.dumps({**records[0], 'schema': 1}) + '\n')
        done = self.bench('table', os.path.join(self.programs, 'old.jsonl'))
        self.assertEqual(done.returncode, 2)
        self.assertIn('line 1 is of schema 1; allowed: ', done.stderr)
        self.assertEqual(self.bench('table', os.path.dirname(path)).returncode,
                         0)

    def test_arguments_come_from_the_environment_too(self):
        done = self.bench('run', BENCH_ARGS='--rounds many')
        self.assertEqual(done.returncode, 2)
        self.assertIn("'many' is not allowed", done.stderr)
        done = self.bench('run', BENCH_ARGS='"')
        self.assertEqual(done.returncode, 2)


if __name__ == '__main__':
    unittest.main(verbosity=0)
