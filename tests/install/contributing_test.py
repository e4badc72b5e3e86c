#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The backend in CONTRIBUTING.md, added to a copy of this tree as that text
says, is built, passes its tests, and has a row in the benchmark's table.

    contributing_test.py TREE
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

NAME = re.compile(r'^    echo (\w+) >>pool/shared/backends$', re.M)
COPY = re.compile(r'^    (sed (?:.*\\\n)*.*)$', re.M)
# What the block of C takes the place of.
REPLACED = '#include <pthread.h>\n'
BLOCK = re.compile(r'^```(c|markdown)\n(.*?)^```$', re.S | re.M)
UNITS = ('backend', 'bound', 'header')
# What is broken in the code, and who must find it.
LOST = ('	list_push(list, m);\n',
        '	if (list != &backend->partial)\n\t\tlist_push(list, m);\n')
UNORDERED = ('SP2 release: pairs with SP1.', 'SP2 release.')


def ignored(folder, names):
    """What of the tree is no source."""
    return [name for name in names if name in ('.git', '__pycache__')
            or os.path.exists(os.path.join(folder, name, 'build.ninja'))]


def run(*words, **more):
    """Runs a command and returns what it printed, both streams as one."""
    return subprocess.run(words, check=False, text=True, errors='replace',
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)


class Backend(unittest.TestCase):
    """One copy for all: the first build takes the longest."""
    tree = name = blocks = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.copy = pathlib.Path(cls.folder.name, 'tree')
        cls.build = cls.copy / 'build/example'
        shutil.copytree(cls.tree, cls.copy, ignore=ignored)
        text = (cls.copy / 'CONTRIBUTING.md').read_text('utf-8')
        cls.name, = NAME.findall(text)
        blocks = dict(BLOCK.findall(text))
        cls.source = cls.copy / f'pool/shared/backend_{cls.name}.c'
        copy, = COPY.findall(text)
        done = run('sh', '-c', copy, cwd=cls.copy)
        code = cls.source.read_text('utf-8')
        assert not done.returncode and code.count(REPLACED) == 1, done.stdout
        cls.source.write_text(code.replace(REPLACED, blocks['c']), 'utf-8')
        for file, more in (('pool/shared/backends', f'{cls.name}\n'),
                           ('pool/MEMORY-MODEL.md', blocks['markdown'])):
            cls.insert(cls.copy / file, more)

    @staticmethod
    def insert(path, more):
        """At the end, or before the table of all that ci/mutate does."""
        before, mark, after = path.read_text('utf-8').partition(
            '## Weakened one at a time')
        path.write_text(f'{before}{more}\n{mark}{after}' if mark
                        else before + more, 'utf-8')

    def setup(self, backend):
        """Configures the copy."""
        return run('meson', 'setup', self.build, '--native-file',
                   'ci/presets/release.ini', '-Dwerror=true',
                   f'-Dpool_backend={backend}', cwd=self.copy)

    def compile(self, *targets):
        """Builds something of the copy, which must succeed."""
        done = run('ninja', '-C', self.build, *targets)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def unit(self, unit):
        """Runs a program of the backend's tests."""
        return run(self.build / f'tests/{unit}_{self.name}')

    def plant(self, fault):
        """Breaks the source, until the test is over."""
        text = self.source.read_text('utf-8')
        self.assertEqual(text.count(fault[0]), 1, 'not there once')
        self.source.write_text(text.replace(*fault), 'utf-8')
        self.addCleanup(self.source.write_text, text, 'utf-8')

    def test_1_it_holds_the_house_rules(self):
        for check in ('ordering', 'shape'):
            done = run(self.copy / f'ci/checks/check-{check}')
            self.assertEqual(done.returncode, 0, done.stdout)
        if shutil.which('clang-format-14'):
            done = run('clang-format-14', '--dry-run', '-Werror', self.source)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_2_a_pair_that_is_not_mutual_is_refused(self):
        self.plant(UNORDERED)
        done = run(self.copy / 'ci/checks/check-ordering')
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(self.source.name, done.stdout)

    def test_3_a_name_without_a_backend_is_refused(self):
        done = self.setup('nonesuch')
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, 'pool_backend is nonesuch; allowed: '
                         rf'.*percpu, {self.name}\n')

    def test_4_it_passes_its_tests_and_has_a_row(self):
        done = self.setup(self.name)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        self.compile(*(f'tests/{unit}_{self.name}' for unit in UNITS),
                     'bench/driftbench')
        for unit in UNITS:
            done = self.unit(unit)
            self.assertEqual(done.returncode, 0, done.stdout)
        done = run(sys.executable, '-B', 'bench/bench.py', 'run', '--build',
                   self.build, '--smoke', '--cases', 'steal', '--rows',
                   self.name, cwd=self.copy)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, rf'(?m)^\* {self.name} ')

    def test_5_a_backend_that_loses_magazines_fails(self):
        self.plant(LOST)
        self.compile(f'tests/backend_{self.name}')
        self.assertNotEqual(self.unit('backend').returncode, 0)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Backend.tree = sys.argv.pop()
    unittest.main(verbosity=2)
