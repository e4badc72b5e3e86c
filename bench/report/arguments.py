# SPDX-License-Identifier: MIT
"""The command line of bench.py, and what that of hyperfine.py shares."""
import argparse
import os
import shlex
import sys
from typing import NamedTuple

from report import plan


class Length(NamedTuple):
    """How long a preset measures, and until when at most."""
    rounds: int
    time_ms: int
    warmup_ms: int
    budget_s: float
    each: str = ''  # what a trial is, where it is no time


# With the budgets, the report is there within 120 s, and within 15 minutes.
LENGTHS = {'quick': Length(7, 120, 40, 105), 'full': Length(9, 120, 40, 840),
           'smoke': Length(1, 20, 10, float('inf')),
           'keytable': Length(3, 3000, 0, float('inf'), '2,000,000 fibers')}


def fail(text):
    """Bad usage: one line, and the end."""
    sys.stderr.write(f'{os.path.basename(sys.argv[0])}: {text}\n')
    sys.exit(2)


class Parser(argparse.ArgumentParser):
    """Says what was wrong, and what is allowed, in one line."""

    def error(self, message):
        fail(f'{message}; {" ".join(self.format_usage().split())}')


def further():
    """The words of BENCH_ARGS, for targets that take no flags."""
    try:
        return shlex.split(os.environ.get('BENCH_ARGS', ''))
    except ValueError as error:
        return fail(f'BENCH_ARGS: {error}; allowed: words as a shell takes '
                    'them')


def listed(allowed, what):
    """A parser of comma separated names."""
    def parse(text):
        names = text.split(',')
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError(
                    f'unknown {what} {name!r}; allowed: {", ".join(allowed)}')
        return names
    return parse


def counted(least, most):
    """A parser of whole numbers within limits."""
    def parse(text):
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(
                f'{text!r} is not allowed; allowed: {least} to {most}')
        return int(text)
    return parse


def lengths(field):
    """What a field of the presets' lengths is, for the help."""
    return ', '.join(f'{name} {getattr(LENGTHS[name], field)}'
                     for name in ('quick', 'full'))


def run_flags(run):
    """What is measured, and how long."""
    run.add_argument('--build', default='build', metavar='DIR',
                     help='the build directory (default: %(default)s)')
    run.add_argument('--preset', choices=plan.PRESETS,
                     help='which cells (default: quick)')
    run.add_argument('--smoke', action='store_true',
                     help='one round of the shortest trials; of the cells of '
                     'smoke, unless --preset says otherwise')
    run.add_argument('--dry-run', action='store_true',
                     help='print what would be measured')
    run.add_argument('--cases', type=listed(plan.CASES, 'case'),
                     default=plan.CASES, metavar='A,B',
                     help=', '.join(plan.CASES))
    run.add_argument('--rows', type=listed(plan.ROWS, 'row'),
                     default=plan.ROWS, metavar='A,B',
                     help=', '.join(plan.ROWS))
    run.add_argument('--rounds', type=counted(1, 1000), metavar='N',
                     help=f'of all cells (default: {lengths("rounds")})')
    run.add_argument('--time', type=counted(1, 50000), metavar='MS',
                     help='of a trial, in ms (default: '
                     f'{lengths("time_ms")})')
    run.add_argument('--warmup', type=counted(0, 5000), metavar='MS',
                     help=f'before it, in ms (default: '
                     f'{lengths("warmup_ms")})')
    run.add_argument('--object-size', metavar='SIZE',
                     help='as driftbench takes it (default: 64B)')
    run.add_argument('--magazine', metavar='N',
                     help='as driftbench takes it (default: 64)')
    run.add_argument('--seed', type=counted(0, 2 ** 32), metavar='N',
                     help='of the order and of the trials (default: any)')
    run.add_argument('--budget', type=counted(1, 86400), metavar='S',
                     help='begin no round that would end later, in s '
                     f'(default: {lengths("budget_s")}; none with --rounds '
                     'or --time)')


def parser(description):
    """The command line."""
    top = Parser(
        prog='bench.py', allow_abbrev=False, description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest='command', required=True)
    run = commands.add_parser(
        'run', allow_abbrev=False, help='measure and print the tables',
        epilog='BENCH_ARGS in the environment holds further flags.')
    run_flags(run)
    run.set_defaults(parser=run)
    for name, kept, does in (
            ('table', ('results',), 'print the tables again'),
            ('plot', ('results',), 'write the report again, into the folder'),
            ('picture', ('results',), 'draw the leak, for README.md'),
            ('compare', ('a', 'b'), 'print what changed beyond noise')):
        made = commands.add_parser(name, allow_abbrev=False, help=does)
        for what in kept:
            made.add_argument(what, help='a results folder or results.jsonl')
        made.set_defaults(parser=made)
    return top


def parse(description, words):
    """The arguments, all of them known."""
    args, unknown = parser(description).parse_known_args(words)
    if unknown:
        args.parser.error(f'unknown argument {unknown[0]}')
    return args
