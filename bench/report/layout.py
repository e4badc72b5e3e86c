# SPDX-License-Identifier: MIT
"""A table as a terminal shows it."""
import os
import textwrap
from typing import NamedTuple

WIDTH = 100
BOLD, FAINT, RED, GREEN, YELLOW = 1, 2, 31, 32, 33


class Table(NamedTuple):
    """What a table says, whatever it is shown on.

    groups: [(heading or None, [row, ...]), ...], a row being a list of texts,
    one for each of the heads.
    """
    title: str
    legend: str
    heads: list
    groups: list


def colourful(stream):
    """Is there someone who wants colours?  See no-color.org."""
    return (stream.isatty() and not os.environ.get('NO_COLOR')
            and os.environ.get('TERM') != 'dumb')


def paint(text, *codes):
    """In colour, if there is one, and back."""
    return f'\033[{codes[0]}m{text}\033[0m' if codes and text else text


def codes_of(text):
    """The colour of a cell; what it means can be read as well."""
    if text.endswith(' !') or text.strip() in ('MISSED', 'FAILED'):
        return (RED,)
    if text == 'met':
        return (GREEN,)
    return (YELLOW,) if text.endswith('~') else ()


def layout(table, colour=False):
    """A table as plain text: right-aligned columns, the first to the left."""
    if not table.groups:
        return f'{table.title}: no trials\n'
    columns = range(len(table.heads))
    lines = [table.heads] + [row for _, rows in table.groups for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in columns]

    def shade(text, *codes):
        return paint(text, *codes) if colour else text

    def text(line):
        cells = [line[0].ljust(widths[0])]
        cells += [line[i].rjust(widths[i]) for i in columns[1:]]
        last = max((i for i in columns if cells[i].strip()), default=0)
        cells[last] = cells[last].rstrip()
        return '  '.join(shade(cells[i], *codes_of(line[i]))
                         for i in columns[:last + 1])

    out = [shade(table.title, BOLD), shade(text(table.heads), FAINT)]
    for name, rows in table.groups:
        out += [shade(name, BOLD)] if name else []
        out += [text(row) for row in rows]
    return '\n'.join(
        out + [shade(line, FAINT)
               for line in textwrap.wrap(table.legend, WIDTH)]) + '\n'
