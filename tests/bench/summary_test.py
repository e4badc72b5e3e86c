#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of summary.md, summary.csv and report.html."""
import csv
import json
import os
import re
import tempfile
import unittest
from html.parser import HTMLParser

import hyperfine
from report import page, plan, plots, summary
import specimen

VOID = ('meta', 'br')


class Balanced(HTMLParser):
    """Checks that what opens closes; collects what would be loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.loaded, self.ids = [], [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key in ('src', 'href', 'xlink:href', 'action') and \
                    not value.startswith('#'):
                self.loaded.append(value)
            if key == 'id':
                self.ids.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def read(text):
    """A page, taken apart."""
    parser = Balanced()
    parser.feed(text)
    return parser


class Folder(unittest.TestCase):
    """A results folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def text(self, name):
        """What is in a file of it."""
        with open(os.path.join(self.folder, name), encoding='utf-8') as file:
            return file.read()


def failed_make():
    """A trial that measured nothing, and said what a page must not take."""
    record = specimen.records_make()[0]
    kept = ('run', 'title', 'axis', 'x', 'row', 'chosen', 'round')
    return {**{key: record[key] for key in kept}, 'round': 2,
            'failed': 'exit status 1', 'stderr': '<script>"&|`*x*\n'}


class Summary(Folder):
    """The files to read, and to compute with."""

    def tables(self):
        """Those of a run in which all is well."""
        return summary.all_tables(self.folder, specimen.records_make())

    def cells(self, records):
        """{(title, row): line} of the CSV."""
        summary.write(self.folder, records)
        lines = list(csv.DictReader(self.text(summary.CSV).splitlines()))
        return {(line['title'], line['row']): line for line in lines}

    def test_markdown_has_all_tables(self):
        summary.write(self.folder, specimen.records_make())
        text = self.text(summary.MARKDOWN)
        for table in self.tables():
            self.assertIn(f'## {table.title.capitalize()}\n', text)
        self.assertIn('Method: commit abc', text)
        self.assertNotIn('## Failed', text)
        bars = {}
        for line in text.splitlines():
            if line.startswith('|'):
                bars.setdefault(len(re.findall(r'(?<!\\)\|', line)), line)
        widths = {len(table.heads) + 1 for table in self.tables()}
        self.assertEqual(set(bars), widths)

    def test_what_hyperfine_found_is_shown(self):
        records = specimen.records_make()
        title = 'Cpu time by hyperfine'
        summary.write(self.folder, records)
        page.write(self.folder, records)
        for name in (summary.MARKDOWN, page.FILE):
            self.assertNotIn(title, self.text(name))
        named = hyperfine.name(plan.HOT, 'mutex', 1000)
        with open(os.path.join(self.folder, hyperfine.JSON), 'w',
                  encoding='utf-8') as file:
            json.dump({'results': [{'command': named, 'user': .75,
                                    'system': .25}]}, file)
        summary.write(self.folder, records)
        page.write(self.folder, records)
        for name in (summary.MARKDOWN, page.FILE):
            self.assertIn(title, self.text(name))

    def test_markdown_takes_any_text(self):
        records = specimen.records_make() + [failed_make()]
        summary.write(self.folder, records)
        text = self.text(summary.MARKDOWN)
        self.assertIn('## Failed', text)
        self.assertIn('round 2: exit status 1', text)
        self.assertEqual(summary.escaped('* a|b ~'), r'\* a\|b \~')

    def test_csv_has_a_line_for_each_cell(self):
        records = specimen.records_make(7)
        for record in records:
            record['ns_per_pair'] = float(record['round'])
        cells = self.cells(records)
        self.assertEqual(len(cells), sum(map(len, plan.cells('full'))))
        line = cells[plan.PIPE.title(), 'treiber']
        for key, value in (('trials', '7'), ('installed', 'True'),
                           ('ns_per_pair', '4.0'), ('ns_per_pair_low', '1.0'),
                           ('ns_per_pair_high', '7.0'), ('axis', ''),
                           ('exchanges_per_op', '0.002'), ('p50_ns', ''),
                           ('bound_broken', '0'), ('failed', '0')):
            self.assertEqual(line[key], value, key)
        line = cells[plan.KEYTABLE_16.title(), 'mutex']
        self.assertEqual((line['p999_ns'], line['exchange_p999_ns']),
                         ('100', '9000'))

    def test_csv_says_what_failed_and_broke(self):
        records = specimen.records_make()
        for record in specimen.pick(records, plan.PIPE, 'mutex'):
            record['pool']['bound_ok'] = False
        cells = self.cells(records + [failed_make()])
        self.assertEqual(cells[plan.PIPE.title(), 'mutex']['bound_broken'],
                         '1')
        failed = failed_make()
        self.assertEqual(
            cells[failed['title'], failed['row']]['failed'], '1')
        alone = self.cells([failed])
        self.assertEqual(alone[failed['title'], failed['row']]['ns_per_pair'],
                         '')


class Page(Folder):
    """One page that needs nothing else."""

    def html(self, records):
        """The page of a run."""
        page.write(self.folder, records)
        return self.text(page.FILE)

    def picture(self, name):
        """A picture as if drawn."""
        os.makedirs(os.path.join(self.folder, plots.FOLDER), exist_ok=True)
        with open(plots.path(self.folder, name), 'w',
                  encoding='utf-8') as file:
            file.write(f'<svg id="{name}"></svg>')

    def test_it_is_whole_and_loads_nothing(self):
        records = specimen.records_make() + [failed_make()]
        for made in plots.pictures(records):
            self.picture(made.name)
        read_page = read(self.html(records))
        self.assertEqual(read_page.open + read_page.wrong, [])
        self.assertEqual(read_page.loaded, [])
        self.assertEqual(len(read_page.ids), len(set(read_page.ids)))
        for made in plots.pictures(records):
            self.assertIn(made.name, read_page.ids)
        # The check can fail.
        bad = read('<p><a href="http://a"><img src="b"></p>')
        self.assertEqual(bad.loaded, ['http://a', 'b'])
        self.assertTrue(bad.wrong)

    def test_every_link_leads_somewhere(self):
        text = self.html(specimen.records_make())
        for place in re.findall('href="#([^"]*)"', text):
            self.assertIn(f'id="{place}"', text)

    def test_what_programs_say_is_but_text(self):
        text = self.html(specimen.records_make() + [failed_make()])
        self.assertNotIn('<script', text)
        self.assertIn('&lt;script&gt;', text)
        self.assertIn(' trials failed; see the end', text)

    def test_it_says_which_pictures_are_not_there(self):
        records = [record for record in specimen.records_make()
                   if not record['latency']]
        text = self.html(records)
        self.assertRegex(text, 'no data for them: [^.]*Latency')
        self.assertRegex(text, 'could not be drawn: [^.]*migration rate')
        for made in plots.pictures(records):
            self.picture(made.name)
        self.assertNotIn('could not be drawn', self.html(records))

    def test_marks_are_more_than_colours(self):
        self.assertIn('class="bad"', page.cell_html('MISSED', False))
        self.assertIn('MISSED', page.cell_html('MISSED', False))
        self.assertIn('#009E73', page.cell_html('* percpu !', True))
        self.assertNotIn('<i', page.cell_html('  stranger', True))

    def test_a_smoke_run_says_so(self):
        records = specimen.records_make()
        self.assertNotIn('A smoke run', self.html(records))
        for record in records:
            record['run'] = {**record['run'], 'smoke': True}
        self.assertIn('A smoke run', self.html(records))


if __name__ == '__main__':
    unittest.main()
