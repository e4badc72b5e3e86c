#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the gbench programs from outside.

    shell_test.py DIRECTORY    of the programs
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = ''
# What Google Benchmark adds to the name of what is timed by us.
SUFFIX = '/iterations:1/manual_time'
# Flags that are refused, and what the line on stderr says of them.
REFUSED = (
    (['--wat'], '--wat is no flag'),
    (['extra'], 'extra is no flag'),
    (['--case', 'hot'], '--case is no flag'),
    (['--benchmark_repetitions=many'], '--benchmark_repetitions=many'),
    (['--benchmark_format=xml'], 'allowed: console, json'),
    (['--benchmark_filter=nothing'], '--benchmark_list_tests'),
    (['--benchmark_filter=('], '--benchmark_list_tests'),
)


def run(row, *words):
    """Runs a program of the build."""
    return subprocess.run(
        [os.path.join(PROGRAMS, 'gbench-' + row), *words],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        timeout=100)


def rows():
    """The rows of which there is a driftbench program."""
    return sorted(name[len('driftbench-'):] for name in os.listdir(PROGRAMS)
                  if name.startswith('driftbench-') and '.' not in name)


def refuse(word):
    """JSON has no NaN, whatever Python thinks."""
    raise ValueError(word)


class Shell(unittest.TestCase):
    """What the tests have in common."""

    def benchmarks(self, done):
        """The single runs in a report, by name without what is added."""
        found = {}
        for entry in json.loads(done.stdout,
                                parse_constant=refuse)['benchmarks']:
            if entry['run_type'] == 'iteration':
                self.assertTrue(entry['name'].endswith(SUFFIX), entry)
                found.setdefault(entry['name'][:-len(SUFFIX)],
                                 []).append(entry)
        return found


class Planted(Shell):
    """Reports of trials of which all is known."""

    def test_time_is_that_of_a_pair_in_each_round(self):
        done = run('planted', '--benchmark_format=json',
                   '--benchmark_filter=^hot/', '--benchmark_repetitions=3')
        self.assertEqual(done.returncode, 0)
        hot = self.benchmarks(done)['hot/workers:1']
        for number, entry in enumerate(hot, 1):
            pair_ns = 2.5 * number
            for key, value in (
                    ('real_time', pair_ns), ('cpu_ns', 2 * pair_ns),
                    ('items_per_second', 1e9 / pair_ns), ('overlap', 2),
                    ('constructed', 1), ('repetition_index', number - 1),
                    ('iterations', 1), ('threads', 1)):
                self.assertAlmostEqual(entry[key] / value if value else
                                       entry[key] + 1, 1, msg=key)
            self.assertEqual(entry['time_unit'], 'ns')
        self.assertEqual(len(hot), 3)

    def test_broken_invariant_is_an_error_and_status_1(self):
        done = run('planted', '--benchmark_format=json',
                   '--benchmark_filter=^(pipe|steal)/')
        self.assertEqual(done.returncode, 1)
        self.assertIn('pipe, 2 workers, round 1: planted 0\n', done.stderr)
        self.assertIn('pipe, 2 workers, round 1: planted 1\n', done.stderr)
        for name, (entry,) in self.benchmarks(done).items():
            fails = name.startswith('pipe/')
            self.assertEqual(entry.get('error_occurred', False), fails, name)
            self.assertEqual(entry.get('error_message'),
                             'planted 0' if fails else None)

    def test_bad_usage_is_said_and_status_2(self):
        for words, said in REFUSED:
            with self.subTest(words=words):
                done = run('planted', *words)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                last = done.stderr.splitlines()[-1]
                self.assertTrue(last.startswith('gbench-planted: '), last)
                self.assertIn('allowed', last)
                self.assertIn(said, last)

    def test_help_is_no_bad_usage(self):
        done = run('planted', '--help')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('--benchmark_filter', done.stdout)

    def test_all_cases_are_listed_once_for_a_number_of_workers(self):
        listed = run('planted', '--benchmark_list_tests').stdout.split()
        self.assertEqual(len(listed), len(set(listed)))
        cases = subprocess.run(
            [os.path.join(PROGRAMS, 'driftbench-null'), '--list'], text=True,
            check=True, stdout=subprocess.PIPE).stdout.splitlines()
        self.assertEqual(
            list(dict.fromkeys(name.split('/')[0] for name in listed)),
            # Fibers sleep: they have no time of their own to show.  A spike's
            # is of two phases.
            [name for name in (line.split()[0] for line in cases)
             if name not in ('fibers', 'spike')])

    def test_who_would_stall_is_not_run_with_more_workers_than_cpus(self):
        if 'dpdk' not in rows():
            self.skipTest('no DPDK')
        most = {row: max(int(number) for number in re.findall(
            r'workers:(\d+)', run(row, '--benchmark_list_tests').stdout))
                for row in ('dpdk', 'mutex')}
        cpus = len(os.sched_getaffinity(0))
        self.assertLessEqual(most['dpdk'], cpus)
        self.assertGreater(most['mutex'], cpus)

    def test_report_goes_to_a_file_as_well(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'out.json')
            done = run('planted', '--benchmark_filter=hot/workers:1/',
                       '--benchmark_out=' + path)
            self.assertEqual(done.returncode, 0)
            with open(path, encoding='utf-8') as file:
                report = json.load(file)
        self.assertEqual(report['context']['row'], 'null')
        self.assertEqual(len(report['benchmarks']), 1)


class Programs(Shell):
    """The programs themselves, for a moment."""

    def test_each_row_has_one_that_measures_twice_in_a_process(self):
        for row in rows():
            with self.subTest(row=row):
                done = run(row, '--benchmark_format=json',
                           '--benchmark_filter=hot/workers:1/',
                           '--benchmark_repetitions=2')
                self.assertEqual(done.returncode, 0, done.stderr)
                first, second = self.benchmarks(done)['hot/workers:1']
                self.assertGreater(first['real_time'], 0)
                self.assertGreater(second['real_time'], 0)

    def test_workers_are_a_team_of_threads(self):
        done = run('percpu', '--benchmark_format=json',
                   '--benchmark_filter=hotspot/workers:4/')
        self.assertEqual(done.returncode, 0, done.stderr)
        entry, = self.benchmarks(done)['hotspot/workers:4']
        # Four workers that hold 16 objects each have constructed that many.
        self.assertGreaterEqual(entry['constructed'], 64)
        self.assertEqual(entry['threads'], 1)


if __name__ == '__main__':
    PROGRAMS = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=0)
