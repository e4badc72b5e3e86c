#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py: measures all rows of the tables, and prints the tables.

    bench.py run [flags]     measure, print, keep the results
    bench.py table DIR       print the tables of kept results
    bench.py plot DIR        write their summary, pictures and page again
    bench.py picture DIR     draw bench/leak.svg, which README.md shows
    bench.py compare A B     print what changed between two, beyond noise

Exit status: 0; 1 a trial failed (an invariant did not hold); 2 bad usage;
130 interrupted.  What is fast or slow, or disturbed, or misses a target, never
changes it.
"""
import json
import os
import random
import shlex
import sys
import textwrap
import time

from report import (compare, gbench, gnuplot, layout, leak, page, plan, plots,
                    programs, summary, tables, targets, trials)
from report.arguments import LENGTHS, fail, further, parse
from report.records import FILE, Unusable, load


def results_open(build, run):
    """The results file of a run, and the link `latest` to its directory.

    A smoke run, as the tests have it, leaves the link of others alone.
    """
    top = os.path.join(build, 'bench-results')
    directory = os.path.join(top, run['id'])
    link = os.path.join(top, 'latest-smoke' if run['smoke'] else 'latest')
    try:
        os.makedirs(directory, exist_ok=True)
        new = f'{link}.{os.getpid()}'
        os.symlink(run['id'], new)
        os.replace(new, link)
        return open(os.path.join(directory, FILE), 'a',
                    encoding='utf-8')
    except OSError as error:
        fail(f'{error.filename}: {error.strerror}; allowed: --build with a '
             'directory that can be written')


def settings_make(args, words, preset):
    """What the arguments ask for."""
    folder = os.path.join(args.build, 'bench')
    flags = ()
    for flag, value in (('--object-size', args.object_size),
                        ('--magazine', args.magazine)):
        flags += (flag, value) if value is not None else ()
    short = args.smoke or preset == 'smoke'
    smoke = short and not args.time
    if smoke and args.warmup is not None:
        fail('--warmup is not allowed with --smoke, unless --time is given')
    length = LENGTHS['smoke' if short else preset]
    time_ms = args.time or length.time_ms
    warmup_ms = length.warmup_ms if args.warmup is None else args.warmup
    seed = args.seed
    if seed is None:
        seed = random.SystemRandom().randrange(2 ** 32)
    now, git = time.gmtime(), programs.revision()
    return trials.Settings(
        programs=folder,
        chosen='' if args.dry_run else programs.chosen_backend(folder, flags),
        preloads=programs.preloads_find(), flags=flags,
        rounds=args.rounds or length.rounds, time_ms=time_ms,
        warmup_ms=warmup_ms, smoke=smoke, seed=seed,
        budget_s=args.budget or (
            float('inf') if args.rounds or args.time else length.budget_s),
        run={'id': f'{time.strftime("%Y%m%dT%H%M%SZ", now)}-{git}',
             'git': git, 'seed': seed, 'smoke': smoke, 'preset': preset,
             'each': 'as short as --smoke makes it' if smoke else
                     length.each or
                     f'{warmup_ms} ms before {time_ms} measured ms',
             'time': time.strftime('%Y-%m-%d %H:%M UTC', now),
             'command': shlex.join(['bench/bench.py', 'run'] + words)})


def rows_there(args, settings, preset):
    """The rows asked for that can be measured; says which cannot, and why.

    Before anything was built, a plan has all of them.
    """
    if args.dry_run and not os.path.isdir(settings.programs):
        return args.rows
    planned = {cell.row for group in plan.cells(preset, args.cases, args.rows)
               for cell in group}
    lacks = programs.left_out(
        settings.programs, settings.chosen, settings.preloads,
        [row for row in args.rows if row in planned])
    settings.run['left_out'] = list(lacks)
    for row, what in lacks.items():
        trials.say(f'{row} is left out: {what}; ci/deps installs what it '
                   'needs')
    return [row for row in args.rows if row not in lacks]


def plan_print(groups):
    """What would be measured."""
    for group in groups:
        print(f'{group[0].case.title()}: '
              f'{", ".join(cell.row for cell in group)}')


def tables_print(records):
    """All tables, the targets and the method; what failed comes last.

    Sweeps are for plots, and too long to read.
    """
    colour = layout.colourful(sys.stdout)
    read = [record for record in records if record['axis'] is None] or records
    for table in [*tables.measures(read), targets.table(read)]:
        print(layout.layout(table, colour)
              + textwrap.fill(tables.caption(read), layout.WIDTH) + '\n')
    if len(read) < len(records):
        print(f'Sweeps: {len(records) - len(read)} trials more, of which '
              'there are plots.\n')
    print(tables.method(records))
    failed = [trials.told(record) for record in records if record['failed']]
    if failed:
        print(layout.paint('\nFAILED', layout.RED) if colour else '\nFAILED',
              *failed, sep='\n')


def report(directory, records):
    """Writes all that there is to read, beside the results."""
    try:
        # The page holds the pictures.
        for part in (summary.write, plots.draw, page.write, gbench.write):
            part(directory, records)
    except OSError as error:
        fail(f'{error.filename}: {error.strerror}; allowed: a results folder '
             'that can be written')
    trials.say(f'report: {os.path.join(directory, page.FILE)}')


def announcement(groups, settings):
    """What a run does and how long it takes, before it begins."""
    cells = sum(len(group) for group in groups)
    seconds = trials.duration_s(groups, settings)
    most = '' if settings.budget_s == float('inf') else \
        f', at most {settings.budget_s:g} s with what is tried again'
    return (f'{cells} cells x {settings.rounds} rounds, a process each, '
            f'{settings.run["each"]}: about {seconds:.0f} s{most}; '
            f'seed {settings.seed}')


def measure(groups, settings, out, records):
    """Runs the trials, keeps each at once.  Returns the exit status."""
    def keep(record):
        """An interrupt loses nothing of it."""
        records.append(record)
        out.write(json.dumps(record, allow_nan=False) + '\n')
        out.flush()

    try:
        return 0 if trials.run_rounds(groups, settings, keep) else 1
    except KeyboardInterrupt:
        trials.say('\ninterrupted; once more to end without the tables')
        return 130


def run(args, words):
    """Measures and prints.  Returns the exit status."""
    preset = args.preset or ('smoke' if args.smoke else 'quick')
    settings = settings_make(args, words, preset)
    groups = plan.cells(preset, args.cases,
                        rows_there(args, settings, preset))
    if not groups:
        fail('no cell is left; allowed: --cases and --rows that meet in '
             f'--preset {preset}, built; --preset full has the most')
    if args.dry_run:
        plan_print(groups)
        print(announcement(groups, settings))
        return 0
    trials.say(announcement(groups, settings))
    records = []
    with results_open(args.build, settings.run) as out:
        status = measure(groups, settings, out, records)
    tables_print(records)
    trials.say(f'results: {out.name}')
    if records:
        report(os.path.dirname(out.name), records)
    return status


def table(args):
    """Prints kept results.  Returns the exit status."""
    records = load(args.results)
    tables_print(records)
    return 1 if any(record['failed'] for record in records) else 0


def plot(args):
    """Writes the report again, as of what lies in the folder now."""
    records = load(args.results)
    folder = args.results
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder) or os.curdir
    report(folder, records)
    return 0


def picture(args):
    """Draws the leak, beside this file.  Returns the exit status."""
    try:
        print(leak.write(load(args.results), os.path.dirname(
            os.path.abspath(__file__))))
    except gnuplot.Missing:
        fail('no picture: gnuplot is not installed; ci/deps does it')
    except gnuplot.Failed as error:
        fail(f'no picture: gnuplot says {error}')
    except OSError as error:
        fail(f'{error.filename}: {error.strerror}; allowed: a source tree '
             'that can be written')
    return 0


def main():
    """Returns the exit status."""
    # The sign of about is no ASCII.
    sys.stdout.reconfigure(errors='replace')
    words = sys.argv[1:]
    if words[:1] == ['run']:
        words += further()
    args = parse(__doc__, words)
    try:
        return {'run': lambda: run(args, words[1:]),
                'table': lambda: table(args),
                'plot': lambda: plot(args),
                'picture': lambda: picture(args),
                'compare': lambda: compare.main(args.a, args.b),
                }[args.command]()
    except (programs.Unfit, Unusable) as error:
        return fail(error)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
