#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hyperfine.py: has hyperfine time whole processes that do fixed work.

    hyperfine.py [flags]    measure, print, keep hyperfine.md and .json

A check of our own figures by somebody else's clock.  The files go to the folder
of the last run if that measured this commit, and else to a new one.

Exit status: 0; 1 a program or hyperfine failed; 2 bad usage; 130 interrupted.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from report import layout, plan, programs, tables
from report.arguments import Parser, counted, fail, further, listed
from report.estimate import median_known
from report.records import FILE, Unusable, load, refuse

JSON, MARKDOWN = 'hyperfine.json', 'hyperfine.md'
ROWS = (*plan.POOLED, 'brpc112', 'glibc')
# The pairs of a process: it takes 0.1 s or more, and starting it 3 ms.
CASES = {plan.HOT: 100000000, plan.HOT_PAIR: 100000000,
         plan.STEAL: 5000000}
RUNS = 5


def parser():
    """The command line."""
    made = Parser(
        prog='hyperfine.py', allow_abbrev=False, description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='BENCH_ARGS in the environment holds further flags.')
    made.add_argument('--build', default='build', metavar='DIR',
                      help='the build directory (default: %(default)s)')
    made.add_argument('--results', metavar='DIR',
                      help='where the files go (default: see above)')
    made.add_argument('--rows', type=listed(ROWS, 'row'), default=ROWS,
                      metavar='A,B', help=', '.join(ROWS))
    made.add_argument('--runs', type=counted(1, 1000), default=RUNS,
                      metavar='N', help='of a program (default: %(default)s)')
    made.add_argument('--ops', type=counted(1, 2 ** 48), metavar='N',
                      help='pairs of a process (default: ' + ', '.join(
                          f'{case.title()}: {ops}'
                          for case, ops in CASES.items()) + ')')
    return made


def name(case, row, ops):
    """What a command is called in the files; read() takes it apart."""
    return f'{case.title()}: {row}, {ops} pairs'


def read(file):
    """{(title, row): CPU time of a pair in ns} of a hyperfine.json."""
    found = {}
    try:
        with open(file, encoding='utf-8') as text:
            results = json.load(text, parse_constant=refuse)['results']
        for result in results:
            title, row, ops = re.fullmatch(
                r'(.+): (\S+), ([1-9]\d*) pairs', result['command']).groups()
            cpu_s = result['user'] + result['system']
            found[title, row] = cpu_s * 1e9 / int(ops)
        return found
    except OSError as error:
        raise Unusable(f'{file}: {error.strerror}; allowed: what `ninja '
                       'bench-hyperfine` writes') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(f'{file} is not what `ninja bench-hyperfine` writes '
                       f'({error!r}); allowed: none, or one that is'
                       ) from error


def ours(records, title, row):
    """The CPU time of a pair that the trials of a cell report."""
    return median_known([
        trial['cpu_ns_per_pair'] for trial in tables.measured(records)
        if (trial['title'], trial['row']) == (title, row)])


def line(row, theirs, own):
    """A line of the table."""
    return ['  ' + row, tables.number(theirs, 2), tables.number(own, 2),
            tables.number(theirs / own if own else None, 2)]


def table(directory, records):
    """CPU time by hyperfine beside ours, or None if it was not run."""
    file = os.path.join(directory, JSON)
    if not os.path.exists(file):
        return None
    found = read(file)
    titles = dict.fromkeys(title for title, _ in found)
    return layout.Table(
        'CPU TIME BY HYPERFINE',
        'Nanoseconds of CPU time a pair. hyperfine: user and system time of '
        'whole processes over their pairs, mean of the runs; nothing is '
        'subtracted, so starting and sampling are in it. ours: of the workers '
        'in the measured phase, median over the rounds.',
        ['', 'hyperfine', 'ours', 'hyperfine/ours'],
        [(title, [line(row, ns, ours(records, title, row))
                  for (of_title, row), ns in found.items()
                  if of_title == title]) for title in titles])


def words(args, case, commands, directory):
    """hyperfine's command line for a case; its files go to `directory`."""
    ops = args.ops or CASES[case]
    made = ['hyperfine', '-N', '--warmup', '1', '--runs', str(args.runs),
            '--export-json', os.path.join(directory, JSON),
            '--export-markdown', os.path.join(directory, MARKDOWN)]
    for row, program in commands.items():
        made += ['--command-name', name(case, row, ops), shlex.join([
            program, '--case', case.name, '--workers', str(case.workers),
            '--warmup', '0', '--ops', str(ops)])]
    return made


def commands_find(args):
    """{row: program}, of those that there are; says which there are not."""
    folder = os.path.join(args.build, 'bench')
    chosen = programs.chosen_backend(folder, ())
    lacks = programs.left_out(folder, chosen, {}, args.rows)
    for row, what in lacks.items():
        print(f'{row} is left out: {what}', file=sys.stderr)
    return {row: os.path.join(folder, plan.program(row, chosen))
            for row in args.rows if row not in lacks}


def results_find(build):
    """The folder of the last run of this commit, or else a new one."""
    top = os.path.join(build, 'bench-results')
    latest = os.path.realpath(os.path.join(top, 'latest'))
    commit = programs.revision()
    if os.path.isdir(latest) and latest.endswith('-' + commit):
        return latest
    now = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
    return os.path.join(top, f'{now}-{commit}')


def measure(args, commands):
    """The results of all cases and their text; None if something failed.

    hyperfine compares all that it is given, so each case is a call of its own.
    """
    results, text = [], []
    for case in CASES:
        with tempfile.TemporaryDirectory() as directory:
            if subprocess.run(words(args, case, commands, directory),
                              stdin=subprocess.DEVNULL, check=False
                              ).returncode:
                return None
            with open(os.path.join(directory, JSON), encoding='utf-8') as file:
                results += json.load(file)['results']
            with open(os.path.join(directory, MARKDOWN),
                      encoding='utf-8') as file:
                text += [f'## {case.title()}\n\n{file.read()}']
    return {'results': results}, '\n'.join(text)


def report(directory):
    """Writes the report of a run again, which shows what was found."""
    status = subprocess.run(
        [sys.executable, '-B', os.path.join(
            os.path.dirname(os.path.abspath(__file__)), 'bench.py'),
         'plot', directory], stdin=subprocess.DEVNULL, check=False).returncode
    if status:
        print('hyperfine.py: the report could not be written again',
              file=sys.stderr)
    return status


def unwritable(error):
    """Bad usage, as far as one can tell."""
    fail(f'{error.filename}: {error.strerror}; allowed: --results with a '
         'directory that can be written')


def keep(directory, results, text):
    """Writes the files of a run that is complete."""
    for file, content in ((JSON, json.dumps(results, indent=1) + '\n'),
                          (MARKDOWN, text)):
        with open(os.path.join(directory, file), 'w', encoding='utf-8') as out:
            out.write(content)


def run(args):
    """Measures and prints.  Returns the exit status."""
    if not shutil.which('hyperfine'):
        fail('hyperfine is not installed; allowed: after ci/deps, or '
             '`apt-get install hyperfine`')
    commands = commands_find(args)
    if not commands:
        fail('no row is left; allowed: --rows that were built')
    results = args.results or results_find(args.build)
    try:
        os.makedirs(results, exist_ok=True)
    except OSError as error:
        unwritable(error)
    measured = measure(args, commands)
    if not measured:
        print('hyperfine.py: hyperfine failed, and nothing is kept',
              file=sys.stderr)
        return 1
    try:
        keep(results, *measured)
    except OSError as error:
        unwritable(error)
    known = os.path.exists(os.path.join(results, FILE))
    print(layout.layout(table(results, load(results) if known else [])))
    print(f'results: {results}', file=sys.stderr)
    return report(results) if known else 0


def main():
    """Returns the exit status."""
    try:
        return run(parser().parse_args(sys.argv[1:] + further()))
    except (programs.Unfit, Unusable) as error:
        return fail(error)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
