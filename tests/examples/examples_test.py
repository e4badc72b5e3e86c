#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples do what they say, with every backend, and are short.

    examples_test.py DIRECTORY LIBRARY BACKEND PROGRAM...

The directory holds their sources; the library is the shared one, of that
backend, or '' with a sanitizer: a plain Python cannot load that.  Programs are
called example_NAME-BACKEND, and -checked behind it where checks are linked.
"""
import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    text_string_to_metric_families = None

LINES = {'.c': 80, '.py': 40}
NAME = re.compile(r'example_(\w+)-(\w+?)(?:-checked)?')
SAMPLE = re.compile(r'(\w+\{[^{}]*\}) ([-+]?(?:\d+|Inf))')
# What each prints behind the backend's name, and the most that it may have
# constructed: in use at once, and 2 M = 128 for each worker but one.
SAYS = {
    'fibers': ('100000 fibers, {0} buffers, {0} constructed', 100 + 128),
    'free_list': ('100000 by lists, {0} constructed', 100 + 128),
    'handover': ('100000 handed over, {0} constructed', 66 + 128),
    'thread_pool': ('64000 turns, {1} migrated, {0} constructed',
                    256 + 3 * 128),
    'twenty_lines': ('100000 borrowed, {0} constructed', 1 + 128),
}
# Without a bound these construct an object for each that went over.
DRIFTING, LEAK = ('fibers', 'free_list', 'handover', 'twenty_lines'), 100000


def complaint(name, backend, printed):
    """What is wrong with what an example printed, or ''."""
    says, most = SAYS[name]
    match = re.fullmatch(re.escape(f'{backend}: {says}\n').replace(
        r'\{1\}', r'(?P<migrated>\d+)').replace(
        r'\{0\}', r'(?P<n>\d+)', 1).replace(r'\{0\}', '(?P=n)'), printed)
    if not match:
        return f'{printed!r} is not {says!r}'
    n = int(match['n'])
    if backend != 'none' and not 1 <= n <= most:
        return f'{n} constructed, not 1 to {most}'
    if backend == 'none' and name in DRIFTING and n != LEAK:
        return f'{n} constructed, not {LEAK}: where is the leak?'
    return ''


def metrics_read(text):
    """{sample: value} of a text file of metrics; the first of what differs
    from samples alone is an error."""
    found = {}
    for line in text.splitlines():
        match = SAMPLE.fullmatch(line)
        if not match or match[1] in found:
            raise ValueError(f'no sample, or one again: {line!r}')
        found[match[1]] = match[2]
    return found


def layout_differs(config, first):
    """What the compiler has against offsets that Python has for a struct of C,
    of which `first` says the first field where Python has several in one."""
    claims = [f'sizeof(struct dp_config) == {ctypes.sizeof(config)}'] + [
        f'offsetof(struct dp_config, {first.get(name, name)}) == '
        f'{getattr(config, name).offset}' for name, _ in config._fields_]
    code = '#include <driftpool/pool.h>\n' + ''.join(
        f'_Static_assert({claim}, "differs");\n' for claim in claims)
    return subprocess.run(
        [*os.environ.get('CC', 'cc').split(), '-std=c11', '-fsyntax-only',
         '-I', pathlib.Path(__file__).parents[2] / 'include', '-x', 'c', '-'],
        input=code, text=True, check=False, stderr=subprocess.PIPE).stderr


def too_long(path, text):
    """How many lines there are too many."""
    return max(len(text.splitlines()) - LINES[path.suffix], 0)


class Examples(unittest.TestCase):
    """As they are."""
    directory, library, backend, programs = None, '', '', []

    def each(self):
        """(name, backend, program)"""
        for program in self.programs:
            yield *NAME.fullmatch(program.name).groups(), program

    def printed(self, program):
        """What a program printed, which ended well."""
        return subprocess.run([program], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def test_sources_are_short(self):
        sources = [path for path in self.directory.iterdir()
                   if path.suffix in LINES and path.name != 'examples_test.py']
        self.assertLessEqual(set(SAYS), {path.stem for path in sources})
        for path in sources:
            self.assertEqual(too_long(path, path.read_text('utf-8')), 0, path)

    def test_they_do_what_they_say(self):
        run = set()
        for name, backend, program in self.each():
            if name in SAYS:
                printed = self.printed(program)
                self.assertEqual(complaint(name, backend, printed), '',
                                 program)
                run.add(name)
        self.assertEqual(run, set(SAYS))

    def test_python_lays_a_struct_out_as_c_does(self):
        path, found = self.directory / 'handover.py', {}
        exec(path.read_text('utf-8').partition('\n\n\ndef')[0], found)
        first = {'limits': 'depot_limit', 'functions': 'destruct'}
        self.assertEqual(layout_differs(found['Config'], first), '')
        # Planted: that it would be seen.
        first['functions'] = 'arg'
        self.assertIn('differs', layout_differs(found['Config'], first))

    def test_tasks_migrate(self):
        # One thread may be done before the others begin, but not each time.
        programs = [program for name, _, program in self.each()
                    if name == 'thread_pool']
        self.assertTrue(any(' 0 migrated' not in self.printed(program)
                            for _ in range(100) for program in programs))

    def test_python_finds_the_symbols(self):
        if not self.library:
            self.skipTest('a library with a sanitizer is not loaded so')
        printed = subprocess.run(
            [sys.executable, '-B', self.directory / 'handover.py',
             self.library], check=True, text=True,
            stdout=subprocess.PIPE).stdout
        self.assertEqual(complaint('handover', self.backend, printed), '')

    def metrics(self, program, *arguments):
        """What a metrics program did."""
        return subprocess.run([program, *arguments], check=False, text=True,
                              stderr=subprocess.PIPE)

    def test_metrics_are_there_at_once_or_not_at_all(self):
        for name, backend, program in self.each():
            if name != 'metrics':
                continue
            with tempfile.TemporaryDirectory() as directory:
                done = self.metrics(program, directory)
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                file, = pathlib.Path(directory).iterdir()
                self.assertEqual(file.name, 'driftpool.prom')
                text = file.read_text('utf-8')
            samples = metrics_read(text)
            self.assertEqual(samples['driftpool_objects{pool="sessions",'
                                     'state="in_use"}'], '1')
            self.assertIn(f'backend="{backend}"', text)
            if text_string_to_metric_families:
                families = list(text_string_to_metric_families(text))
                self.assertEqual(sum(len(family.samples)
                                     for family in families), len(samples))
            for bad, status in (((directory,), 1), ((), 2)):
                done = self.metrics(program, *bad)
                self.assertEqual(done.returncode, status)
                self.assertEqual(done.stderr.count('\n'), 1)


class Checks(unittest.TestCase):
    """That a difference would be seen."""

    def test_numbers_and_words_are_seen(self):
        for backend, printed, good in (
                ('percpu', 'percpu: 100000 handed over, 194 constructed', 1),
                ('percpu', 'percpu: 100000 handed over, 195 constructed', 0),
                ('percpu', 'percpu: 100000 handed over, 0 constructed', 0),
                ('percpu', 'percpu: 99999 handed over, 194 constructed', 0),
                ('percpu', 'mutex: 100000 handed over, 194 constructed', 0),
                ('none', 'none: 100000 handed over, 194 constructed', 0)):
            said = complaint('handover', backend, printed + '\n')
            self.assertEqual(not said, bool(good), printed)
        self.assertTrue(complaint('fibers', 'mutex', 'mutex: 100000 fibers, '
                                  '228 buffers, 227 constructed\n'))

    def test_comments_and_samples_again_are_seen(self):
        for text in ('# TYPE a info\n', 'a{b="c"} 1\na{b="c"} 1\n', 'a 1 2\n'):
            with self.assertRaises(ValueError):
                metrics_read(text)

    def test_a_line_too_many_is_seen(self):
        self.assertEqual(too_long(pathlib.Path('a.c'), 'int a;\n' * 81), 1)
        self.assertEqual(too_long(pathlib.Path('a.py'), 'a = 0\n' * 40), 0)


if __name__ == '__main__':
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    Examples.directory = pathlib.Path(sys.argv[1])
    Examples.library, Examples.backend = sys.argv[2:4]
    Examples.programs = [pathlib.Path(name) for name in sys.argv[4:]]
    unittest.main(argv=sys.argv[:1])
