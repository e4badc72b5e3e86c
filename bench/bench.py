#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py: measures all rows of the tables, and prints the tables.

    bench.py run [flags]     measure, print, keep the results
    bench.py table FILE      print the tables of kept results

Exit status: 0; 1 a trial failed (an invariant did not hold); 2 bad usage.
What is fast or slow, or noisy, or misses a target, never changes it.
"""
import argparse
import glob
import json
import os
import random
import shlex
import subprocess
import sys
import time

import plan
import tables
import targets
import trials

# 50 cells x 7 rounds x 0.21 s are 74 s.
ROUNDS = 7
TIME_MS = 150
WARMUP_MS = 40
SMOKE_TIME_MS = 20
BUDGET_S = 85
SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def fail(text):
    """Bad usage: one line, and the end."""
    sys.stderr.write(f'bench.py: {text}\n')
    sys.exit(2)


class Parser(argparse.ArgumentParser):
    """Says what was wrong, and what is allowed, in one line."""

    def error(self, message):
        fail(f'{message}; {" ".join(self.format_usage().split())}')


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


def parser():
    """The command line."""
    top = Parser(
        prog='bench.py', allow_abbrev=False, description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest='command', required=True)
    run = commands.add_parser(
        'run', allow_abbrev=False, help='measure and print the tables',
        epilog='BENCH_ARGS in the environment holds further flags.')
    run.add_argument('--build', default='build', metavar='DIR',
                     help='the build directory (default: %(default)s)')
    run.add_argument('--smoke', action='store_true',
                     help='one round of the shortest trials')
    run.add_argument('--dry-run', action='store_true',
                     help='print what would be measured')
    run.add_argument('--cases', type=listed(plan.CASES, 'case'),
                     default=plan.CASES, metavar='A,B',
                     help=', '.join(plan.CASES))
    run.add_argument('--rows', type=listed(plan.ROWS, 'row'),
                     default=plan.ROWS, metavar='A,B',
                     help=', '.join(plan.ROWS))
    run.add_argument('--rounds', type=counted(1, 1000), metavar='N',
                     help=f'of all cells (default: {ROUNDS})')
    run.add_argument('--time', type=counted(1, 50000), metavar='MS',
                     help=f'of a trial, in ms (default: {TIME_MS})')
    run.add_argument('--warmup', type=counted(0, 5000), metavar='MS',
                     help=f'before it, in ms (default: {WARMUP_MS})')
    run.add_argument('--object-size', metavar='SIZE',
                     help='as driftbench takes it (default: 64B)')
    run.add_argument('--magazine', metavar='N',
                     help='as driftbench takes it (default: 64)')
    run.add_argument('--seed', type=counted(0, 2 ** 32), metavar='N',
                     help='of the order and of the trials (default: any)')
    run.add_argument('--budget', type=counted(1, 86400), metavar='S',
                     help='begin no round that would end later, in s '
                     f'(default: {BUDGET_S}, or none with --rounds or --time)')
    run.set_defaults(parser=run)
    table = commands.add_parser('table', allow_abbrev=False,
                                help='print the tables again')
    table.add_argument('file', help='a results.jsonl')
    table.set_defaults(parser=table)
    return top


def chosen_backend(programs, flags):
    """The backend of the installed library, as its own program says.

    The program also says if it does not allow the flags.
    """
    program = os.path.join(programs, 'driftbench')
    try:
        done = subprocess.run(
            [program, '--dry-run', '--format', 'jsonl', *flags], text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode:
            fail(done.stderr.strip())
        return json.loads(done.stdout)['backend']
    except OSError as error:
        fail(f'{program} does not run: {error.strerror}; allowed: --build '
             'with a directory in which driftpool was built')
    except (ValueError, KeyError) as error:
        fail(f'{program} does not tell its backend: {error!r}')


def preload_find(names):
    """The path of the first of these libraries there is, or None."""
    listing = ''
    for tool in ('ldconfig', '/sbin/ldconfig'):
        try:
            listing = subprocess.run([tool, '-p'], text=True, check=False,
                                     stdout=subprocess.PIPE).stdout
            break
        except OSError:
            continue
    for name in names:
        for line in listing.splitlines():
            if line.split()[:1] == [name]:
                return line.split('=> ')[-1]
        found = glob.glob(f'/usr/lib/*-linux-gnu/{name}')
        if found:
            return found[0]
    return None


def preloads_find(rows):
    """The libraries to preload, by row; says which are missing."""
    found = {}
    for row, names in plan.ALLOCATORS.items():
        path = preload_find(names)
        if path:
            found[row] = path
        elif row in rows:
            trials.say(f'{row} is left out: no {" or ".join(names)}; '
                       'ci/deps installs it')
    return found


def revision():
    """The commit, with a mark if the tree differs from it."""
    try:
        said = subprocess.run(
            ['git', '-C', SOURCE, 'describe', '--always', '--dirty',
             '--exclude=*'], text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.strip()
    except OSError:
        said = ''
    return said or 'unknown'


def results_open(build, run_id):
    """The results file of a run, and the link `latest` to its directory."""
    top = os.path.join(build, 'bench-results')
    directory = os.path.join(top, run_id)
    link = os.path.join(top, 'latest')
    try:
        os.makedirs(directory, exist_ok=True)
        new = f'{link}.{os.getpid()}'
        os.symlink(run_id, new)
        os.replace(new, link)
        return open(os.path.join(directory, 'results.jsonl'), 'a',
                    encoding='utf-8')
    except OSError as error:
        fail(f'{error.filename}: {error.strerror}; allowed: --build with a '
             'directory that can be written')


def settings_make(args, words):
    """What the arguments ask for."""
    programs = os.path.join(args.build, 'bench')
    flags = ()
    for flag, value in (('--object-size', args.object_size),
                        ('--magazine', args.magazine)):
        flags += (flag, value) if value is not None else ()
    smoke = args.smoke and not args.time
    if smoke and args.warmup is not None:
        fail('--warmup is not allowed with --smoke, unless --time is given')
    time_ms = args.time or (SMOKE_TIME_MS if args.smoke else TIME_MS)
    warmup_ms = WARMUP_MS if args.warmup is None else args.warmup
    seed = args.seed
    if seed is None:
        seed = random.SystemRandom().randrange(2 ** 32)
    now, git = time.gmtime(), revision()
    return trials.Settings(
        programs=programs,
        chosen='' if args.dry_run else chosen_backend(programs, flags),
        preloads=preloads_find(args.rows), flags=flags,
        rounds=args.rounds or (1 if args.smoke else ROUNDS),
        time_ms=time_ms, warmup_ms=warmup_ms, smoke=smoke, seed=seed,
        budget_s=args.budget or (
            float('inf') if args.rounds or args.time else BUDGET_S),
        run={'id': f'{time.strftime("%Y%m%dT%H%M%SZ", now)}-{git}',
             'git': git, 'seed': seed, 'smoke': smoke,
             'each': 'as short as --smoke makes it' if smoke else
                     f'{warmup_ms} ms before {time_ms} measured ms',
             'time': time.strftime('%Y-%m-%d %H:%M UTC', now),
             'command': shlex.join(['bench/bench.py', 'run'] + words)})


def plan_print(groups):
    """What would be measured."""
    for group in groups:
        print(f'{group[0].case.title()}: '
              f'{", ".join(cell.row for cell in group)}')


def tables_print(records):
    """All tables, the targets and the method; what failed comes last."""
    for make in (tables.throughput, tables.memory, tables.drift,
                 targets.table):
        print(tables.layout(make(records)))
    print(tables.method(records))
    failed = [trials.told(record) for record in records if record['failed']]
    if failed:
        print('\nFAILED', *failed, sep='\n')


def run(args, words):
    """Measures and prints.  Returns the exit status."""
    settings = settings_make(args, words)
    groups = plan.cells(args.cases, [
        row for row in args.rows
        if row not in plan.ALLOCATORS or row in settings.preloads])
    if not groups:
        fail('no cell is left; allowed: --cases and --rows that meet')
    cells = sum(len(group) for group in groups)
    seconds = trials.duration_s(settings.rounds * cells, settings)
    summary = (f'{cells} cells x {settings.rounds} rounds, a process each, '
               f'{settings.run["each"]}: about {seconds:.0f} s; '
               f'seed {settings.seed}')
    if args.dry_run:
        plan_print(groups)
        print(summary)
        return 0
    trials.say(summary)
    records = []
    with results_open(args.build, settings.run['id']) as out:
        def keep(record):
            """At once, so that an interrupt loses nothing."""
            records.append(record)
            out.write(json.dumps(record, allow_nan=False) + '\n')
            out.flush()

        try:
            status = 0 if trials.run_rounds(groups, settings, keep) else 1
        except KeyboardInterrupt:
            trials.say('\ninterrupted')
            status = 130
    tables_print(records)
    trials.say(f'results: {out.name}')
    return status


def table(args):
    """Prints kept results.  Returns the exit status."""
    try:
        with open(args.file, encoding='utf-8') as file:
            records = [json.loads(line) for line in file]
        tables_print(records)
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f'{args.file}: {error!r}; allowed: a results.jsonl of a run')
    return 1 if any(record['failed'] for record in records) else 0


def main():
    """Returns the exit status."""
    # The sign of about is no ASCII.
    sys.stdout.reconfigure(errors='replace')
    words = sys.argv[1:]
    if words[:1] == ['run']:
        try:
            words += shlex.split(os.environ.get('BENCH_ARGS', ''))
        except ValueError as error:
            fail(f'BENCH_ARGS: {error}; allowed: words as a shell takes them')
    args, unknown = parser().parse_known_args(words)
    if unknown:
        args.parser.error(f'unknown argument {unknown[0]}')
    if args.command == 'table':
        return table(args)
    return run(args, words[1:])


if __name__ == '__main__':
    sys.exit(main())
