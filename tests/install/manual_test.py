#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The manual says what the headers and driftbench --help say.

    manual_test.py ROOT DRIFTBENCH LIBRARY

A page of section 3 has the very prototypes of its functions, and of each the
errors that its comment in the header names; driftbench(1) begins each flag
with the words of --help.  LIBRARY is what the examples are run with; '': none.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import manual

ROOT, DRIFTBENCH, LIBRARY = pathlib.Path(), '', ''


def programs(text):
    """The programs in a page."""
    return [code for code in manual.FENCED.findall(text) if '\nmain(' in code]


def run(*command, text=None):
    """(exit status, what it wrote) of a command."""
    result = subprocess.run(command, input=text, text=True, check=False,
                            env={**os.environ, 'MANWIDTH': '80'},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.returncode, result.stdout


def program_run(code):
    """(exit status, what it wrote) of the compiler, or of the program."""
    with tempfile.TemporaryDirectory() as folder:
        program = f'{folder}/program'
        status, text = run(
            *os.environ.get('CC', 'cc').split(), '-std=c11', '-Wall',
            '-Wextra', '-Wpedantic', '-Werror', '-I', f'{ROOT}/include', '-x',
            'c', '-', '-x', 'none', LIBRARY, '-o', program,
            f'-Wl,-rpath,{os.path.dirname(LIBRARY)}', text=code)
        return (status, text) if status != 0 else run(program)


def lint(page):
    """What scdoc, man and mandoc say of a page, as far as they are there."""
    status, text = run('scdoc', text=page)
    if status != 0:
        return text
    said = ''
    if shutil.which('man'):
        said += run('sh', '-c', 'man --warnings -l - 2>&1 >/dev/null',
                    text=text)[1]
    if shutil.which('mandoc'):
        said += run('mandoc', '-T', 'lint', '-W', 'error', text=text)[1]
    return said


def pages():
    """{path: text} of the pages."""
    return {path.relative_to(ROOT): path.read_text('utf-8')
            for path in sorted((ROOT / 'pool/man').glob('*.scd'))}


def public():
    """{name: text} of the public headers."""
    return {path.name: path.read_text('utf-8')
            for path in sorted((ROOT / 'include/driftpool').glob('*.h'))}


class Manual(unittest.TestCase):
    """The pages as they are."""
    maxDiff = None

    def assert_none(self, errors):
        """There are no errors, or they are printed, each with its cure."""
        self.assertFalse(errors, '\n' + '\n'.join(errors))

    def test_pages_say_what_the_headers_say(self):
        self.assert_none(manual.pages_check(pages(), public()))

    def test_driftbench_1_says_what_help_says(self):
        page = pages()[pathlib.Path('pool/man/driftbench.1.scd')]
        self.assert_none([f'pool/man/driftbench.1.scd: {error}'
                          for error in manual.bench_check(
                              page, run(DRIFTBENCH, '--help')[1],
                              run(DRIFTBENCH, '--list')[1])])

    def test_programs_run(self):
        if not LIBRARY:
            self.skipTest('a library that only a build like this can link')
        codes_of = [code for page in pages().values()
                    for code in programs(page)]
        self.assertGreater(len(codes_of), 3)
        for code in codes_of:
            status, text = program_run(code)
            self.assertEqual(status, 0, code + text)

    @unittest.skipUnless(shutil.which('scdoc'), 'no scdoc')
    def test_pages_are_formatted(self):
        for path, page in pages().items():
            self.assertEqual(lint(page), '', path)


# Of which page what is replaced by what, and what must be said of it.
PLANTED = (
    ('dp_borrow', 'size_t dp_borrow_bulk(', 'int dp_borrow_bulk(',
     'dp_borrow.3.scd: SYNOPSIS has to have: size_t dp_borrow_bulk('),
    ('dp_borrow', 'void dp_pool_return(struct dp_pool *pool, void *object);',
     '', 'no page shows: void dp_pool_return('),
    ('dp_borrow', 'void *dp_borrow(', 'void *dp_lend(',
     'dp_lend() is declared in no header: take it out'),
    ('dp_borrow', 'dp_pool_return - ', 'dp_give - ', 'NAME has to name'),
    ('dp_keytable', '/keytable.h', '/pool.h', '<driftpool/keytable.h>'),
    ('dp_worker', '*dp_worker_bind*() makes', 'This makes',
     'DESCRIPTION has to say what *dp_worker_bind*() does'),
    ('dp_pool', '*E2BIG*', '*EFBIG*',
     'ERRORS: *E2BIG* has to say when *dp_pool_create*() fails so'),
    ('dp_pool', '*E2BIG*', '*EFBIG*',
     'ERRORS: *EFBIG* of *dp_pool_create*() is not in the header'),
    ('dp_borrow', '*dp_borrow*(), *dp_borrow_bulk*(),', '*dp_borrow*(),',
     'ERRORS: *ENOMEM* has to say when *dp_borrow_bulk*() fails so'),
    ('dp_pool', '_object_align_', '_align_',
     'no page tells of _object_align_ of struct dp_config'),
    ('dp_pool', 'DP_OBJECT_ALIGN_MAX', '2 MiB',
     'no page tells of DP_OBJECT_ALIGN_MAX'),
    ('dp_openmetrics', '_driftpool_net_flow_', '_driftpool_flow_',
     'no page tells of the metric _driftpool_net_flow_'),
    ('dp_openmetrics', '_driftpool_net_flow_', '_driftpool_flow_',
     'there is no metric _driftpool_flow_: take it out'),
)
HELP = """usage: driftbench [flags]

  --case NAME          what is done (default hot)
                         hot, cold
  --sim                without threads

A case presets
all flags.
Exit status: 0; 1 it failed; 2 bad usage.
"""
LIST = 'hot      borrow and return\n'
BENCH = """# OPTIONS

A *case* presets all
flags.

*--case* _NAME_
\twhat is done (default hot)++
hot, cold; and more

*--sim*
\twithout threads

# CASES

*hot*
\tborrow and return

# EXIT STATUS

*0*
\tit ended

*1*
\tit failed

*2*
\tbad usage
"""
BENCH_PLANTED = (
    ('presets all', 'presets no',
     'OPTIONS has to begin: A case presets all flags.'),
    ('*--sim*\n\twithout threads\n\n', '',
     'OPTIONS has to have an entry that begins:\n*--sim*\n\twithout threads'),
    ('*--sim*', '*--sin*', 'OPTIONS: there is no --sin: take it out'),
    ('default hot', 'default cold', '*--case* _NAME_\n\twhat is done (default '
     'hot)++\nhot, cold'),
    ('_NAME_', '_N_', '*--case* _NAME_'),
    ('hot, cold', 'hot', '*--case* _NAME_'),
    ('borrow and', 'take and', 'CASES has to have'),
    ('*hot*', '*cold*', 'CASES: there is no cold: take it out'),
    ('it failed', 'it did not', 'EXIT STATUS has to have'),
)


class Planted(unittest.TestCase):
    """That a difference would be seen, and its cure said."""

    def test_pages(self):
        for name, old, new, said in PLANTED:
            bad = pages()
            path = pathlib.Path(f'pool/man/{name}.3.scd')
            self.assertIn(old, bad[path])
            bad[path] = bad[path].replace(old, new)
            text = '\n'.join(manual.pages_check(bad, public()))
            self.assertIn(said, text)
            self.assertNotEqual(text, '', old)

    def test_driftbench_1(self):
        self.assertEqual(manual.bench_check(BENCH, HELP, LIST), [])
        for old, new, said in BENCH_PLANTED:
            self.assertIn(old, BENCH)
            errors = manual.bench_check(BENCH.replace(old, new), HELP, LIST)
            self.assertIn(said, '\n'.join(errors))

    def test_program(self):
        if LIBRARY:
            self.assertNotEqual(program_run('int\nmain(void)\n{\n\treturn '
                                            '1;\n}\n')[0], 0)
            self.assertNotEqual(program_run('int\nmain(void)\n{\n\tint '
                                            'a;\n\treturn 0;\n}\n')[0], 0)

    @unittest.skipUnless(shutil.which('scdoc'), 'no scdoc')
    def test_format(self):
        self.assertIn('Expected', lint('page(3) "x"\n\n# NAME\n\n*bold\n\n'))


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    ROOT, DRIFTBENCH, LIBRARY = pathlib.Path(sys.argv[1]), *sys.argv[2:]
    unittest.main(argv=sys.argv[:1])
