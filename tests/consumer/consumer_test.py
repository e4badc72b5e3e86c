#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Projects outside the tree that use what was installed, and the tree as a
subproject: in C and C++, by gcc and clang, shared and static.

    consumer_test.py BUILD    is installed into a folder of the test's own

The project is in this folder.  What is planted shows that each of its ways
would fail if something was missing.
"""
import functools
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ''
SCRATCH = pathlib.Path()
STRICT = ('-Wall', '-Wextra', '-Wpedantic', '-pedantic-errors', '-Werror')
COMPILERS = [(c, cpp) for c, cpp in (('gcc', 'g++'), ('clang', 'clang++'))
             if shutil.which(c) and shutil.which(cpp)]
# Others of either kind, as far as they are there: for headers only.
VERSIONS = [pair for n in range(12, 31)
            for pair in ((f'gcc-{n}', f'g++-{n}'), (f'clang-{n}',
                                                    f'clang++-{n}'))
            if shutil.which(pair[0]) and shutil.which(pair[1])]
LANGUAGES = {'c': ('c11', 'C 201112'), 'cpp': ('c++17', 'C++ 201703')}
SAID = re.compile(r'(C\S* \d+), header (\S+), library (\S+), inherited\n'
                  r'# TYPE driftpool .*driftpool_workers\{.*# EOF\n', re.S)


def run(*words, folder=None, **variables):
    """(exit status, what it wrote) of a command."""
    result = subprocess.run([str(word) for word in words], text=True,
                            cwd=folder, env={**os.environ, **variables},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


@functools.cache
def installed():
    """The build, installed into the scratch folder."""
    place = SCRATCH / 'good'
    status, text = run('meson', 'install', '-C', BUILD, '--no-rebuild',
                       '--quiet', '--destdir', place)
    if status != 0:
        raise RuntimeError(text)
    return place


def found(place, name):
    """The only file of that name below a place."""
    paths = list(place.rglob(name))
    if len(paths) != 1:
        raise RuntimeError(f'{name} is there {len(paths)} times')
    return paths[0]


def pkg_config(place, *words):
    """Flags of the library that is installed at a place."""
    status, text = run(
        'pkg-config', *words, 'driftpool', PKG_CONFIG_SYSROOT_DIR=str(place),
        PKG_CONFIG_PATH=str(found(place, 'driftpool.pc').parent))
    if status != 0:
        raise RuntimeError(text)
    return text.split()


def built_by_pkg_config(place, pair, language, kind):
    """(exit status, output) of the compiler, or of the program it made."""
    program = SCRATCH / 'program'
    static = kind == 'static'
    link = pkg_config(place, '--libs', *['--static'] * static)
    compiler = pair[language == 'cpp']
    status, text = run(compiler, f'-std={LANGUAGES[language][0]}', *STRICT,
                       *pkg_config(place, '--cflags'),
                       HERE / f'consumer.{language}', '-o', program,
                       *['-static'] * static, *link)
    if status != 0:
        return status, text
    folder = found(place, 'driftpool.pc').parent.parent
    return run(program, **{} if static else {'LD_LIBRARY_PATH': str(folder)})


def version():
    """[major, minor, ...] of what is installed."""
    return [int(word) for word in
            pkg_config(installed(), '--modversion')[0].split('.')]


def built_by_cmake(place, pair, wanted):
    """(exit status, output, folder) of CMake and then of the build."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
    prefix = found(place, 'keytable.h').parents[2]
    status, text = run('cmake', '-S', HERE, '-B', folder, '-G', 'Ninja',
                       f'-DCMAKE_C_COMPILER={pair[0]}',
                       f'-DCMAKE_CXX_COMPILER={pair[1]}',
                       f'-DWANTED={".".join(map(str, wanted))}',
                       f'-DCMAKE_PREFIX_PATH={prefix}')
    if status == 0:
        status, text = run('ninja', '-C', folder)
    return status, text, folder


def headers_refused(place, pairs):
    """What compilers say of the headers, each alone, as strict C and C++."""
    refused = []
    folder = found(place, 'pool.h').parent
    for pair, language, path in itertools.product(
            pairs, LANGUAGES, sorted(folder.glob('*.h'))):
        status, text = run(
            pair[language == 'cpp'], f'-std={LANGUAGES[language][0]}', *STRICT,
            '-I', folder.parent, '-include', path, '-fsyntax-only', '-x',
            'c' if language == 'c' else 'c++', '/dev/null')
        if status != 0:
            refused.append(text)
    return refused


class Case(unittest.TestCase):
    """What all tests assert."""

    def assert_ran(self, result, language):
        """A program ran, as a library of this version and language."""
        status, text = result
        self.assertEqual(status, 0, text)
        self.assertRegex(text, SAID)
        standard, header, library = SAID.fullmatch(text).groups()
        self.assertTrue(standard.startswith(LANGUAGES[language][1]), standard)
        self.assertEqual(header, library)

    def assert_failed(self, result, said):
        """A command failed, and for the reason that was planted."""
        status, text = result[:2]
        self.assertNotEqual(status, 0, text)
        self.assertRegex(text, said)


class Installed(Case):
    """The installed copy as it is."""

    @classmethod
    def setUpClass(cls):
        cls.place = installed()

    def test_pkg_config(self):
        for pair, language, kind in itertools.product(
                COMPILERS, LANGUAGES, ('shared', 'static')):
            with self.subTest(pair=pair, language=language, kind=kind):
                self.assert_ran(built_by_pkg_config(self.place, pair, language,
                                                    kind), language)
        self.assertIn(pkg_config(self.place, '--modversion')[0],
                      found(self.place, 'pool.h').read_text('utf-8'))

    @unittest.skipUnless(shutil.which('cmake'), 'no CMake')
    def test_cmake(self):
        for pair in COMPILERS:
            status, text, folder = built_by_cmake(self.place, pair,
                                                  version()[:2])
            self.assertEqual(status, 0, text)
            for language in LANGUAGES:
                for kind in ('shared', 'static'):
                    self.assert_ran(run(folder / f'{language}-{kind}'),
                                    language)

    def test_shared_programs_want_the_soname(self):
        for kind, expect in (('shared', self.assertRegex),
                             ('static', self.assertNotRegex)):
            built_by_pkg_config(self.place, COMPILERS[0], 'c', kind)
            text = run('readelf', '-d', '-V', SCRATCH / 'program')[1]
            expect(text, r'NEEDED.*\[libdriftpool\.so\.\d+\]')
            expect(text, r'DRIFTPOOL_\d+')

    @unittest.skipUnless(shutil.which('scdoc'), 'no scdoc')
    def test_manual_has_each_function_by_its_name(self):
        for name, page in (('dp_return.3', 'dp_borrow.3'),
                           ('dp_key_create.3', 'dp_keytable.3'),
                           ('driftbench.1', 'driftbench.1'),
                           ('driftpool.7', 'driftpool.7')):
            path = found(self.place, name)
            self.assertEqual(path.parent.name, 'man' + name[-1])
            self.assertEqual(path.resolve(True).name, page)

    def test_headers_compile_alone_and_without_extensions(self):
        self.assertEqual(headers_refused(self.place, COMPILERS + VERSIONS), [])


class Subproject(Case):
    """The tree inside another one."""

    def test_subproject(self):
        project = SCRATCH / 'project'
        (project / 'subprojects').mkdir(parents=True)
        for name in ('meson.build', 'consumer.c', 'consumer.cpp'):
            shutil.copy(HERE / name, project)
        (project / 'subprojects/driftpool').symlink_to(ROOT)
        for pair in COMPILERS:
            folder = SCRATCH / f'project-{pair[0]}'
            status, text = run(
                'meson', 'setup', folder, project, '--buildtype=plain',
                '--force-fallback-for=driftpool', CC=pair[0], CXX=pair[1])
            self.assertEqual(status, 0, text)
            self.assertEqual(unwanted(targets(folder)), [])
            status, text = run('ninja', '-C', folder)
            self.assertEqual(status, 0, text)
            for language, kind in itertools.product(LANGUAGES,
                                                    ('shared', 'static')):
                self.assert_ran(run(folder / f'{language}-{kind}'), language)
            self.assert_ran(run(folder / 'by-name'), 'c')


def targets(folder):
    """What is built by default in a folder, as Meson has it."""
    text = run('meson', 'introspect', '--targets', folder)[1]
    return [target['name'] for target in json.loads(text)
            if target['build_by_default']]


def unwanted(names):
    """What a project does not want of a subproject."""
    allowed = {'driftpool', 'by-name'} | {
        f'{language}-{kind}' for language in LANGUAGES
        for kind in ('shared', 'static')}
    return sorted(set(names) - allowed)


class Planted(Case):
    """What is missing is missed."""

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH)) / 'bad'
        shutil.copytree(installed(), self.place, symlinks=True)

    def edit(self, name, pattern, new):
        """Replaces what matches in an installed file."""
        path = found(self.place, name)
        text, times = re.subn(pattern, new, path.read_text('utf-8'),
                              flags=re.M)
        self.assertGreater(times, 0, pattern)
        path.write_text(text, 'utf-8')

    def consumed(self, kind='shared'):
        """The result of the C program by the first compiler."""
        return built_by_pkg_config(self.place, COMPILERS[0], 'c', kind)

    def test_header(self):
        found(self.place, 'openmetrics.h').unlink()
        self.assert_failed(self.consumed(), 'openmetrics.h')

    def test_libs(self):
        self.edit('driftpool.pc', '^Libs:.*$', 'Libs:')
        self.assert_failed(self.consumed(), 'undefined .*dp_pool_create')

    def test_what_the_static_library_needs(self):
        self.edit('driftpool.pc', '^Requires.private:.*$', '')
        self.assert_failed(self.consumed('static'), 'undefined .*urcu')

    def test_extension_in_a_header(self):
        self.edit('pool.h', r'^struct dp_pool;$',
                  'struct dp_pool { int none[0]; };')
        headers = list(found(self.place, 'pool.h').parent.glob('*.h'))
        refused = headers_refused(self.place, COMPILERS)
        self.assertEqual(len(refused), len(headers) * len(LANGUAGES) *
                         len(COMPILERS), refused)

    @unittest.skipUnless(shutil.which('cmake'), 'no CMake')
    def test_cmake(self):
        self.edit('driftpool-config.cmake', 'INTERFACE_INCLUDE_DIRECTORIES',
                  'INCLUDED')
        self.assert_failed(built_by_cmake(self.place, COMPILERS[0],
                                          version()[:2]), 'keytable.h')

    @unittest.skipUnless(shutil.which('cmake'), 'no CMake')
    def test_version_of_cmake(self):
        major, minor = version()[:2]
        for wanted in ((major, minor + 1), (major + 1, 0)):
            self.assert_failed(built_by_cmake(self.place, COMPILERS[0],
                                              wanted), 'requested version')

    def test_programs_of_the_benchmark_in_a_subproject(self):
        self.assertEqual(unwanted(['driftpool', 'driftbench']),
                         ['driftbench'])


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    BUILD = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        SCRATCH = pathlib.Path(name)
        unittest.main(argv=sys.argv[:1])
