# SPDX-License-Identifier: MIT
"""Trials: a process each, in shuffled rounds, and what they report.

In a round all rows of a case run back to back, so that a ratio of two rows is
taken under the same conditions.  So do they when a disturbed trial is tried
again, and what was disturbed stays, with its mark.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import NamedTuple

from report import plan
from report.records import OF_TRIAL, SCHEMA, Unusable, lacking, refuse

TRIAL_LIMIT_S = 60
# Of the cases with disturbed trials.
FURTHER_ROUNDS = 2
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


def report_read(cell, text):
    """The report that a program printed, if it is one of this cell."""
    backend, malloc = plan.expected(cell.row)
    try:
        report = json.loads(text, parse_constant=refuse)
    except ValueError as error:
        raise Unusable(f'its report is unusable: {error}') from error
    if not isinstance(report, dict) or report.get('schema') != SCHEMA:
        raise Unusable(f'its report is not of schema {SCHEMA}')
    key = lacking(report, OF_TRIAL)
    if key:
        raise Unusable(f'its report has no usable {key}')
    if report['backend'] != backend:
        raise Unusable(f'it measured {report["backend"]}, not {backend}')
    ran = report['env']['malloc'] or ''
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
            'axis': cell.case.axis(), 'x': cell.case.x, 'row': cell.row,
            'chosen': cell.row == settings.chosen, 'round': number,
            'failed': failed, 'stderr': said}


def duration_s(groups, settings):
    """About how long all rounds of these cells take."""
    short = settings.warmup_ms + settings.time_ms
    round_ms = sum(
        PROCESS_MS + (short if settings.smoke else plan.about_ms(
            cell, settings.warmup_ms, settings.time_ms))
        for group in groups for cell in group)
    return settings.rounds * round_ms / 1000


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

    def further(self, number, groups):
        """A round more of some cases, since trials were disturbed."""
        self.trials += sum(map(len, groups))
        self.end()
        say(f'round {number}, of {len(groups)} cases with disturbed trials: '
            f'{self.left()}')

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


class Rounds:
    """All rounds of a run: which are due, and what they cost so far.

    clean: by cell, how many trials were not disturbed; longest_s: by case,
    the longest time that a round of it took.
    """

    def __init__(self, groups, settings, keep):
        self.groups = groups
        self.settings = settings
        self.keep = keep
        self.shuffle = random.Random(settings.seed)
        trials = settings.rounds * sum(map(len, groups))
        self.progress = Progress(trials, duration_s(groups, settings))
        self.clean = collections.Counter()
        self.longest_s = collections.Counter()
        self.good = True

    def trial(self, cell, number):
        """Runs one trial."""
        self.progress.trial(cell)
        record = run_trial(cell, self.settings, number)
        self.progress.ended(record)
        self.keep(record)
        self.good = self.good and not record['failed']
        if not (record.get('noise') or {}).get('flag'):
            self.clean[cell] += 1

    def round(self, groups, number):
        """All cells of these cases once."""
        for group in self.shuffle.sample(groups, len(groups)):
            began = time.monotonic()
            for cell in self.shuffle.sample(group, len(group)):
                self.trial(cell, number)
            passed = time.monotonic() - began
            self.longest_s[group[0].case] = max(
                passed, self.longest_s[group[0].case])

    def due(self, number):
        """The cases to run in a round: beyond the last one those of which a
        cell has fewer undisturbed trials than there were to be rounds.
        """
        if number <= self.settings.rounds:
            return self.groups
        return [] if self.settings.smoke else [
            group for group in self.groups
            if any(self.clean[cell] < self.settings.rounds for cell in group)]

    def cost_s(self, groups):
        """How long a round of these cases may take."""
        return sum(self.longest_s[group[0].case] for group in groups)

    def run(self):
        """All that the budget has room for.  Did all trials succeed?"""
        wanted, start = self.settings.rounds, time.monotonic()
        for number in range(1, wanted + FURTHER_ROUNDS + 1):
            groups = self.due(number)
            if not groups:
                break
            end_s = time.monotonic() - start + self.cost_s(groups)
            if end_s > self.settings.budget_s:
                self.progress.end()
                say(f'stopping after round {number - 1}, of {wanted} and '
                    f'{FURTHER_ROUNDS} more of what was disturbed: another '
                    f'one would exceed {self.settings.budget_s:g} s')
                break
            if number <= wanted:
                self.progress.round(number, wanted)
            else:
                self.progress.further(number, groups)
            self.round(groups, number)
        self.progress.end()
        return self.good


def run_rounds(groups, settings, keep):
    """All rounds that the budget has room for, each record to keep().

    Returns whether all trials succeeded.
    """
    return Rounds(groups, settings, keep).run()
