#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program in README.md is the one that is compiled and run as a test, and
what the README says of it is what it prints.

    readme_test.py README.md EXAMPLE.c [PROGRAM...]

Each program is an EXAMPLE.c that was built, with one backend or another.
"""
import pathlib
import re
import subprocess
import sys
import unittest

FENCED = re.compile(r'^```c\n(.*?)^```$', re.S | re.M)
# What is above the first include is the file's, not the reader's.
HEADER = re.compile(r'\A(?:/\*.*?\*/\n)+', re.S)
PRINTED = re.compile(r'(\w+): [\d]+ borrowed, (\d+) constructed\n')
SAID = re.compile(r'`(\w+)`[^`]*?\b(\d[\d,]*)(?: objects)?[.,;]')


def program_in(readme):
    """The only program in C of a README, or None."""
    programs = FENCED.findall(readme)
    return programs[0] if len(programs) == 1 else None


def program_of(source):
    """What of a source file a README shows."""
    return HEADER.sub('', source)


def numbers_said(readme):
    """{backend: objects constructed} of the paragraph below the program."""
    below = FENCED.split(readme)[-1].lstrip('\n')
    paragraph = ' '.join(below.split('\n\n')[0].split())
    return {backend: int(number.replace(',', ''))
            for backend, number in SAID.findall(paragraph)}


class Readme(unittest.TestCase):
    """The files as they are."""
    readme, source, programs = '', '', []

    def test_program_is_the_one_that_is_tested(self):
        self.assertEqual(program_in(self.readme), program_of(self.source))

    def test_program_has_about_twenty_lines(self):
        lines = program_of(self.source).splitlines()
        self.assertLessEqual(len(lines), 30)

    def test_numbers_are_those_that_the_program_prints(self):
        said = numbers_said(self.readme)
        for program in self.programs:
            printed = subprocess.run([program], check=True, text=True,
                                     stdout=subprocess.PIPE).stdout
            self.assertRegex(printed, PRINTED)
            backend, constructed = PRINTED.fullmatch(printed).groups()
            if backend in said:
                self.assertEqual(said.pop(backend), int(constructed), backend)
        if self.programs:
            self.assertEqual(said, {}, 'said of backends that were not run')


class Checks(unittest.TestCase):
    """That a difference would be seen."""

    def test_program_that_differs_is_another_one(self):
        source = '/* SPDX */\n/* Why. */\nint a;\n'
        self.assertEqual(program_in('```c\nint a;\n```\n'), program_of(source))
        self.assertNotEqual(program_in('```c\nint b;\n```\n'),
                            program_of(source))

    def test_none_or_several_programs_are_none(self):
        self.assertIsNone(program_in('text\n'))
        self.assertIsNone(program_in('```c\nint a;\n```\n' * 2))

    def test_numbers_are_found_and_only_there(self):
        readme = ('`a` says 7.\n\n```c\nint a;\n```\n\nWith the backend `b` '
                  'this\nconstructs 12 objects, and with `c`, 100,000.\n\n'
                  '`d` says 5.\n')
        self.assertEqual(numbers_said(readme), {'b': 12, 'c': 100000})


if __name__ == '__main__':
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    Readme.readme = pathlib.Path(sys.argv[1]).read_text('utf-8')
    Readme.source = pathlib.Path(sys.argv[2]).read_text('utf-8')
    Readme.programs = sys.argv[3:]
    unittest.main(argv=sys.argv[:1])
