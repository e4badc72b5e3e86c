#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the plan on the programs that it runs, in the build directory.

    programs_test.py BUILD
"""
import os
import subprocess
import sys
import tempfile
import unittest

from report import plan, programs, trials
import specimen
from specimen import RUN

BUILD = sys.argv.pop(1)
FOLDER = os.path.join(os.path.abspath(BUILD), 'bench')
BENCH = os.path.join(specimen.BENCH, 'bench.py')


class Programs(unittest.TestCase):
    """What the programs say to their flags, and a run of some of them."""

    def setUp(self):
        self.chosen = programs.chosen_backend(FOLDER, ())

    def refused(self, cell, *more):
        """What the cell's program has against its flags, or None."""
        settings = trials.Settings(
            FOLDER, self.chosen, {}, more, 1, 120, 40, False, 1, 1.0, RUN)
        done = subprocess.run(
            [*trials.command(cell, settings, 1), '--dry-run'], check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.stderr if done.returncode else None

    def test_every_program_allows_the_flags_of_its_cells(self):
        lacks = programs.left_out(FOLDER, self.chosen, {}, plan.ROWS)
        for group in plan.cells('full'):
            for cell in group:
                # One program serves all that is preloaded.
                if cell.row not in lacks and cell.row not in plan.ALLOCATORS:
                    self.assertIsNone(self.refused(cell), cell)

    def test_flags_that_are_not_allowed_are_refused(self):
        said = self.refused(plan.Cell(plan.HOT, 'mutex'), '--what')
        self.assertIn('unknown argument --what', said)

    def run_smoke(self, names, *words):
        """A smoke run with some of the programs."""
        # Results go beside the programs, and are nobody's in the end.
        build = tempfile.TemporaryDirectory()
        self.addCleanup(build.cleanup)
        os.mkdir(os.path.join(build.name, 'bench'))
        for name in names:
            os.symlink(os.path.join(FOLDER, name),
                       os.path.join(build.name, 'bench', name))
        return subprocess.run(
            [sys.executable, '-B', BENCH, 'run', '--build', build.name,
             '--preset', 'smoke', *words], check=False,
            capture_output=True, encoding='utf-8',
            env={**os.environ, 'BENCH_ARGS': '', 'PYTHONUTF8': '1'})

    def test_smoke_measures_and_fails_nowhere(self):
        # Where there is a sanitizer, nothing can be preloaded.
        rows = [row for row in plan.ROWS if row not in plan.ALLOCATORS]
        done = self.run_smoke(programs.of_smoke(self.chosen), '--rows',
                              ','.join(rows))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('left out', done.stderr)
        for title in ('THROUGHPUT', 'MEMORY', 'DRIFT',
                      'FAIRNESS AND LATENCY', 'TARGETS'):
            self.assertIn(title, done.stdout)
        self.assertNotIn('no trials', done.stdout)

    def test_a_program_that_lacks_is_named(self):
        done = self.run_smoke(
            programs.of_smoke(self.chosen) - {'driftbench-none'},
            '--cases', 'steal')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('none is left out', done.stderr)
        self.assertEqual(done.stderr.count('left out'), 1, done.stderr)


if __name__ == '__main__':
    unittest.main(verbosity=0)
