#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of hyperfine.py.

    hyperfine_test.py DIRECTORY    a build, whose programs are timed for a
                                   moment if hyperfine is installed
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import hyperfine
from report import layout, plan, programs
from report.records import Unusable
from specimen import pick, records_make

BUILD = ''
SCRIPT = hyperfine.__file__
INSTALLED = shutil.which('hyperfine')
# Arguments that are refused, and what the line on stderr says of them.
REFUSED = (
    (['--wat'], '--wat'),
    (['--rows', 'jemalloc'], 'mutex, treiber'),
    (['--runs', '0'], '1 to 1000'),
    (['--ops', '1e6'], '1 to '),
    (['--build', '/nonexistent'], '--build with a directory'),
    (['--results', '/proc/none'], '--results with a directory'),
)


def run(*words, **environment):
    """Runs hyperfine.py on the build."""
    return subprocess.run(
        [sys.executable, '-B', SCRIPT, '--build', BUILD, *words],
        env={**os.environ, 'BENCH_ARGS': '', **environment}, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
        timeout=100)


def script_make(path, text):
    """A program of our own."""
    with open(path, 'w', encoding='utf-8') as file:
        file.write('#!/bin/sh\n' + text)
    os.chmod(path, 0o755)


def result_make(case, row, ops, user, system):
    """What hyperfine exports of a command, as far as it matters."""
    return {'command': hyperfine.name(case, row, ops), 'user': user,
            'system': system}


class Table(unittest.TestCase):
    """CPU time beside ours."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def put(self, text):
        """Writes a hyperfine.json."""
        with open(os.path.join(self.directory, 'hyperfine.json'), 'w',
                  encoding='utf-8') as out:
            out.write(text)

    def rows(self, results, records):
        """{heading: rows} of the table of these results."""
        self.put(json.dumps({'results': results}))
        return dict(hyperfine.table(self.directory, records).groups)

    def test_there_is_none_where_it_was_not_run(self):
        self.assertIsNone(hyperfine.table(self.directory, records_make()))

    def test_user_and_system_time_are_divided_by_pairs(self):
        records = records_make(3)
        for record, ns in zip(pick(records, plan.STEAL, 'mutex'), (4, 9, 5)):
            record['cpu_ns_per_pair'] = ns
        groups = self.rows([
            result_make(plan.HOT, 'percpu', 1000000, .002, .001),
            result_make(plan.STEAL, 'mutex', 2000000, .015, .005)], records)
        self.assertEqual(groups, {
            'hot, 1 worker': [['  percpu', '3.00', '1.00', '3.00']],
            'steal, 2 workers': [['  mutex', '10.00', '5.00', '2.00']]})

    def test_what_we_did_not_measure_has_no_ratio(self):
        groups = self.rows([result_make(plan.HOT, 'mutex', 1000, 1, 0)], [])
        self.assertEqual(groups['hot, 1 worker'],
                         [['  mutex', '1000000.00', '-', '-']])

    def test_terminal_shows_it(self):
        self.rows([result_make(plan.HOT, 'mutex', 1000, 1, 0)], [])
        text = layout.layout(hyperfine.table(self.directory, []))
        self.assertIn('hyperfine/ours', text)

    def test_what_is_no_export_is_refused(self):
        good = result_make(plan.HOT, 'mutex', 1000, 1, 0)
        for text in ('', '[]', '{}', '{"results": [{}]}',
                     json.dumps({'results': [{**good, 'command': 'ls'}]}),
                     json.dumps({'results': [{**good, 'user': None}]}),
                     json.dumps({'results': [{**good, 'user': float('nan')}]}),
                     json.dumps({'results': [{
                         **good, 'command': 'a: b, 0 pairs'}]})):
            self.put(text)
            with self.subTest(text=text), \
                    self.assertRaisesRegex(Unusable, 'json is not what'):
                hyperfine.table(self.directory, [])


class Folder(unittest.TestCase):
    """Where the files go."""

    def test_last_run_of_this_commit_or_a_new_folder(self):
        with tempfile.TemporaryDirectory() as build, \
                mock.patch.object(programs, 'revision', lambda: 'abc'):
            top = os.path.join(os.path.realpath(build), 'bench-results')
            latest = os.path.join(top, 'latest')
            os.makedirs(os.path.join(top, 'now-abc'))
            os.makedirs(os.path.join(top, 'then-def'))
            self.assertEqual(os.path.dirname(hyperfine.results_find(build)),
                             os.path.join(build, 'bench-results'))
            os.symlink('now-abc', latest)
            self.assertEqual(hyperfine.results_find(build),
                             os.path.join(top, 'now-abc'))
            os.remove(latest)
            os.symlink('then-def', latest)
            new = hyperfine.results_find(build)
            self.assertTrue(new.endswith('Z-abc'), new)
            self.assertFalse(os.path.exists(new))


class CommandLine(unittest.TestCase):
    """What a person sees, where hyperfine is or seems to be."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.results = os.path.join(self.directory, 'results')

    def test_bad_usage_is_one_line_and_status_2(self):
        script_make(os.path.join(self.directory, 'hyperfine'), 'exit 9\n')
        path = f'{self.directory}:{os.environ["PATH"]}'
        for words, said in REFUSED:
            with self.subTest(words=words):
                done = run('--results', self.results, *words, PATH=path)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
                self.assertTrue(done.stderr.startswith('hyperfine.py: '))
                self.assertRegex(done.stderr, 'allowed|usage')
                self.assertIn(said, done.stderr)
        done = run(BENCH_ARGS='"', PATH=path)
        self.assertEqual(done.returncode, 2)
        self.assertIn('BENCH_ARGS', done.stderr)

    def test_missing_hyperfine_says_how_to_install_it(self):
        done = run(PATH=self.directory)
        self.assertEqual((done.returncode, done.stdout), (2, ''))
        self.assertIn('apt-get install hyperfine', done.stderr)

    def test_failure_is_status_1_and_keeps_what_was_there(self):
        script_make(os.path.join(self.directory, 'hyperfine'), 'exit 9\n')
        os.mkdir(self.results)
        file = os.path.join(self.results, 'hyperfine.json')
        with open(file, 'w', encoding='utf-8') as out:
            out.write('of an earlier run')
        done = run('--results', self.results,
                   PATH=f'{self.directory}:{os.environ["PATH"]}')
        self.assertEqual(done.returncode, 1)
        self.assertIn('nothing is kept', done.stderr)
        self.assertEqual(os.listdir(self.results), ['hyperfine.json'])
        with open(file, encoding='utf-8') as kept:
            self.assertEqual(kept.read(), 'of an earlier run')

    @unittest.skipUnless(INSTALLED, 'hyperfine is not installed')
    def test_programs_are_timed_and_files_written(self):
        done = run('--results', self.results, '--ops', '1000', '--runs', '2')
        self.assertEqual(done.returncode, 0, done.stderr)
        groups = dict(hyperfine.table(self.results, []).groups)
        self.assertEqual(list(groups), [
            'hot, 1 worker', 'hot, 2 workers', 'steal, 2 workers'])
        for heading, lines in groups.items():
            self.assertEqual([line[0].strip() for line in lines],
                             list(hyperfine.ROWS), heading)
        with open(os.path.join(self.results, 'hyperfine.md'),
                  encoding='utf-8') as file:
            text = file.read()
        self.assertIn('## hot, 1 worker\n', text)
        self.assertIn('| `steal, 2 workers: glibc, 1000 pairs` |', text)
        self.assertIn('CPU TIME BY HYPERFINE', done.stdout)

    @unittest.skipUnless(INSTALLED, 'hyperfine is not installed')
    def test_report_of_a_run_shows_what_was_found(self):
        os.mkdir(self.results)
        with open(os.path.join(self.results, 'results.jsonl'), 'w',
                  encoding='utf-8') as file:
            file.writelines(json.dumps(record) + '\n' for record in pick(
                records_make(), plan.HOT, 'mutex'))
        done = run('--results', self.results, '--ops', '1000', '--runs', '2',
                   '--rows', 'mutex')
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.results, 'report.html'),
                  encoding='utf-8') as file:
            self.assertIn('Cpu time by hyperfine', file.read())

    @unittest.skipUnless(INSTALLED, 'hyperfine is not installed')
    def test_program_that_fails_fails_the_run(self):
        folder = os.path.join(self.directory, 'bench')
        os.mkdir(folder)
        script_make(os.path.join(folder, 'driftbench'),
                    'echo \'{"backend": "percpu"}\'\n')
        script_make(os.path.join(folder, 'driftbench-mutex'), 'exit 1\n')
        for rows, status in (('percpu', 0), ('percpu,mutex', 1)):
            done = run('--build', self.directory, '--rows', rows, '--runs',
                       '1', '--results', self.results)
            self.assertEqual(done.returncode, status, done.stderr)
        done = run('--build', self.directory, '--rows', 'glibc')
        self.assertEqual(done.returncode, 2)
        self.assertIn('glibc is left out', done.stderr)


if __name__ == '__main__':
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=0)
