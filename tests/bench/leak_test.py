#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the picture of the leak: what is in it, and where it comes from."""
import os
import unittest
from xml.etree import ElementTree

from report import gnuplot, leak, plan
from report.records import Unusable
import specimen


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

    def test_quick_row_is_drawn_to_the_end(self):
        records = run_make()
        for record in records:
            if record['row'] == 'percpu':
                record['drift']['series'] = [
                    [ms, 400000 + 36000 * ms, 100 + 40 * ms]
                    for ms in range(10)]
        line, = (line for line in leak.picture(records).lines
                 if line.row == 'percpu')
        self.assertEqual(line.points, [(0, 100), (9000, 110)])

    def test_without_a_row_there_is_none(self):
        records = [record for record in run_make()
                   if record['row'] != 'brpc110']
        with self.assertRaisesRegex(Unusable, 'allowed: .*brpc110'):
            leak.picture(records)

    def test_the_one_in_the_tree_says_how_it_was_made(self):
        root = ElementTree.parse(
            os.path.join(specimen.BENCH, leak.FILE)).getroot()
        said = root.find(f'{{{gnuplot.SVG}}}desc').text
        self.assertRegex(said, r'Made by bench/bench.py run .* at commit '
                         r'[0-9a-f]{7,}, ')
        self.assertIn('--rows ' + ','.join(leak.ROWS), said)


if __name__ == '__main__':
    unittest.main()
