#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plant: builds an interleave test again, of copies of the sources with a
defect.

    plant.py BUILD NAME     plants the control NAME of controls.py
    plant.py --list         the names

The build directory says how the test is compiled.  What is replaced has to be
there exactly once; else the control has rotted, and that is an error.  Exit
status: 0 the test failed, as it must; 1 it did not; 2 bad usage.
"""
import json
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

import controls

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = 'tests/interleave'
LIBRARY = f'{HERE}/libdriftpool-interleave.a'
SECONDS = 300
# What is copied, each to the same place below the copies, which are looked
# through before the tree.
COPIED = ('pool', 'bench/fibers')


class Rotten(Exception):
    """A defect that cannot be planted, or a program that cannot be built."""


def replace(folder, name, old, new):
    """Replaces a text that is there once in a file of the copies."""
    path, = (path for copy in COPIED for path in (folder / copy).rglob(name))
    text = path.read_text('utf-8')
    if text.count(old) != 1:
        raise Rotten(f'{name} has {text.count(old)} times, not once: {old}')
    path.write_text(text.replace(old, new), 'utf-8')


def compile_one(build, entry, folder, more):
    """Compiles a file of the program against the copies; returns the
    object, and the words of the compiler."""
    command = []
    for word in shlex.split(entry['command']):
        if word.startswith('-I') and not pathlib.Path(word[2:]).is_absolute():
            where = (build / word[2:]).resolve()
            if where.is_relative_to(ROOT):
                command.append(f'-I{folder / where.relative_to(ROOT)}')
            word = f'-I{where}'
        command.append(word)
    source = (build / entry['file']).resolve()
    target = str(folder / (source.stem + '.o'))
    if (folder / source.relative_to(ROOT)).exists():
        source = folder / source.relative_to(ROOT)
    command[command.index('-o') + 1] = target
    command[command.index('-c') + 1] = str(source)
    # What is planted may well deserve a warning.
    command = [word for word in command if word not in ('-MD', '-Werror')]
    for option in ('-MQ', '-MF'):
        if option in command:
            at = command.index(option)
            del command[at:at + 2]
    done = subprocess.run(command + ['-w', '-O1', *more], cwd=build,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Rotten(f'{source.name} does not compile:\n{done.stderr}')
    # The words of the compiler, which may come behind those of a cache.
    first = next(at for at, word in enumerate(command)
                 if word.startswith('-'))
    return target, command[:first]


def compile_program(build, program, folder, more=()):
    """Builds the program of the copies in folder; returns its path."""
    commands = json.loads((build / 'compile_commands.json').read_text('utf-8'))
    entries = [entry for entry in commands
               if entry['output'].startswith(f'{HERE}/{program}.p/')]
    if not entries:
        raise Rotten(f'{build} has no program {program}')
    objects, compiler = [], []
    for entry in entries:
        built, compiler = compile_one(build, entry, folder, more)
        objects.append(built)
    path = str(folder / program)
    done = subprocess.run([*compiler, *objects, str(build / LIBRARY),
                           '-pthread', '-lurcu-bp', '-o', path],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Rotten(f'{program} does not link:\n{done.stderr}')
    return path


def caught(build, program, changes, scene='', more=()):
    """Plants changes and runs; returns (is it seen to fail, its output)."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for copy in COPIED:
            shutil.copytree(ROOT / copy, folder / copy)
        for change in changes:
            replace(folder, *change)
        path = compile_program(build, program, folder, more)
        only = ['--scene', scene] if scene else []
        done = subprocess.run([path, '--caught', *only], text=True,
                              stdout=subprocess.PIPE, timeout=SECONDS,
                              check=False)
        return done.returncode == 0, done.stdout


def main():
    """Returns the exit status."""
    if sys.argv[1:] == ['--list']:
        print('\n'.join(controls.CONTROLS))
        return 0
    if len(sys.argv) != 3 or sys.argv[2] not in controls.CONTROLS:
        print('plant: wants a build directory and a name; allowed: '
              f'{", ".join(controls.CONTROLS)}', file=sys.stderr)
        return 2
    control = controls.CONTROLS[sys.argv[2]]
    try:
        seen, output = caught(pathlib.Path(sys.argv[1]).resolve(),
                              control.program, control.changes,
                              control.scene, control.defines)
    except Rotten as error:
        print(f'plant: {error}', file=sys.stderr)
        return 2
    print(output, end='')
    if not seen:
        print(f'plant: {control.program} does not see {sys.argv[2]}')
    return 0 if seen else 1


if __name__ == '__main__':
    sys.exit(main())
