#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the picture of the leak: what is in it, and where it comes from."""
import unittest

import leak
import plan
import specimen
from records import Unusable


def run_make():
    """A run with samples over time; leaking rows construct 1,000 times more.
    """
    records = specimen.records_make(1)
    for record in records:
        grows = 1000 if record['row'] in plan.LEAKING else 1
        record['drift']['series'] = [[ms, 1000 * ms, 100 + ms * grows]
                                     for ms in range(10)]
    return records


class Leak(unittest.TestCase):
    """The values of lines, and data that do not do."""

    def test_lines_are_objects_over_operations(self):
        made = leak.picture(run_make())
        ends = {line.row: line.points[-1] for line in made.lines if line.row}
        self.assertEqual(set(ends), set(leak.ROWS))
        self.assertEqual(ends['none'], (9000, 9100))
        self.assertEqual(ends['percpu'], (9000, 109))
        self.assertLess(made.zoom, 9100)

    def test_without_a_row_there_is_none(self):
        records = [record for record in run_make()
                   if record['row'] != 'brpc110']
        with self.assertRaisesRegex(Unusable, 'allowed: .*brpc110'):
            leak.picture(records)


if __name__ == '__main__':
    unittest.main()
