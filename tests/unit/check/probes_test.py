#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""probes_test: the probes that a library has, and that flow.bt asks for.

    probes_test.py SCRIPT BACKEND LIBRARY

Reads the library's notes with readelf, since tracing needs root and a kernel
that lets it.  Exit status: 0; 1 something is wrong.
"""
import re
import subprocess
import sys

# How many arguments each one has.
ARGUMENTS = {'refill': 3, 'flush': 3, 'miss': 2, 'trim': 3, 'construct': 2,
             'destruct': 2, 'steal': 2, 'park': 3, 'takeover': 3}


def probes(notes):
    """{name: {number of arguments, ...}} of what readelf -n printed."""
    found = {}
    for match in re.finditer(r'Provider: driftpool\s+Name: (\w+)\s+'
                             r'Location:.*\s+Arguments:(.*)', notes):
        found.setdefault(match.group(1), set()).add(
            len(re.findall(r'@', match.group(2))))
    return found


def wrong(found, backend):
    """What the probes of a library are not as they should be."""
    expected = {name: {count} for name, count in ARGUMENTS.items()
                if name != 'steal' or backend == 'percpu'}
    return [f'{name}: arguments {sorted(found.get(name, []))}, expected '
            f'{sorted(expected.get(name, []))}'
            for name in sorted(set(found) | set(expected))
            if found.get(name) != expected.get(name)]


def script_errors(text):
    """Probes that the script asks for and there are not, or not so."""
    errors = []
    for name, body in re.findall(r'usdt:\*:driftpool:(\w+)\n\{(.*?)\n\}',
                                 text, re.S):
        used = [int(n) for n in re.findall(r'\barg(\d)', body)]
        if max(used, default=0) >= ARGUMENTS.get(name, 0):
            errors.append(f'flow.bt: {name} has no arg{max(used)}')
    # Whatever the backend is: bpftrace refuses a script that asks for more.
    asked = sorted(re.findall(r'usdt:\*:driftpool:(\w+)', text))
    if asked != sorted(set(ARGUMENTS) - {'steal'}):
        errors.append('flow.bt: it does not ask once for each probe that all '
                      'backends have')
    return errors


def main():
    """Returns the exit status."""
    script, backend, library = sys.argv[1:]
    notes = subprocess.run(['readelf', '-n', library], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    with open(script, encoding='utf-8') as file:
        text = file.read()
    errors = wrong(probes(notes), backend) + script_errors(text)
    # The controls: one probe gone, one argument gone, one that is not there.
    for old, new in (('Name: miss', 'Name: mess'), ('Provider: driftpool',
                                                    'Provider: other')):
        if not wrong(probes(notes.replace(old, new)), backend):
            errors.append(f'not noticed: {old} is {new}')
    for old, new in (('driftpool:flush', 'driftpool:flash'),
                     ('driftpool:miss', 'driftpool:steal'),
                     ('arg1', 'arg9')):
        if not script_errors(text.replace(old, new)):
            errors.append(f'not noticed: {old} is {new}')
    print('\n'.join(errors))
    return 1 if errors else 0


sys.exit(main())
