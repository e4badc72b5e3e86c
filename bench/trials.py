# SPDX-License-Identifier: MIT
"""Trials: a process each, in shuffled rounds, and what they report.

In a round all rows of a case run back to back, so that a ratio of two rows is
taken under the same conditions.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import plan

TRIAL_LIMIT_S = 60
# A process starts, makes its team and ends in about so long.
PROCESS_MS = 20


class Settings(NamedTuple):
    """What a run was asked for; `run` goes into every record."""
    programs: str
    chosen: str
    preloads: dict
    flags: tuple
    rounds: int
    time_ms: int
    warmup_ms: int
    smoke: bool
    seed: int
    budget_s: float
    run: dict


class Unusable(Exception):
    """A report that is none of the cell's; says why."""


def say(text):
    """One line for the person who waits."""
    print(text, file=sys.stderr, flush=True)


def command(cell, settings, number):
    """The command of a cell's trial in round `number`."""
    program = plan.program(cell.row, settings.chosen)
    return [os.path.join(settings.programs, program), '--format', 'jsonl',
            '--seed', str(settings.seed + number), *settings.flags,
            *plan.flags(cell, settings.smoke, settings.warmup_ms,
                        settings.time_ms)]


def report_refuse(word):
    """JSON has no NaN."""
    raise ValueError(f'{word} is no number')


def report_read(cell, text):
    """The report that a program printed, if it is one of this cell."""
    backend, malloc = plan.expected(cell.row)
    try:
        report = json.loads(text, parse_constant=report_refuse)
        measured, ran = report['backend'], report['env']['malloc'] or ''
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f'its report is unusable: {error!r}') from error
    if measured != backend:
        raise Unusable(f'it measured {measured}, not {backend}')
    if malloc not in ran:
        raise Unusable(f'it ran malloc of {ran}, not of {malloc}')
    return report


def ending(status):
    """What a process's status says; None for success."""
    if status < 0:
        return f'killed by {signal.Signals(-status).name}'
    return f'exit status {status}' if status else None


def run_program(words, preload):
    """Runs a program.  Returns (its output, what it said, what failed)."""
    environment = dict(os.environ)
    if preload:
        environment['LD_PRELOAD'] = preload
    try:
        done = subprocess.run(words, env=environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=TRIAL_LIMIT_S)
        failed = ending(done.returncode)
    except subprocess.TimeoutExpired as error:
        done, failed = error, f'took more than {TRIAL_LIMIT_S} s'
    except OSError as error:
        return '', '', str(error)
    return (*((text or b'').decode(errors='replace')
              for text in (done.stdout, done.stderr)), failed)


def run_trial(cell, settings, number):
    """Runs one trial.  Returns its record, which there always is.

    `failed` in it says why the trial failed, or is None.  A trial that failed
    may have measured all the same; without `ns_per_pair` it has not.
    """
    out, said, failed = run_program(command(cell, settings, number),
                                    settings.preloads.get(cell.row))
    report = {}
    if out or not failed:
        try:
            report = report_read(cell, out)
        except Unusable as error:
            failed = f'{failed}; {error}' if failed else str(error)
    return {**report, 'run': settings.run, 'title': cell.case.title(),
            'row': cell.row, 'chosen': cell.row == settings.chosen,
            'round': number, 'failed': failed, 'stderr': said}


def duration_s(cells, settings):
    """About how long so many trials take."""
    return cells * (settings.time_ms + settings.warmup_ms + PROCESS_MS) / 1000


def told(record):
    """What failed in a trial, and what its program said."""
    lines = [f'{record["title"]}, {record["row"]}, round {record["round"]}: '
             f'{record["failed"] or "its program says"}']
    lines += [f'    {said}' for said in record['stderr'].splitlines()]
    return '\n'.join(lines)


class Progress:
    """How far a run is, on stderr: a living line on a terminal."""

    def __init__(self, trials, estimate_s):
        self.start = time.monotonic()
        self.trials = trials
        self.done = 0
        self.estimate_s = estimate_s
        self.living = sys.stderr.isatty()

    def left(self):
        """Where it is, and the seconds to go by the trials done so far."""
        seconds = self.estimate_s
        if self.done:
            passed = time.monotonic() - self.start
            seconds = passed * (self.trials - self.done) / self.done
        return f'trial {self.done}/{self.trials}, about {seconds:.0f} s left'

    def round(self, number, rounds):
        """A round begins."""
        if not self.living:
            say(f'round {number}/{rounds}: {self.left()}')

    def trial(self, cell):
        """A trial begins."""
        if self.living:
            print(f'\r\033[K{self.left()}: {cell.case.title()}, {cell.row}',
                  end='', file=sys.stderr, flush=True)

    def end(self):
        """Nothing more to come, or something else to say."""
        if self.living:
            print('\r\033[K', end='', file=sys.stderr, flush=True)

    def ended(self, record):
        """A trial is over."""
        self.done += 1
        if record['failed'] or record['stderr']:
            self.end()
            say(told(record))


def run_round(groups, settings, number, shuffle, progress, keep):
    """All cells once, each record to keep().  Did all of them succeed?"""
    good = True
    for group in shuffle.sample(groups, len(groups)):
        for cell in shuffle.sample(group, len(group)):
            progress.trial(cell)
            record = run_trial(cell, settings, number)
            progress.ended(record)
            keep(record)
            good = good and not record['failed']
    return good


def run_rounds(groups, settings, keep):
    """All rounds that the budget has room for, each record to keep().

    Returns whether all trials succeeded.
    """
    trials = settings.rounds * sum(len(group) for group in groups)
    shuffle = random.Random(settings.seed)
    progress = Progress(trials, duration_s(trials, settings))
    good, longest_s = True, 0
    start = time.monotonic()
    for number in range(1, settings.rounds + 1):
        began = time.monotonic()
        if began - start + longest_s > settings.budget_s:
            progress.end()
            say(f'stopping after round {number - 1} of {settings.rounds}: '
                f'another one would exceed {settings.budget_s:g} s')
            break
        progress.round(number, settings.rounds)
        good &= run_round(groups, settings, number, shuffle, progress, keep)
        longest_s = max(longest_s, time.monotonic() - began)
    progress.end()
    return good
