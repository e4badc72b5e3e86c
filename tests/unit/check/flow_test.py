#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flow_test: the net flow that flow.bt draws is what the workers exchanged.

    flow_test.py SCRIPT PLAIN PROGRAM...

Runs the script on the case pipe of each PROGRAM, a driftbench with probes, one
worker of which only borrows while the other one only returns: all that one
takes from the pool the other one gives, but for what was constructed.  PLAIN is
a driftbench without probes.  Exit status: 0; 1 something is wrong; 77 bpftrace
is not there, or may not trace.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
OPS = 200000
# Nothing here lasts so long, however slow the machine.
SECONDS = 150
CASE = ['--case', 'pipe', '--workers', '2', '--warmup', '0', '--ops', str(OPS),
        '--format', 'jsonl', '--out']


def lacks(program):
    """Why nothing can be traced here; empty if it can."""
    if not shutil.which('bpftrace'):
        return 'no bpftrace'
    # Any place in the program will do: not its probes, they are to be tested.
    done = subprocess.run(
        ['bpftrace', '-e', f'uprobe:{program}:main {{ exit(); }} '
         'BEGIN { exit(); }'], capture_output=True, text=True, check=False,
        timeout=SECONDS)
    return f'bpftrace may not trace: {done.stderr}' if done.returncode else ''


def until_drawn(tracer):
    """Waits until the script draws once a second; returns whether it does."""
    for line in tracer.stdout:
        if re.fullmatch(r'\d\d:\d\d:\d\d\n', line):
            return True
    return False


def draw(text, program):
    """(what a script drew at the end, the report of the program or None).

    The program opens its report before it makes a pool, and waits at a pipe
    until that is read: so the script sees all of the pool's life.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'flow.bt').write_text(text, 'utf-8')
        os.mkfifo(folder / 'report')
        with subprocess.Popen([program, *CASE, str(folder / 'report')]) as run:
            with subprocess.Popen(
                    ['timeout', str(SECONDS), 'bpftrace', '-B', 'none',
                     str(folder / 'flow.bt'), '-p', str(run.pid)], text=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL) as tracer:
                if not until_drawn(tracer):
                    run.kill()
                    return '', None
                report = (folder / 'report').read_text('utf-8')
                return tracer.communicate()[0], json.loads(report)


def flows(drawn):
    """{seat: net flow} of what was drawn last, without those of nothing."""
    found = {seat: int(flow) for seat, flow in re.findall(
        r'^@flow\[pipe, (-?\d+)\]: (-?\d+)$', drawn, re.M)}
    return {seat: flow for seat, flow in found.items() if flow != 0}


def wrong(text, program):
    """What is not as it should be when that script looks at that program."""
    drawn, report = draw(text, program)
    if report is None:
        return 'nothing is drawn'
    found = flows(drawn)
    constructed = report['pool']['constructed']
    if sorted(flow > 0 for flow in found.values()) != [False, True]:
        return f'not one worker that takes and one that gives: {found}'
    # What was constructed was lent, but not taken; a few objects were still out
    # when the last operation was done, and go back by the borrower.
    late = OPS - max(found.values())
    if (sum(found.values()) != constructed
            or not 0 <= late <= report['pool']['peak_in_use']):
        return (f'{OPS} operations and {constructed} objects constructed, '
                f'but the flows are {found}')
    return ''


def main():
    """Returns the exit status."""
    script, plain, *programs = sys.argv[1:]
    why = lacks(programs[0])
    if why:
        print(f'skipped: {why}')
        return SKIPPED
    text = pathlib.Path(script).read_text('utf-8')
    errors = []
    for program in programs:
        error = wrong(text, program)
        if error:
            errors.append(f'{program}: {error}')
    # The controls: a probe that there is not, a flow of the wrong sign, a flow
    # that is not counted, a program without probes.
    for old, new in (('driftpool:refill', 'driftpool:refil'),
                     ('sum(0 - (int64)arg2)', 'sum((int64)arg2)'),
                     ('sum(0 - (int64)arg2)', 'sum(0)')):
        if text.count(old) != 1:
            errors.append(f'flow.bt has not once: {old}')
        elif not wrong(text.replace(old, new), programs[0]):
            errors.append(f'not noticed: {old} is {new}')
    if not wrong(text, plain):
        errors.append(f'not noticed: {plain} has no probes')
    print('\n'.join(errors))
    return 1 if errors else 0


sys.exit(main())
