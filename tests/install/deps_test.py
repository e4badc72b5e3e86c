#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ci/deps on systems that are not this one, which a file like /etc/os-release
and programs of the test's own stand for.

    deps_test.py SCRIPT
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = ''
FEDORA = 'NAME="Fedora Linux"\nID=fedora\nPRETTY_NAME="Fedora Linux 41"\n'
ROCKY = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky 9"\n'
ARCH = "ID=arch\nPRETTY_NAME='Arch Linux'\n"
MINT = 'ID=linuxmint\nID_LIKE="ubuntu debian"\nPRETTY_NAME="Linux Mint 22"\n'
# Has the word, and is none.
NOT_DEBIAN = 'ID=notdebian\nPRETTY_NAME="After debian"\n'
PROGRAMS = {
    'dpkg-query': 'echo install ok installed',
    'apt-get': 'echo called >&2; exit 7',
    'apt-cache': 'exit 7',
    'meson': 'echo 1.0.0',
}


class Deps(unittest.TestCase):
    """The script, with a system around it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_on(self, release, *arguments, programs=()):
        """(exit status, stdout, stderr) on such a system."""
        file = self.folder / 'os-release'
        if release is not None:
            file.write_text(release, 'utf-8')
        for name, code in dict(programs).items():
            (self.folder / name).write_text(f'#!/bin/sh\n{code}\n', 'utf-8')
            (self.folder / name).chmod(0o755)
        result = subprocess.run(
            ['bash', SCRIPT, *arguments], text=True, check=False,
            capture_output=True, env={
                **os.environ, 'OS_RELEASE': str(file),
                'PATH': f'{self.folder}:{os.environ["PATH"]}'})
        return result.returncode, result.stdout, result.stderr

    def refused_on(self, release, *said):
        """It changes nothing, and tells all that is needed."""
        status, out, err = self.run_on(release, programs=PROGRAMS)
        self.assertEqual((status, out), (1, ''), err)
        self.assertNotIn('called', err)
        for word in (*said, 'please install these yourself', 'C11 compiler',
                     'Meson 1.0', 'liburcu', 'cmocka', 'for ci/nightly',
                     'liburcu-dev libjemalloc-dev'):
            self.assertIn(word, err)
        return err

    def test_systems_with_other_names_for_packages(self):
        for release, *said in (
                (FEDORA, 'Fedora Linux 41', 'dnf', 'userspace-rcu-devel'),
                (ROCKY, 'Rocky 9', 'dnf', 'userspace-rcu-devel'),
                (ARCH, 'Arch Linux', 'pacman', 'cmocka')):
            self.refused_on(release, *said)

    def test_systems_that_nobody_knows(self):
        self.assertNotIn('dnf', self.refused_on(NOT_DEBIAN, 'After debian'))
        self.refused_on('', 'an unknown system')
        (self.folder / 'os-release').unlink()
        self.refused_on(None, 'an unknown system')

    def test_relative_of_debian_that_has_all(self):
        status, out, err = self.run_on(MINT, programs=PROGRAMS)
        self.assertEqual((status, out, err), (0, 'deps: all there\n', ''))

    def test_relative_of_debian_that_lacks_something_asks_apt(self):
        status, _, err = self.run_on(MINT, programs={
            **PROGRAMS, 'dpkg-query': 'exit 1'})
        self.assertNotEqual(status, 0)
        self.assertIn('called', err)

    def test_meson_that_is_too_old_is_refused(self):
        for version, status in (('0.61.2', 1), ('0.100.0', 1), ('1.0.0', 0),
                                ('1.10.1', 0), ('', 1)):
            result, out, err = self.run_on(MINT, programs={
                **PROGRAMS, 'meson': f'echo {version}; [ {version} ]'})
            self.assertEqual(result, status, version + err)
            self.assertEqual('all there' in out, status == 0)
            for word in ('Meson 1.0.0 or later', "pip install 'meson>=1.0.0'",
                         f'/meson is {version or "not there"};'):
                self.assertEqual(word in err, status == 1, err)

    def test_unknown_argument(self):
        status, out, err = self.run_on(FEDORA, 'weekly')
        self.assertEqual((status, out), (2, ''))
        self.assertIn('allowed: none, build or nightly', err)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    SCRIPT = sys.argv.pop()
    unittest.main()
