#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the plan: which cells there are, and which runs when."""
import os
import re
import unittest
from unittest import mock

from report import arguments, plan, trials
import specimen
from specimen import RUN

CELLS = sum(map(len, plan.cells('quick')))
# As it was planned; a further backend has what the budget leaves.
QUICK = plan.cells('quick', rows=[row for row in plan.ROWS
                                  if row not in plan.BACKENDS[4:]])


class Plan(unittest.TestCase):
    """The cells."""

    def test_quick_has_at_most_50_cells(self):
        self.assertLessEqual(sum(map(len, QUICK)), 50)

    def test_full_has_every_cell_of_every_preset(self):
        full = {cell for group in plan.cells('full') for cell in group}
        for preset in set(plan.PRESETS) - {'keytable'}:
            for group in plan.cells(preset):
                self.assertLessEqual(set(group), full)

    def test_titles_are_unique(self):
        titles = [planned.case.title() for planned in plan.TABLE]
        self.assertEqual(len(set(titles)), len(titles))

    def test_every_row_and_every_preset_of_driftbench_is_in_full(self):
        groups = plan.cells('full')
        self.assertEqual({cell.row for group in groups for cell in group},
                         set(plan.ROWS))
        self.assertLessEqual(
            {'hot', 'keep', 'steal', 'hotspot', 'pipe', 'burst', 'tide',
             'churn'}, {case.base or case.name
                        for case in (group[0].case for group in groups)})

    def test_every_case_has_what_others_are_compared_with(self):
        for preset in ('quick', 'full'):
            for group in plan.cells(preset):
                self.assertIn('mutex', [cell.row for cell in group])

    def test_imbalance_of_zipf_is_what_theory_gives(self):
        for theta, tv in ((0, 0), (.5, .0498), (.99, .0952), (2, .1686)):
            self.assertAlmostEqual(plan.imbalance(theta, 4, .5), tv, 4)

    def test_keytables_are_about_a_thousand(self):
        for case, most in ((plan.KEYTABLE_4, 1000), (plan.KEYTABLE_16, 1008)):
            words = plan.flags(plan.Cell(case, 'mutex'), False, 1, 1)
            hold, ring = (int(words[words.index(flag) + 1])
                          for flag in ('--hold', '--ring'))
            n = case.workers
            self.assertEqual(n * hold + n * (n - 1) * ring, most)
            self.assertEqual(words[words.index('--case') + 1], 'steal')

    def test_brpc112_has_the_operations_to_reach_its_cap(self):
        for case in (plan.KEYTABLE_4, plan.KEYTABLE_16):
            for row, ops in (('brpc112', 2000000), ('percpu', 300000)):
                words = plan.flags(plan.Cell(case, row), False, 1, 1)
                last = len(words) - words[::-1].index('--ops')
                self.assertEqual(int(words[last]), ops)

    def test_quick_fits_its_budget(self):
        length = arguments.LENGTHS['quick']
        settings = trials.Settings(
            '', '', {}, (), length.rounds, length.time_ms, length.warmup_ms,
            False, 1, length.budget_s, RUN)
        # Of two CPUs, for which it is chosen.
        with mock.patch.object(plan, 'CPUS', 2):
            self.assertLess(trials.duration_s(QUICK, settings),
                            length.budget_s)

    def test_each_mimalloc_that_deps_installs_is_known(self):
        deps = os.path.join(specimen.BENCH, os.pardir, 'ci/deps')
        with open(deps, encoding='utf-8') as file:
            majors = set(re.findall(r'libmimalloc(\d)', file.read()))
        self.assertEqual({f'libmimalloc.so.{major}' for major in majors},
                         set(plan.ALLOCATORS['mimalloc']))

    def test_what_spins_for_others_has_a_cpu_for_each(self):
        cells = [cell for group in plan.cells('full') for cell in group
                 if cell.row in plan.STALLING]
        self.assertTrue(cells)
        self.assertFalse([cell for cell in cells if cell.case.sharing()])
        with mock.patch.object(plan, 'CPUS', 256):
            self.assertIn(plan.Cell(plan.HOTSPOT, 'dpdk'), [
                cell for group in plan.cells('full') for cell in group])

    def test_full_sweeps_one_thing_at_a_time(self):
        axes = {}
        for group in plan.cells('full'):
            case = group[0].case
            if case.axis():
                axes.setdefault((case.axis(), case.base), []).append(case.x)
        for axis, places in axes.items():
            self.assertEqual(places, sorted(set(places)), axis)
            self.assertGreater(len(places), 1)
        self.assertEqual({'workers', 'migrate', 'imbalance', 'think',
                          'magazine', 'hold'}, {axis for axis, _ in axes})

    def test_times_of_a_sweep_have_the_floor_beside_them(self):
        for group in plan.cells('full'):
            if group[0].case.axis() not in (None, 'magazine'):
                self.assertIn('null', [cell.row for cell in group])

    def test_estimate_is_of_what_the_program_is_told(self):
        for case, row, ms in ((plan.HOT, 'mutex', 190),
                              (plan.PIPE, 'none',
                               40 + plan.LEAK_OPS * plan.PIPE.ns / 1e6),
                              (plan.KEYTABLE_4, 'mutex', 150),
                              (plan.KEYTABLE_4, 'brpc112', 1000),
                              (plan.tail('pipe'), 'mutex', 1500),
                              (plan.SIM, 'mutex', 100)):
            self.assertEqual(plan.about_ms(plan.Cell(case, row), 40, 150), ms)

    def test_chosen_backend_is_the_installed_library(self):
        self.assertEqual(plan.program('mutex', 'mutex'), 'driftbench')
        self.assertEqual(plan.program('mutex', 'none'), 'driftbench-mutex')
        self.assertEqual(plan.program('jemalloc', 'none'),
                         'driftbench-malloc')

    def test_a_row_that_leaks_ends_by_operations(self):
        for case, row, flag in ((plan.PIPE, 'none', '--ops'),
                                (plan.PIPE, 'brpc110', '--ops'),
                                (plan.HOT, 'none', '--time'),
                                (plan.PIPE, 'mutex', '--time'),
                                (plan.TURNS, 'mutex', '--ops')):
            words = plan.flags(plan.Cell(case, row), False, 1, 1)
            self.assertIn(flag, words)
            self.assertNotEqual('--time' in words, '--ops' in words)

    def test_a_simulation_is_as_long_as_its_operations(self):
        words = plan.flags(plan.Cell(plan.SIM, 'mutex'), False, 1, 1)
        self.assertIn('--ops', words)
        self.assertFalse({'--time', '--warmup'} & set(words))

    def test_a_smoke_trial_is_as_short_as_its_program_makes_it(self):
        for group in plan.cells('full'):
            words = plan.flags(group[0], True, 1, 1)
            self.assertIn('--smoke', words)
            for flag in ('--ops', '--time', '--warmup'):
                self.assertNotIn(flag, words)


class Rounds(unittest.TestCase):
    """Which cell runs when."""

    def run_rounds(self, flags=(), smoke=False, budget_s=99.0, seed=1):
        """Two rounds of quick, of trials that take no time and are disturbed
        as `flags` says in turn.  Returns the records kept.
        """
        records, flags = [], iter(flags)

        def pretend(cell, _, number):
            return {'cell': cell, 'round': number, 'failed': None,
                    'stderr': '', 'noise': {'flag': next(flags, False)}}

        settings = trials.Settings('', '', {}, (), 2, 1, 1, smoke, seed,
                                   budget_s, RUN)
        with mock.patch.object(trials, 'run_trial', pretend), \
                mock.patch.object(trials, 'say') as self.say:
            self.assertTrue(trials.run_rounds(plan.cells('quick'), settings,
                                              records.append))
        return records

    def order(self, seed):
        """The cells in the order in which two rounds run them."""
        return [record['cell'] for record in self.run_rounds(seed=seed)]

    def test_rounds_are_shuffled_and_repeat_by_seed(self):
        both = self.order(1)
        self.assertEqual(both, self.order(1))
        self.assertNotEqual(both, self.order(2))
        first, second = both[:len(both) // 2], both[len(both) // 2:]
        self.assertEqual(set(first), set(second))
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
        self.assertEqual(changes + 1, len(plan.cells('quick')))

    def test_budget_ends_the_rounds(self):
        self.assertEqual(self.run_rounds(budget_s=-1), [])
        self.assertIn('stopping after round 0', self.say.call_args.args[0])

    def test_a_disturbed_trial_is_tried_again_with_all_rows_of_its_case(self):
        records = self.run_rounds([True])
        disturbed = records[0]['cell'].case
        further = [record for record in records if record['round'] > 2]
        self.assertEqual({record['cell'] for record in further},
                         {record['cell'] for record in records
                          if record['cell'].case == disturbed})
        self.assertEqual({record['round'] for record in further}, {3})
        # Nothing is thrown away.
        self.assertTrue(records[0]['noise']['flag'])

    def test_there_are_at_most_two_further_rounds(self):
        records = self.run_rounds([True] * 10000)
        self.assertEqual({record['round'] for record in records}, {1, 2, 3, 4})
        self.assertEqual(len(records), 4 * CELLS)

    def test_nothing_is_tried_again_without_need_nor_in_smoke(self):
        for records in (self.run_rounds(),
                        self.run_rounds([True] * 99, smoke=True)):
            self.assertEqual(len(records), 2 * CELLS)


if __name__ == '__main__':
    unittest.main(verbosity=0)
