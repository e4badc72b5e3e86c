# SPDX-License-Identifier: MIT
"""Tests of --metrics and of the page that SIGUSR1 asks for.

    monitor_test.py DIRECTORY    of the programs
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from report import plan

PROGRAMS = ''
LINES_MOST = 24


def words_of(row, *words):
    """A command of the build."""
    return [os.path.join(PROGRAMS, 'driftbench-' + row), *words]


def run(row, *words):
    """Runs a program of the build."""
    return subprocess.run(words_of(row, *words), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False,
                          timeout=100)


def wait_for(condition):
    """Until it holds; false if it does not for long."""
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(.01)
    return True


class Endless(unittest.TestCase):
    """A trial that runs until it is interrupted."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'metrics')

    def tearDown(self):
        self.folder.cleanup()

    def begin(self, row, *words):
        """Starts one that writes its metrics; returns when it has."""
        # What is written to stderr has to be read; a page fits the pipe.
        process = subprocess.Popen(
            words_of(row, '--endless', '--metrics', self.path, *words),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.assertTrue(wait_for(self.read) or process.kill())
        return process

    def read(self):
        """What is in the file; none before it is there."""
        try:
            with open(self.path, encoding='utf-8') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def end(self, process):
        """Interrupts it; returns what it said."""
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)
        return said

    def test_metrics_are_written_again_and_whole(self):
        process = self.begin('percpu', '--case', 'fibers', '--live', '50')
        first = self.read()
        seen = set()

        def changed():
            """Every reading is whole."""
            text = self.read()
            self.assertTrue(text.startswith('# '), text[:80])
            self.assertTrue(text.endswith('# EOF\n'), text[-80:])
            seen.add(text)
            return len(seen | {first}) > 2

        self.assertTrue(wait_for(changed))
        self.assertEqual(self.end(process), '')
        self.assertEqual(os.listdir(self.folder.name), ['metrics'])
        # The last ones are of the end of the phase, when all is back.
        self.assertIn('state="in_use"} 0\n', self.read())

    def test_a_page_is_printed_when_asked_for(self):
        for words in (('--case', 'hotspot', '--workers', '20'),
                      ('--case', 'fibers', '--workers', '3')):
            with self.subTest(words=words):
                process = self.begin('none', *words)
                process.send_signal(signal.SIGUSR1)
                # It is printed before metrics are written again.
                before = self.read()
                self.assertTrue(wait_for(lambda: self.read() != before))
                said = self.end(process)
                for word in ('none, case', 'in use', 'no bound', 'worker'):
                    self.assertIn(word, said)
                self.assertLessEqual(said.count('\n'), LINES_MOST)
                self.assertEqual('more' in said.splitlines()[-1],
                                 '20' in words)
                os.remove(self.path)


class Refused(unittest.TestCase):
    """Bad usage, and files that cannot be written."""

    def test_bad_usage_is_one_line_and_status_2(self):
        for row, words, said in (
                ('brpc112', ['--metrics', 'x'], ', '.join(plan.BACKENDS)),
                ('null', ['--metrics', 'x'], ', '.join(plan.BACKENDS)),
                ('mutex', ['--metrics', ''], 'a file'),
                ('mutex', ['--metrics', '/nonexistent/x'], 'No such file'),
                ('mutex', ['--metrics', 'x', '--sim'], 'without --sim')):
            with self.subTest(words=words):
                done = run(row, *words)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertEqual(done.stderr.count('\n'), 1)
                self.assertIn('allowed', done.stderr)
                self.assertIn(said, done.stderr)

    def test_a_file_that_fills_up_fails_the_trial(self):
        done = run('mutex', '--smoke', '--metrics', '/dev/full')
        self.assertEqual(done.returncode, 1)
        self.assertIn('metrics cannot be written', done.stderr)

    def test_what_is_no_file_stays(self):
        done = run('mutex', '--smoke', '--metrics', '/dev/null')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertFalse(os.path.isfile('/dev/null'))


if __name__ == '__main__':
    PROGRAMS = sys.argv.pop(1)
    unittest.main()
