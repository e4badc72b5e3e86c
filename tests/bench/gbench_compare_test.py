#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Google Benchmark's own compare.py understands the results.

Exit status 77, with a word, where it is not installed.
"""
import json
import re
import subprocess
import sys
import tempfile
import unittest

from report import gbench, plan
from specimen import pick, records_make

TOOL = '/usr/share/benchmark/compare.py'
# Debian's modules belong to Debian's interpreter.
INTERPRETERS = ('/usr/bin/python3', sys.executable)


def interpreter_find():
    """One that runs compare.py, or None."""
    for python in INTERPRETERS:
        try:
            if subprocess.run([python, TOOL, '--help'], check=False,
                              stdin=subprocess.DEVNULL, capture_output=True
                              ).returncode == 0:
                return python
        except OSError:
            continue
    return None


PYTHON = interpreter_find()


def rounds_make(rounds=9):
    """A run in which percpu takes half of mutex's time, in all rounds."""
    records = records_make(rounds)
    for case in (plan.HOT, plan.STEAL):
        for row, ns in (('mutex', 80), ('percpu', 40), ('treiber', 80)):
            for record in pick(records, case, row):
                record['ns_per_pair'] = ns + record['round'] / 10
                record['cpu_ns_per_pair'] = 2 * ns + record['round'] / 10
    return [record for case in (plan.HOT, plan.STEAL)
            for row in ('mutex', 'percpu', 'treiber')
            for record in pick(records, case, row)]


class Compared(unittest.TestCase):
    """Two rows of a run, compared."""

    def compare(self, row, other, records, change=None):
        """What compare.py prints; change() spoils the second file."""
        with tempfile.TemporaryDirectory() as directory:
            gbench.write(directory, records)
            paths = [gbench.path(directory, name) for name in (row, other)]
            if change:
                with open(paths[1], 'r+', encoding='utf-8') as file:
                    report = json.load(file)
                    change(report)
                    file.seek(0)
                    json.dump(report, file)
                    file.truncate()
            done = subprocess.run(
                [PYTHON, TOOL, '--no-color', 'benchmarks', *paths],
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def changes(self, text, name):
        """The changes of time that it prints for a benchmark."""
        return [float(found) for found in re.findall(
            rf'^{re.escape(name)} +([+-]\d\.\d+)', text, re.MULTILINE)]

    def p_values(self, text):
        """The likelihoods of chance that it prints, by benchmark."""
        return {name: float(p) for name, p in re.findall(
            r'^(\S+)_pvalue +(\d\.\d+)', text, re.MULTILINE)}

    def test_half_the_time_is_seen_in_each_round(self):
        text = self.compare('mutex', 'percpu', rounds_make())
        for name in ('hot/workers:1', 'steal/workers:2'):
            changes = self.changes(text, name)
            self.assertEqual(len(changes), 9, text)
            for change in changes:
                self.assertAlmostEqual(change, -.5, delta=.01)
            self.assertLess(self.p_values(text)[name], .001)
        self.assertIn('U Test, Repetitions: 9 vs 9\n', text)

    def test_equal_rows_do_not_differ(self):
        text = self.compare('mutex', 'treiber', rounds_make())
        self.assertEqual(set(self.changes(text, 'hot/workers:1')), {0})
        self.assertGreater(self.p_values(text)['hot/workers:1'], .9)

    def test_fewer_than_nine_rounds_are_called_unreliable(self):
        text = self.compare('mutex', 'percpu', rounds_make(8))
        self.assertIn('WARNING: Results unreliable', text)

    def test_names_with_the_row_in_them_would_not_meet(self):
        def spoil(report):
            for entry in report['benchmarks']:
                entry['name'] = 'percpu/' + entry['name']

        text = self.compare('mutex', 'percpu', rounds_make(), spoil)
        self.assertEqual(self.p_values(text), {})


if __name__ == '__main__':
    if not PYTHON:
        print(f'skipped: no {TOOL} that runs; ci/deps installs it '
              '(libbenchmark-tools, python3-scipy)')
        sys.exit(77)
    unittest.main(verbosity=0)
