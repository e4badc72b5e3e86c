#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the targets: which figures meet them."""
import copy
import unittest

from report import plan, targets
from report.layout import layout
from specimen import RUN, pick, records_make


def shown(records):
    """The table as a person reads it."""
    return layout(targets.table(records))


def whole(rounds):
    """All cells that have a target."""
    return records_make(rounds) + records_make(rounds, 'keytable')


class Targets(unittest.TestCase):
    """Each target is met by good figures and missed by bad ones."""

    def met(self, records):
        """{(where, beginning of what): met}.

        Which cases share CPUs depends on the machine.
        """
        return {(target.where, target.what.split(',')[0]): target.met
                for target in targets.evaluate(records)
                if target.wanted and not target.where.startswith('tail')}

    def test_good_figures_meet_all(self):
        self.assertEqual(set(self.met(whole(3)).values()), {True})

    def test_nothing_measured_meets_and_misses_none(self):
        self.assertEqual(set(self.met([]).values()), {None})
        self.assertNotIn('MISSED', shown([]))

    def test_each_bad_figure_misses_its_target_alone(self):
        hot, pipe = plan.HOT, plan.PIPE
        faults = (
            ((hot.title(), 'time/null'), hot, 'none', 'ns_per_pair', 1.3),
            ((hot.title(), 'speed/jemalloc'), hot, 'jemalloc',
             'ns_per_pair', 3.0),
            ((hot.title(), 'speed/brpc112'), hot, 'brpc112', 'ns_per_pair',
             11.9),
            ((plan.HOT_PAIR.title(), 'speed/brpc112'), plan.HOT_PAIR,
             'brpc112', 'ns_per_pair', 9.5),
            ((pipe.title(), 'time/null'), pipe, 'null', 'ns_per_pair', .7),
            ((pipe.title(), 'speed/jemalloc'), pipe, 'jemalloc',
             'ns_per_pair', 4.7),
            ((pipe.title(), 'speed/mimalloc'), pipe, 'mimalloc',
             'ns_per_pair', 4.7),
            ((pipe.title(), 'speed/tcmalloc'), pipe, 'tcmalloc',
             'ns_per_pair', 9.5),
            *(((case.title(), f'{row} leaks: new objects an operation / TV'),
               case, row, 'drift.slope_obj_per_op', slope)
              for case, slope in ((pipe, .106), (plan.HOTSPOT, .094),
                                  (plan.SIM_MOST, .106))
              for row in ('none', 'brpc110')),
            ((plan.KEYTABLE_4.title(), 'most objects/out at once'),
             plan.KEYTABLE_4, 'percpu', 'pool.footprint_peak', 210),
            ((plan.KEYTABLE_16.title(), 'most objects/out at once'),
             plan.KEYTABLE_16, 'mutex', 'pool.footprint_peak', 440),
            ((plan.KEYTABLE_16.title(), 'p99.9 of an exchange/mutex'),
             plan.KEYTABLE_16, 'treiber', 'latency.exchange.p999', 9100),
            ((plan.FIBERS_4.title(), 'most objects/out at once'),
             plan.FIBERS_4, 'treiber', 'pool.footprint_peak', 210),
            ((plan.FIBERS_16.title(), 'most objects/out at once'),
             plan.FIBERS_16, 'mutex', 'pool.footprint_peak', 440),
            ((plan.TURNS.title(), 'constructed'),
             plan.TURNS, 'treiber', 'pool.constructed', 229),
            (('steal, hotspot, pipe', 'new objects an operation'),
             plan.HOTSPOT, 'percpu', 'drift.slope_obj_per_op', 2e-4),
            (('all cases', 'trials that kept the bound'),
             plan.HOTSPOT, 'mutex', 'pool.bound_ok', False),
        )
        good = whole(3)
        sim = (plan.SIM_MOST.title(), 'trials that kept the bound')
        self.assertEqual({fault[0] for fault in faults},
                         set(self.met(good)) - {sim})
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
            self.assertEqual(shown(records).count('MISSED'), 1)

    def test_bound_of_the_largest_simulation_is_judged_by_itself_too(self):
        records = records_make()
        pick(records, plan.SIM_MOST, 'mutex')[0]['pool']['bound_ok'] = False
        self.assertEqual(
            {key for key, met in self.met(records).items() if met is False},
            {(where, 'trials that kept the bound')
             for where in ('all cases', plan.SIM_MOST.title())})

    def test_one_bad_trial_misses_what_every_trial_has_to_meet(self):
        records = records_make(3)
        trial = pick(records, plan.KEYTABLE_4, 'mutex')[1]
        trial['pool']['footprint_peak'] = 210
        self.assertFalse(self.met(records)[
            plan.KEYTABLE_4.title(), 'most objects/out at once'])

    def test_a_tail_that_may_be_no_worse_is_met(self):
        records = records_make(6)
        worse = pick(records, plan.KEYTABLE_16, 'percpu')
        for trial in worse[:-1]:
            trial['latency']['exchange']['p999'] = 12000
        key = plan.KEYTABLE_16.title(), 'p99.9 of an exchange/mutex'
        self.assertTrue(self.met(records)[key])
        worse[-1]['latency']['exchange']['p999'] = 12000
        self.assertFalse(self.met(records)[key])

    def test_few_exchanges_have_no_tail(self):
        records = records_make(6)
        key = plan.KEYTABLE_16.title(), 'p99.9 of an exchange/mutex'
        self.assertIsNotNone(self.met(records)[key])
        for trial in pick(records, plan.KEYTABLE_16, 'mutex'):
            trial['latency']['exchange']['n'] = 200
        self.assertNotIn(key, self.met(records))

    def tail_make(self, of_rows):
        """The two lines on tails, of {row: p99.9 of each round}."""
        records = records_make(6)
        for row, values in of_rows.items():
            for trial, ns in zip(pick(records, plan.KEYTABLE_16, row), values):
                trial['latency']['exchange']['p999'] = ns
        return [target for target in targets.evaluate(records)
                if target.where == plan.KEYTABLE_16.title()
                and ('p99.9' in target.what or 'better' in target.what)]

    def test_a_row_that_is_surely_worse_is_not_hidden_by_a_disturbed_one(self):
        # The greater median is treiber's, but it may be no worse.
        worse, better = self.tail_make({
            'treiber': [8000] + 5 * [20000], 'percpu': 6 * [9900]})
        self.assertEqual((worse.met, worse.measured), (False, '1.10 (percpu)'))
        self.assertEqual(better.measured, 'no row')

    def test_what_is_surely_better_is_said(self):
        worse, better = self.tail_make({
            'treiber': 6 * [4500], 'percpu': [9900] + 5 * [4500]})
        self.assertTrue(worse.met)
        self.assertIsNone(better.met)
        self.assertEqual(better.measured, '0.50 (treiber)')

    def test_what_others_hold_is_printed_only(self):
        records = records_make()
        for trial in pick(records, plan.KEYTABLE_4, 'brpc112'):
            trial['pool']['footprint_peak'] = 1800
        self.assertIn(' 12.00 (brpc112)\n', shown(records))
        self.assertNotIn('MISSED', shown(records))

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
        text = shown(records)
        self.assertNotIn('MISSED', text)
        self.assertIn(' 120.00 (treiber)\n', text)
        self.assertIn(' 19%\n', text)

    def test_smoke_says_that_it_judges_nothing(self):
        records = records_make()
        pick(records, plan.HOT, 'none')[0]['ns_per_pair'] = 99.0
        self.assertNotIn('too short', shown(records))
        self.assertIn('MISSED', shown(records))
        for record in records:
            record['run'] = {**RUN, 'smoke': True}
        self.assertIn('too short', shown(records))
        self.assertNotRegex(shown(records), r'MISSED|met\n')


if __name__ == '__main__':
    unittest.main(verbosity=0)
