# SPDX-License-Identifier: MIT
"""The programs that measure: which there are, and what they were built from.
"""
import glob
import json
import os
import subprocess
import sys

from report import plan

SOURCE = os.path.dirname(os.path.abspath(__file__))


class Unfit(Exception):
    """The programs cannot be used; says why, and what is allowed."""


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
            raise Unfit(done.stderr.strip())
        return json.loads(done.stdout)['backend']
    except OSError as error:
        raise Unfit(f'{program} does not run: {error.strerror}; allowed: '
                    '--build with a directory in which driftpool was built'
                    ) from error
    except (ValueError, KeyError) as error:
        raise Unfit(f'{program} does not tell its backend: {error!r}; '
                    'allowed: one of this version') from error


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


def preloads_find():
    """The libraries to preload that there are, by row."""
    found = {row: preload_find(names)
             for row, names in plan.ALLOCATORS.items()}
    return {row: path for row, path in found.items() if path}


def left_out(programs, chosen, preloads, rows):
    """{row: what it lacks}, of the rows that cannot be measured."""
    lacks = {}
    for row in rows:
        program = os.path.join(programs, plan.program(row, chosen))
        if row in plan.ALLOCATORS and row not in preloads:
            lacks[row] = f'no {" or ".join(plan.ALLOCATORS[row])}'
        elif not os.access(program, os.X_OK):
            lacks[row] = f'{program} is not built'
    return lacks


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


def of_smoke(chosen):
    """The programs that the preset smoke runs, with such a library."""
    return {plan.program(cell.row, chosen) for group in plan.cells('smoke')
            for cell in group} | {'driftbench'}


if __name__ == '__main__':
    # For Meson: the allocators that can be measured, and what smoke needs.
    print(*preloads_find())
    print(*of_smoke(sys.argv[1]))
