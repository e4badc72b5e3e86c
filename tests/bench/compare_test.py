#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of compare.py: what is a change, and what is noise."""
import contextlib
import copy
import io
import json
import os
import random
import tempfile
import unittest

from report import compare, plan, records as kept
import specimen


def run_make(rounds=7, seed=1):
    """A run whose times have noise."""
    noise = random.Random(seed)
    found = copy.deepcopy(specimen.records_make(rounds, 'quick'))
    for record in found:
        record['ns_per_pair'] *= noise.uniform(.95, 1.05)
    return found


def changed(a, b):
    """{(title of the measure, cell's title, row)} of what changed."""
    shared = compare.comparable(compare.cells(a), compare.cells(b))
    return {(measure.title, one.title, one.row)
            for measure in compare.MEASURES
            for one in compare.changes(shared, measure)}


def texts(a, b):
    """What is said, tables apart."""
    return ' '.join(part for part in compare.compare([a, b])
                    if isinstance(part, str))


class Compare(unittest.TestCase):
    """Two runs."""

    def test_a_run_is_like_itself_and_like_another_with_other_noise(self):
        a = run_make()
        for b in (a, run_make(seed=2)):
            self.assertEqual(changed(a, b), set())
            self.assertIn('Nothing changed beyond noise', texts(a, b))

    def test_what_changed_is_found_and_nothing_else(self):
        a, b = run_make(), run_make(seed=2)
        for record in specimen.pick(b, plan.PIPE, 'percpu'):
            record['ns_per_pair'] *= 1.2
        for record in specimen.pick(b, plan.STEAL, 'mutex'):
            record['pool']['constructed'] += 1
        self.assertEqual(changed(a, b), {
            ('time of a pair', plan.PIPE.title(), 'percpu'),
            ('objects constructed', plan.STEAL.title(), 'mutex')})
        self.assertIn('changed beyond noise in 2 of', texts(a, b))
        table = next(part for part in compare.compare([a, b])
                     if not isinstance(part, str))
        (title, (line,)), = table.groups
        self.assertEqual(title, plan.PIPE.title())
        self.assertEqual(line[-1], 'slower')
        self.assertAlmostEqual(float(line[-2]), 1.2, delta=.05)
        back = next(part for part in compare.compare([b, a])
                    if not isinstance(part, str))
        self.assertEqual(back.groups[0][1][0][-1], 'faster')

    def test_one_round_in_between_is_noise(self):
        a, b = run_make(), run_make(seed=2)
        slow = specimen.pick(b, plan.PIPE, 'percpu')
        for record in slow[1:]:
            record['ns_per_pair'] *= 1.2
        self.assertEqual(changed(a, b), set())

    def test_chance_is_said_for_the_rounds_in_hand(self):
        for rounds, apart in ((7, 1716), (9, 24310)):
            a = [record for record in run_make(rounds)
                 if record['title'] == plan.HOT.title()]
            figures, chance = compare.by_chance(
                compare.comparable(compare.cells(a), compare.cells(a)))
            self.assertAlmostEqual(figures / chance, apart)
            self.assertIn('figures are compared', texts(a, a))

    def test_of_nine_rounds_one_in_between_is_noise(self):
        a, b = run_make(9), run_make(9, seed=2)
        for record in specimen.pick(b, plan.PIPE, 'percpu')[1:]:
            record['ns_per_pair'] *= 1.2
        self.assertEqual(changed(a, b), set())

    def test_too_few_rounds_tell_nothing(self):
        a, b = run_make(5), run_make(5)
        for record in b:
            record['ns_per_pair'] *= 2
        self.assertEqual(changed(a, b), set())
        self.assertIn('nothing can be said', texts(a, b))

    def test_what_is_unlike_is_said(self):
        a, b = run_make(), run_make()
        self.assertNotIn('differ', texts(a, b))
        for record in b:
            record['env'] = {**record['env'], 'compiler': 'clang'}
        self.assertIn('compiler (gcc; clang)', texts(a, b))
        for record in specimen.pick(b, plan.PIPE, 'percpu'):
            record['params']['magazine'] = 32
        self.assertIn('1 cells are left out', texts(a, b))
        gone = [record for record in b if record['row'] != 'glibc']
        self.assertIn('only', texts(a, gone))

    def test_the_floor_is_told(self):
        a, b = run_make(), run_make()
        for record in b:
            record['ns_per_pair'] *= 1.5
        self.assertIn('B/A 1.50', texts(a, b))


class Main(unittest.TestCase):
    """Results folders."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def keep(self, name, records):
        """A results folder."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        with open(os.path.join(folder, kept.FILE), 'w',
                  encoding='utf-8') as file:
            file.writelines(json.dumps(record) + '\n' for record in records)
        return folder

    def test_it_prints(self):
        b = run_make(seed=2)
        for record in specimen.pick(b, plan.PIPE, 'percpu'):
            record['ns_per_pair'] /= 2
        folders = self.keep('a', run_make()), self.keep('b', b)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(compare.main(*folders), 0)
        for words in ('A: commit abc', 'TIME OF A PAIR', 'percpu', 'faster'):
            self.assertIn(words, out.getvalue())

    def test_unusable_folders(self):
        good = self.keep('a', run_make(1))
        old = run_make(1)
        for record in old:
            record['schema'] = 1
        hot, pipe = (
            self.keep(case.name, [record for record in run_make(1)
                                  if record['title'] == case.title()])
            for case in (plan.HOT, plan.PIPE))
        failed = self.keep('failed', [
            {key: record[key] for key in ('run', 'title', 'row', 'chosen',
                                          'round', 'stderr')}
            | {'failed': 'exit status 1'} for record in run_make(1)])
        for pair, said in (((good, self.folder), 'No such file'),
                           ((self.keep('old', old), good), 'schema 1'),
                           ((hot, pipe), 'no cell in common'),
                           ((good, failed), 'no cell in common')):
            with self.assertRaises(kept.Unusable) as caught:
                compare.main(*pair)
            self.assertIn(said, str(caught.exception))
            self.assertIn('; allowed: ', str(caught.exception))


if __name__ == '__main__':
    unittest.main()
