#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ci/deps asks apt for, on a machine that has nothing: the programs that
it calls are stand-ins here, for there may be no network.

    packages_test.py CI_DIRECTORY
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

STANDINS = {
    'dpkg-query': 'exit 1',
    'apt-cache': 'echo there is one',
    'apt-get': 'echo "$@" >>"$ASKED"',
    'id': 'echo 0',
    'meson': 'echo 99',
    # ci/bench goes on to measure after that.
    'python3': 'echo python3 >>"$ASKED"; exit 3',
}
ENOUGH = {'gcc', 'meson', 'ninja-build', 'python3', 'liburcu-dev',
          'libjemalloc-dev', 'libcmocka-dev'}
MORE = {'clang', 'gnuplot-nox', 'libdpdk-dev', 'python3-scipy'}


def asked(script, *arguments):
    """(exit status, packages asked for, stderr) of a script of ci/."""
    with tempfile.TemporaryDirectory() as directory:
        for name, does in STANDINS.items():
            path = pathlib.Path(directory, name)
            path.write_text(f'#!/bin/sh\n{does}\n', 'utf-8')
            path.chmod(0o755)
        log = pathlib.Path(directory, 'asked')
        log.touch()
        done = subprocess.run(
            [script, *arguments], check=False, text=True, capture_output=True,
            env={**os.environ, 'ASKED': str(log),
                 'PATH': f'{directory}:{os.environ["PATH"]}'})
        return done.returncode, set(log.read_text('utf-8').split()), \
            done.stderr


class Deps(unittest.TestCase):
    """What is asked for."""
    folder = None

    def test_a_build_asks_for_what_it_needs(self):
        status, packages, _ = asked(self.folder / 'deps', 'build')
        self.assertEqual(status, 0)
        self.assertLessEqual(ENOUGH, packages)
        self.assertFalse(MORE & packages)

    def test_all_is_more(self):
        status, packages, _ = asked(self.folder / 'deps')
        self.assertEqual(status, 0)
        self.assertLessEqual(ENOUGH | MORE, packages)

    def test_a_first_table_takes_what_a_build_does(self):
        for arguments, more in ((['--smoke'], False), ([], True)):
            status, packages, _ = asked(self.folder / 'bench', *arguments)
            self.assertEqual(status, 3)
            self.assertIn('gcc', packages)
            self.assertEqual(bool(MORE & packages), more)

    def test_anything_else_is_refused(self):
        status, packages, said = asked(self.folder / 'deps', 'biuld')
        self.assertEqual((status, packages), (2, set()))
        self.assertIn('allowed: none, build or nightly', said)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Deps.folder = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1])
