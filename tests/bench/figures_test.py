#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the figures: estimates and tables."""
import re
import unittest

from report import estimate, plan, tables, trials
from report.layout import Table, layout
from specimen import pick, records_make


def shown(make, records):
    """A table as a person reads it."""
    return layout(make(records))


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
        for make in (tables.throughput, tables.memory, tables.drift,
                     tables.fairness):
            self.assertIn(': no trials\n', shown(make, []))
        self.assertIn('nothing was measured', tables.caption([]))
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
        for disturbed, mark in ((0, False), (1, True), (2, True)):
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
        self.assertIn(f'{len(records)} trials, 0 of them disturbed, 2 failed',
                      ' '.join(tables.method(records).split()))
        self.assertEqual(trials.told(record),
                         'hot, 1 worker, null, round 2: killed by SIGSEGV\n'
                         '    ouch')
        self.assertIn('null !', shown(tables.memory, records))

    def test_caption_says_where_figures_come_from(self):
        records = records_make(3)
        records[0]['noise']['flag'] = True
        self.assertEqual(
            tables.caption(records), 'c, 2 CPUs; gcc; commit abc; rounds: 3; '
            f'1 of {len(records)} trials disturbed')
        records.append({**records[0], 'round': 4})
        self.assertIn('rounds: 3 to 4;', tables.caption(records))

    def test_no_table_is_wider_than_100_columns(self):
        for make in (tables.throughput, tables.memory, tables.drift,
                     tables.fairness):
            for line in shown(make, records_make(6)).splitlines():
                self.assertLessEqual(len(line), 100)

    def test_memory_over_the_cap_is_marked(self):
        records = records_make()
        self.assertNotIn('0.00^', shown(tables.memory, records))
        pick(records, plan.PIPE, 'none')[0]['mem'].update(
            capped=True, capped_ms=412.3)
        self.assertEqual(shown(tables.memory, records).count('0.00^'), 1)
        self.assertEqual(
            shown(tables.memory, records).count('none, 412 ms '), 1)

    def test_laws_of_exchange_are_shown_per_thousand(self):
        # TV .1 and p .5 over magazines of 64.
        self.assertRegex(self.row(shown(tables.drift, records_make()), 'none'),
                         r' 3\.12  15\.62 ')

    def test_latency_is_shown_where_it_was_measured(self):
        records = records_make()
        tail = [record for record in records
                if record['title'] == plan.KEYTABLE_16.title()]
        self.assertRegex(
            self.row(shown(tables.fairness, tail), 'mutex'),
            r' 0\.900  0\.990 +10 +50 +100 +2000 +90 +900 +9000 +20\.0k')
        # What may be null may be missing, too.
        for forget in ({'exchange': None}.items(), ()):
            for record in tail:
                del record['latency']['exchange']
                record['latency'].update(forget)
            self.assertRegex(self.row(shown(tables.fairness, tail), 'mutex'),
                             r' 2000 +- +- +- +-')
        text = shown(tables.fairness, pick(records, plan.STEAL, 'mutex'))
        self.assertRegex(self.row(text, 'mutex'), r'990( +-){8}')
        alone = pick(records, plan.HOT, 'mutex')
        self.assertIn('no trials', shown(tables.fairness, alone))

    def test_simulations_share_no_cpus_and_know_no_noise(self):
        records = pick(records_make(), plan.SIM_MOST, 'mutex')
        text = shown(tables.throughput, records)
        self.assertNotIn('CPUs)', text)
        self.assertNotIn('~', self.row(text, 'mutex'))

    def test_unfit_builds_are_said(self):
        self.assertEqual(tables.unfit('-O3 -flto'), '')
        for flags in ('-O0', '-O1', '-Og', '', '-O2 -fsanitize=thread'):
            self.assertIn('NOT FIT', tables.unfit(flags), flags)


class Layout(unittest.TestCase):
    """What a terminal shows."""

    TABLE = Table('TITLE', 'legend', ['', 'a', ''],
                  [('group', [['  x !', '1.00~', 'MISSED'],
                              ['  y', '2.00 ', 'met']])])

    def test_colours_add_nothing_to_read(self):
        plain = layout(self.TABLE)
        coloured = layout(self.TABLE, True)
        self.assertNotIn('\033', plain)
        self.assertEqual(re.sub(r'\033\[\d+m', '', coloured), plain)

    def test_what_is_wrong_stands_out(self):
        coloured = layout(self.TABLE, True)
        for text in ('\033[31m  x !\033[0m', '\033[31mMISSED\033[0m',
                     '\033[33m1.00~\033[0m', '\033[32m   met\033[0m',
                     '\033[1mTITLE\033[0m', '\033[1mgroup\033[0m'):
            self.assertIn(text, coloured)


if __name__ == '__main__':
    unittest.main(verbosity=0)
