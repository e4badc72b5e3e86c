# SPDX-License-Identifier: MIT
"""gnuplot, the program: what it is told goes in, and an SVG comes out."""
import re
import subprocess
from xml.etree import ElementTree

SVG = 'http://www.w3.org/2000/svg'
LINK = 'http://www.w3.org/1999/xlink'
LIMIT_S = 30


class Missing(Exception):
    """It is not installed."""


class Failed(Exception):
    """It could not draw; holds what it said."""


def quoted(text):
    """A text as gnuplot takes it, whatever is in it.

    Between single quotes nothing is special but they themselves: neither
    backquotes, which would run a program, nor macros, nor backslashes.
    """
    plain = ''.join(c if c.isprintable() else ' ' for c in text)
    return "'" + plain.replace("'", "''") + "'"


def run(script):
    """What gnuplot writes for a script."""
    try:
        done = subprocess.run(
            ['gnuplot', '--default-settings', '-'], input=script,
            capture_output=True, encoding='utf-8', check=False,
            timeout=LIMIT_S)
    except FileNotFoundError as error:
        raise Missing('no gnuplot') from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(str(error)) from error
    # Even a script that went wrong half way may end well.
    if done.returncode or done.stderr.strip():
        raise Failed(' '.join(done.stderr.split()) or
                     f'exit status {done.returncode}')
    return done.stdout


def named(root, name):
    """Names what has an id for the picture, so that two go on one page."""
    for element in root.iter():
        for key, value in element.items():
            if key == 'id':
                element.set(key, f'{name}-{value}')
            elif key == f'{{{LINK}}}href':
                element.set(key, f'#{name}-{value[1:]}')
            else:
                element.set(key, re.sub(r'url\(#', f'url(#{name}-', value))


def described(root, title, description):
    """Says what it shows to those who cannot see it."""
    for key, text in (('title', title), ('desc', description)):
        root.find(f'{{{SVG}}}{key}').text = text
    root.set('role', 'img')
    root.set('aria-label', f'{title}. {description}')


def svg(script, name, title, description):
    """An SVG of a script, with ids of its own, titled and described."""
    for prefix, uri in (('', SVG), ('xlink', LINK)):
        ElementTree.register_namespace(prefix, uri)
    try:
        root = ElementTree.fromstring(run(script).encode())
    except ElementTree.ParseError as error:
        raise Failed(f'its SVG is none: {error}') from error
    named(root, name)
    described(root, title, description)
    return ElementTree.tostring(root, encoding='unicode') + '\n'
