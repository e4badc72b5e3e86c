#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the results in Google Benchmark's format."""
import json
import os
import tempfile
import unittest

from report import gbench, plan
from specimen import pick, record_make, records_make


def written(records):
    """{file: report} of what is written of these records."""
    with tempfile.TemporaryDirectory() as directory:
        gbench.write(directory, records)
        found = {}
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), encoding='utf-8') as file:
                found[name] = json.load(file)
    return found


def named(report, name):
    """The entries of a benchmark."""
    return [entry for entry in report['benchmarks'] if entry['name'] == name]


class Reports(unittest.TestCase):
    """What is written."""

    def test_each_row_that_was_measured_has_a_file(self):
        rows = ('mutex', 'glibc')
        records = [record for record in records_make()
                   if record['row'] in rows]
        self.assertEqual(set(written(records)),
                         {f'gbench-{row}.json' for row in rows})
        self.assertEqual(written([]), {})

    def test_each_round_is_an_entry_with_its_time(self):
        records = records_make(9)
        for record in pick(records, plan.HOT, 'percpu'):
            record['ns_per_pair'] = 10.0 * record['round']
            record['cpu_ns_per_pair'] = 20.0 * record['round']
        records.reverse()
        found = named(written(records)['gbench-percpu.json'], 'hot/workers:1')
        self.assertEqual([entry['repetition_index'] for entry in found],
                         list(range(9)))
        for number, entry in enumerate(found, 1):
            self.assertEqual(entry['real_time'], 10 * number)
            self.assertEqual(entry['cpu_time'], 20 * number)
            self.assertAlmostEqual(entry['items_per_second'], 1e8 / number)
            self.assertEqual((entry['repetitions'], entry['run_type'],
                              entry['time_unit']), (9, 'iteration', 'ns'))

    def test_names_differ_by_case_and_not_by_row(self):
        cases = [planned.case for planned in plan.TABLE]
        names = {gbench.name(record_make(plan.Cell(case, 'null'), 1))
                 for case in cases}
        self.assertEqual(len(names), len(cases))
        self.assertFalse([name for name in names if ' ' in name])
        rows = {gbench.name(record_make(plan.Cell(plan.TURNS, row), 1))
                for row in plan.ROWS}
        self.assertEqual(rows, {
            'churn/workers:1/1,000_threads_in_turn/100_objects_each'})

    def test_case_has_the_same_family_in_all_rows(self):
        families = {}
        for report in written(records_make()).values():
            for entry in report['benchmarks']:
                families.setdefault(entry['name'], set()).add(
                    entry['family_index'])
        self.assertEqual({len(found) for found in families.values()}, {1})
        self.assertEqual(len(set().union(*families.values())), len(families))

    def test_failed_trials_are_left_out(self):
        records = records_make(3)
        broken, silent, _ = pick(records, plan.HOT, 'mutex')
        broken['failed'] = 'exit status 1'
        silent['failed'] = 'killed by SIGKILL'
        for key in ('ns_per_pair', 'params', 'pool', 'env', 'sim'):
            del silent[key]
        entry, = named(written(records)['gbench-mutex.json'], 'hot/workers:1')
        self.assertEqual((entry['repetitions'], entry['repetition_index']),
                         (1, 0))

    def test_simulated_time_is_left_out(self):
        records = [record for record in records_make()
                   if record['title'] == plan.SIM.title()]
        self.assertTrue(records)
        self.assertEqual(written(records), {})

    def test_what_is_not_known_is_left_out(self):
        records = pick(records_make(), plan.HOT, 'glibc')
        records[0]['pool']['constructed'] = None
        entry, = written(records)['gbench-glibc.json']['benchmarks']
        self.assertNotIn('constructed', entry)
        self.assertEqual(entry['overlap'], 1)


if __name__ == '__main__':
    unittest.main(verbosity=0)
