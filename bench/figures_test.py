#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the figures: estimates, tables and targets."""
import copy
import unittest

import estimate
import plan
import tables
import targets
import trials
from specimen import RUN, pick, records_make


def shown(make, records):
    """A table as a person reads it."""
    return tables.layout(make(records))


class Estimates(unittest.TestCase):
    """Medians, ratios and intervals."""

    def test_interval_needs_six_values(self):
        self.assertIsNone(estimate.sign_interval([]))
        self.assertIsNone(estimate.sign_interval([1, 2, 3, 4, 5]))
        self.assertEqual(estimate.sign_interval([6, 1, 2, 3, 4, 5]), (1, 6))

    def test_interval_narrows_at_nine_values(self):
        self.assertEqual(estimate.sign_interval(list(range(1, 8))), (1, 7))
        self.assertEqual(estimate.sign_interval(list(range(1, 9))), (1, 8))
        self.assertEqual(estimate.sign_interval(list(range(1, 10))), (2, 8))

    def test_ratios_pair_rounds_that_both_have(self):
        self.assertEqual(
            estimate.paired_ratios({1: 2.0, 2: 9.0, 3: 8.0},
                                   {1: 1.0, 3: 2.0}), [2.0, 4.0])

    def test_paired_ratio_is_not_the_ratio_of_medians(self):
        above, below = {1: 10, 2: 1, 3: 2}, {1: 5, 2: 4, 3: 1}
        self.assertEqual(estimate.median_known(above.values()), 2)
        self.assertEqual(estimate.median_known(below.values()), 4)
        self.assertAlmostEqual(estimate.median_ratio(
            estimate.paired_ratios(above, below)), 2)

    def test_ratio_turned_over_is_its_reciprocal(self):
        values = [.5, 1.0, 3.0, 4.0]
        self.assertAlmostEqual(
            estimate.median_ratio(values),
            1 / estimate.median_ratio([1 / value for value in values]))
        self.assertIsNone(estimate.median_ratio([]))

    def test_unknown_values_do_not_count(self):
        self.assertEqual(estimate.median_known([None, 3, 1, None, 2]), 2)
        self.assertIsNone(estimate.median_known([None]))

    def test_spread_is_the_middle_half_over_the_median(self):
        self.assertAlmostEqual(estimate.spread([1, 2, 3, 4, 100]), 2 / 3)
        self.assertEqual(estimate.spread([7, 7, 7]), 0)
        self.assertIsNone(estimate.spread([7]))


class Tables(unittest.TestCase):
    """What a person reads."""

    def row(self, text, name):
        """The first line of a row."""
        return next(line for line in text.splitlines()
                    if line[2:].startswith(name))

    def test_nothing_measured_gives_empty_tables(self):
        for make, said in ((tables.throughput, ': no trials\n'),
                           (tables.memory, ': no trials\n'),
                           (tables.drift, ': no trials\n'),
                           (targets.table, '  -\n')):
            self.assertIn(said, shown(make, []))
        self.assertIn('nothing was measured', tables.method([]))

    def test_ratio_has_an_interval_from_six_rounds_on(self):
        self.assertRegex(self.row(shown(tables.throughput, records_make(6)),
                                  'null'), r' 1\.20  \[1\.20, 1\.20\] ')
        self.assertNotIn('[', self.row(
            shown(tables.throughput, records_make(5)), 'null'))

    def test_interval_around_1_is_marked(self):
        self.assertIn('≈1.00', self.row(
            shown(tables.throughput, records_make(6)), 'treiber'.ljust(7)))

    def test_disturbed_rows_are_marked(self):
        records = records_make(3)
        for disturbed, mark in ((0, False), (1, False), (2, True)):
            for record in pick(records, plan.HOT, 'null')[:disturbed]:
                record['noise']['flag'] = True
            line = self.row(shown(tables.throughput, records), 'null')
            self.assertEqual('~' in line, mark)

    def test_more_workers_than_cpus_are_said(self):
        text = shown(tables.throughput, records_make())
        self.assertIn('hotspot, 4 workers (on 2 CPUs)\n', text)
        self.assertIn('pipe, 2 workers\n', text)

    def test_failed_row_is_shown_everywhere(self):
        records = records_make(2)
        for record in pick(records, plan.HOT, 'null'):
            del record['ns_per_pair'], record['pool'], record['params']
            record.update(failed='killed by SIGSEGV', stderr='ouch\n')
        self.assertRegex(shown(tables.throughput, records), r'null !\s+FAILED')
        self.assertIn('null !', shown(tables.memory, records))
        self.assertIn('100 trials, 0 of them disturbed, 2 failed',
                      ' '.join(tables.method(records).split()))
        self.assertEqual(trials.told(record),
                         'hot, 1 worker, null, round 2: killed by SIGSEGV\n'
                         '    ouch')
        self.assertTrue(shown(targets.table, records))

    def test_unfit_builds_are_said(self):
        self.assertEqual(tables.unfit('-O3 -flto'), '')
        for flags in ('-O0', '-O1', '-Og', '', '-O2 -fsanitize=thread'):
            self.assertIn('NOT FIT', tables.unfit(flags), flags)


class Targets(unittest.TestCase):
    """Each target is met by good figures and missed by bad ones."""

    def met(self, records):
        """{(where, beginning of what): met}."""
        return {(target.where, target.what.split(',')[0]): target.met
                for target in targets.evaluate(records) if target.wanted}

    def test_good_figures_meet_all(self):
        self.assertEqual(set(self.met(records_make(3)).values()), {True})

    def test_nothing_measured_meets_and_misses_none(self):
        self.assertEqual(set(self.met([]).values()), {None})
        self.assertNotIn('MISSED', shown(targets.table, []))

    def test_each_bad_figure_misses_its_target_alone(self):
        hot, pipe = plan.HOT, plan.PIPE
        faults = (
            ((hot.title(), 'time/null'), hot, 'none', 'ns_per_pair', 1.3),
            ((hot.title(), 'speed/jemalloc'), hot, 'jemalloc',
             'ns_per_pair', 3.0),
            ((pipe.title(), 'time/null'), pipe, 'null', 'ns_per_pair', .7),
            ((pipe.title(), 'speed/jemalloc'), pipe, 'jemalloc',
             'ns_per_pair', 4.7),
            ((pipe.title(), 'speed/mimalloc'), pipe, 'mimalloc',
             'ns_per_pair', 4.7),
            ((pipe.title(), 'speed/tcmalloc'), pipe, 'tcmalloc',
             'ns_per_pair', 9.5),
            ((pipe.title(), 'none leaks: new objects an operation / TV'),
             pipe, 'none', 'drift.slope_obj_per_op', .106),
            ((plan.HOTSPOT.title(),
              'none leaks: new objects an operation / TV'),
             plan.HOTSPOT, 'none', 'drift.slope_obj_per_op', .094),
            ((plan.TURNS.title(), 'constructed'),
             plan.TURNS, 'treiber', 'pool.constructed', 229),
            (('steal, hotspot, pipe', 'new objects an operation'),
             plan.HOTSPOT, 'percpu', 'drift.slope_obj_per_op', 2e-4),
            (('all cases', 'trials that kept the bound'),
             plan.HOTSPOT, 'mutex', 'pool.bound_ok', False),
        )
        good = records_make(3)
        self.assertEqual({fault[0] for fault in faults}, set(self.met(good)))
        for target, case, row, path, value in faults:
            records = copy.deepcopy(good)
            for record in pick(records, case, row):
                part = record
                *parents, key = path.split('.')
                for parent in parents:
                    part = part[parent]
                part[key] = value
            missed = [key for key, met in self.met(records).items()
                      if met is False]
            self.assertEqual(missed, [target])
            self.assertEqual(shown(targets.table, records).count('MISSED'), 1)

    def test_trial_without_a_report_has_not_kept_the_bound(self):
        records = records_make()
        record = pick(records, plan.HOT, 'mutex')[0]
        del record['pool'], record['ns_per_pair']
        self.assertFalse(self.met(records)[
            'all cases', 'trials that kept the bound'])

    def test_one_bad_trial_breaks_the_bound_but_no_median(self):
        records = records_make(3)
        record = pick(records, plan.HOT, 'mutex')[0]
        record['pool']['bound_ok'] = False
        record['ns_per_pair'] = 99.0
        met = self.met(records)
        self.assertFalse(met['all cases', 'trials that kept the bound'])
        self.assertTrue(met[plan.HOT.title(), 'time/null'])

    def test_untouched_objects_and_racks_are_printed_only(self):
        records = records_make()
        pick(records, plan.UNTOUCHED, 'null')[0]['ns_per_pair'] = .01
        pick(records, plan.STEAL, 'percpu')[0]['pool']['steals'] = 80
        text = shown(targets.table, records)
        self.assertNotIn('MISSED', text)
        self.assertIn(' 120.00 (treiber)\n', text)
        self.assertIn(' 19%\n', text)

    def test_smoke_says_that_it_judges_nothing(self):
        records = records_make()
        self.assertNotIn('too short', shown(targets.table, records))
        for record in records:
            record['run'] = {**RUN, 'smoke': True}
        self.assertIn('too short', shown(targets.table, records))


if __name__ == '__main__':
    unittest.main(verbosity=0)
