#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the pictures: which are drawn, and what is in them."""
import contextlib
import io
import os
import tempfile
import unittest
from unittest import mock
from xml.etree import ElementTree

from report import gnuplot, look, picture, plan, plots
import specimen


def run_make(rounds=1):
    """A run with enough samples for lines over time."""
    records = specimen.records_make(rounds)
    for record in records:
        leaks = record['row'] in plan.LEAKING
        record['drift']['series'] = [
            [ms, 1000 * ms, 100 + ms * (1000 if leaks else 1)]
            for ms in range(10)]
        record['mem']['series'] = [[ms, 1024 * ms] for ms in range(10)]
    return records


def named(records, start):
    """The first picture whose name starts so, or None."""
    return next((made for made in plots.pictures(records)
                 if made.name.startswith(start)), None)


class Which(unittest.TestCase):
    """A picture for all there are data for, and for nothing else."""

    def kinds(self, records):
        """What there are pictures of."""
        return {made.name.split('-')[0] for made in plots.pictures(records)}

    def test_a_full_run_has_all(self):
        self.assertEqual(self.kinds(run_make()), {
            'constructed', 'memory', 'throughput', 'exchanges', 'latency'})
        for axis in ('workers', 'migrate', 'imbalance', 'think', 'hold'):
            self.assertIsNotNone(named(run_make(), f'throughput-{axis}'))

    def test_without_data_there_is_none(self):
        records = run_make()
        for record in records:
            record['latency'] = None
            record['drift']['series'] = record['drift']['series'][:2]
            record['mem']['series'] = []
            record['pool']['refills'] = None
        self.assertEqual(self.kinds(records), {'throughput'})
        self.assertEqual(self.kinds(
            [record for record in records if record['axis'] is None]), set())

    def test_nothing_measured_is_no_picture(self):
        failed = {key: value for key, value in run_make()[0].items()
                  if key not in ('ns_per_pair', 'drift', 'mem', 'latency')}
        self.assertEqual(plots.pictures([failed]), [])

    def test_names_are_unique(self):
        names = [made.name for made in plots.pictures(run_make())]
        self.assertEqual(len(names), len(set(names)))


class What(unittest.TestCase):
    """The values that lines have."""

    def test_leaking_rows_are_beside_the_others(self):
        records = run_make()
        # A bound of another design is none of this library's.
        for record in specimen.pick(records, plan.HOTSPOT, 'brpc112'):
            record['pool']['bound'] = 5000
        made = named(records, 'constructed-hotspot')
        self.assertIn('bound 228', [line.end for line in made.lines])
        self.assertNotIn('bound 5,000', [line.end for line in made.lines])
        ends = {line.row: line.points[-1][1] for line in made.lines}
        self.assertEqual(ends['none'], 9100)
        self.assertEqual(ends['percpu'], 109)
        self.assertEqual(ends[''], 150)
        self.assertLess(made.zoom, 9100)
        self.assertGreater(made.zoom, 228)

    def test_fibers_are_drawn_over_time(self):
        records = specimen.records_make(preset='keytable')
        for record in records:
            leaks = record['row'] in plan.LEAKING
            record['params'].update(live=1000, migrate=0)
            record['pool']['peak_in_use'] = 1000
            record['drift']['series'] = [
                [ms, 1000 * ms, 1000 + ms * (5000 if leaks else 10)]
                for ms in range(10)]
            record['mem']['series'] = [[ms, 1024 * ms] for ms in range(10)]
        self.assertEqual(
            [made.name.split('-live')[0] for made in plots.pictures(records)],
            [f'{what}-fibers-{workers}-workers-1-000'
             for what in ('constructed', 'memory') for workers in (4, 16)])
        made = named(records, 'constructed-fibers-4')
        self.assertEqual([line.row for line in made.lines if line.row],
                         list(plan.TABLED))
        self.assertIn('in use, at most 1,000',
                      [line.end for line in made.lines])
        # They do the same, so that operations are their clock.
        self.assertEqual(made.x.label, 'operations')
        self.assertTrue(1090 < made.zoom < 46000)
        # Without tables of values, nothing crosses here.
        for record in records:
            del record['params']['live']
        self.assertEqual(plots.pictures(records), [])

    def test_without_a_leak_there_is_no_lower_panel(self):
        records = run_make()
        for record in records:
            record['drift']['series'] = [[ms, ms, 109] for ms in range(10)]
        self.assertIsNone(named(records, 'constructed-hotspot').zoom)

    def test_throughput_is_the_median(self):
        records = run_make(9)
        for record in records:
            record['ns_per_pair'] = float(record['round'])
        line = named(records, 'throughput-migrate').lines[0]
        self.assertEqual([point[0] for point in line.points],
                         [0, .05, .1, .25, .5, .75, 1])
        middle, low, high = line.points[0][1:]
        self.assertEqual((middle, low, high), (200, 125, 500))
        self.assertIn('95 % intervals',
                      named(records, 'throughput-migrate').case)

    def test_the_axis_is_logarithmic_where_a_row_would_vanish(self):
        records = run_make()
        made = named(records, 'throughput-migrate')
        self.assertFalse(made.y.log)
        self.assertNotIn('interval', made.case)
        for record in records:
            if record['x'] == 1:
                record['ns_per_pair'] *= 100
        made = named(records, 'throughput-migrate')
        self.assertTrue(made.y.log)
        self.assertIn('logarithmic', made.y.label)

    def test_exchanges_are_held_against_the_laws(self):
        lines = named(run_make(), 'exchanges-hotspot').lines
        said = {line.end: line.points for line in lines}
        self.assertEqual(said['2p/M, bursty'][0], (8, 2 * .5 / 8))
        self.assertEqual(said['2TV/M, smooth'][-1], (256, 2 * .1 / 256))
        row = next(line for line in lines if line.row == 'mutex')
        self.assertEqual(row.points[0], (8, .002))

    def test_looks_differ(self):
        self.assertLessEqual(set(plan.ROWS) - set(plan.BACKENDS),
                             set(look.LOOKS))
        looks = list(look.LOOKS.values())
        self.assertEqual(len(set(looks)), len(looks))
        # Without colour as well: by dashes and points.
        plain = {(made.dashes, made.point) for made in looks}
        self.assertEqual(len(plain), len(looks))


class Parts(unittest.TestCase):
    """Ticks, and names at the ends of lines."""

    def test_numbers(self):
        self.assertEqual([picture.text(value) for value in
                          (0, .25, 64, 12345, 4e6)],
                         ['0', '0.25', '64', '12,345', '4 M'])
        self.assertEqual([picture.time(ns) for ns in (10, 1500, 2e7, 3e9)],
                         ['10 ns', '1.5 µs', '20 ms', '3 s'])

    def test_ticks_hold_all_values(self):
        for most in (.003, 1, 7, 1e6 + 1):
            ticks = picture.fitted(picture.Axis(''), [most]).ticks
            self.assertGreaterEqual(ticks[-1][0] * 1.0001, most)
            self.assertLessEqual(len(ticks), 8)
        ticks = picture.fitted(picture.Axis('', True), [9, 11]).ticks
        self.assertEqual([place for place, _ in ticks], [1, 10, 100])

    def test_names_do_not_overlap(self):
        places = picture.apart([.5, .5, .5, .9], .1)
        self.assertTrue(all(b - a > .0999
                            for a, b in zip(places, places[1:])))
        self.assertAlmostEqual(sum(places[:3]) / 3, .5)
        self.assertLessEqual(max(picture.apart([1, 1], .1)), 1)

    def test_texts_are_but_texts(self):
        self.assertEqual(gnuplot.quoted("a'`date`\n"), "'a''`date` '")


class Draw(unittest.TestCase):
    """Files, as gnuplot makes them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def draw(self, records):
        """What is drawn: (names, what it said)."""
        with contextlib.redirect_stderr(io.StringIO()) as said:
            plots.draw(self.folder, records)
        folder = os.path.join(self.folder, plots.FOLDER)
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return sorted(names), said.getvalue()

    def test_without_gnuplot_it_says_so_once_and_goes_on(self):
        with mock.patch.dict(os.environ, {'PATH': self.folder}):
            names, said = self.draw(run_make())
        self.assertEqual(names, [])
        self.assertEqual(said.count('gnuplot is not installed'), 1)

    def test_without_gnuplot_old_pictures_stay(self):
        os.mkdir(os.path.join(self.folder, plots.FOLDER))
        with open(plots.path(self.folder, 'old'), 'w', encoding='utf-8'):
            pass
        with mock.patch.dict(os.environ, {'PATH': self.folder}):
            self.assertEqual(self.draw(run_make())[0], ['old.svg'])
        self.assertEqual(self.draw([])[0], [])

    def test_every_sweep_of_times_is_drawn(self):
        axes = {planned.case.axis() for planned in plan.TABLE}
        self.assertEqual(axes - {None, 'magazine'},
                         {axis for axis, *_ in plots.SWEPT})

    def test_what_gnuplot_says_is_passed_on(self):
        fake = os.path.join(self.folder, 'gnuplot')
        with open(fake, 'w', encoding='utf-8') as file:
            file.write('#!/bin/sh\necho out of ink >&2\n')
        os.chmod(fake, 0o755)
        with mock.patch.dict(os.environ, {'PATH': self.folder + ':/bin'}):
            names, said = self.draw(run_make())
        self.assertEqual(names, [])
        self.assertIn('gnuplot says out of ink', said)

    def test_pictures_are_svg_and_old_ones_go(self):
        try:
            gnuplot.run('')
        except gnuplot.Missing:
            self.skipTest('no gnuplot')
        records = run_make()
        names, said = self.draw(records)
        self.assertEqual(said, '')
        self.assertEqual(names, sorted(
            made.name + '.svg' for made in plots.pictures(records)))
        ids = []
        for name in names:
            root = ElementTree.parse(
                os.path.join(self.folder, plots.FOLDER, name)).getroot()
            self.assertTrue(root.get('aria-label'))
            ids += [part.get('id') for part in root.iter() if part.get('id')]
        self.assertEqual(len(ids), len(set(ids)))
        kept, _ = self.draw([record for record in records
                             if record['axis'] == 'migrate'])
        self.assertEqual(kept, ['throughput-migrate-steal.svg'])


if __name__ == '__main__':
    unittest.main()
