#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""valgrind_test: Valgrind reports what uses an object that the pool has.

    valgrind_test.py PROGRAM

Runs the program of late.c under memcheck.  Exit status: 0; 1 something is
wrong.
"""
import subprocess
import sys

STATUS = 99


def run(program, deed):
    """(exit status, what Valgrind says)."""
    done = subprocess.run(['valgrind', '-q', f'--error-exitcode={STATUS}',
                           program, deed], text=True, check=False,
                          stderr=subprocess.PIPE)
    return done.returncode, done.stderr


def main():
    """Returns the exit status."""
    errors = []
    for deed in ('late', 'reserved'):
        status, said = run(sys.argv[1], deed)
        if status != STATUS or 'Invalid write of size 1' not in said:
            errors.append(f'{deed}: not reported, status {status}: {said}')
    # The control: what is right is not reported.
    status, said = run(sys.argv[1], 'well')
    if status != 0 or said:
        errors.append(f'well: status {status}: {said}')
    print('\n'.join(errors))
    return 1 if errors else 0


sys.exit(main())
