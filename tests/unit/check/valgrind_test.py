#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""valgrind_test: Valgrind reports what uses an object that the pool has.

    valgrind_test.py PROGRAM shown|hidden

Runs the program of late.c under memcheck; and on its own and under another
tool, where a library without checks must show its cache to the inline path.
Exit status: 0; 1 something is wrong.
"""
import subprocess
import sys

STATUS = 99
MEMCHECK = ['valgrind', '-q', f'--error-exitcode={STATUS}']
LATE = 'Invalid write of size 1'
# What is reported of each misuse; of the last one in libraries without checks.
MISUSES = {'late': LATE, 'bulk': LATE, 'thread': LATE, 'reserved': LATE,
           'twice': 'Invalid free()'}


def run(*command):
    """(exit status, stdout, stderr)."""
    done = subprocess.run(command, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.strip(), done.stderr


def main():
    """Returns the exit status."""
    program, cache = sys.argv[1:]
    errors = []
    for deed, report in MISUSES.items():
        if deed == 'twice' and cache == 'hidden':
            continue
        status, _, said = run(*MEMCHECK, program, deed)
        if status != STATUS or report not in said:
            errors.append(f'{deed}: not reported, status {status}: {said}')
    # The control: what is right is not reported.
    status, _, said = run(*MEMCHECK, program, 'well')
    if status != 0 or said:
        errors.append(f'well: status {status}: {said}')
    for around, expected in (((), cache), (('valgrind', '--tool=none'), cache),
                             (MEMCHECK, 'hidden')):
        status, found, said = run(*around, program, 'seen')
        if status != 0 or found != expected:
            errors.append(f'{" ".join(around) or "native"}: the cache is '
                          f'"{found}", not "{expected}": {said}')
    print('\n'.join(errors))
    return 1 if errors else 0


sys.exit(main())
