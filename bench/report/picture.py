# SPDX-License-Identifier: MIT
"""A picture: lines of rows over an axis, told to gnuplot.

The rows' names stand at the ends of their lines.  Where those would overlap
they are moved apart, and thin lines lead to them.
"""
import math
import textwrap
from typing import Callable, NamedTuple, Optional

from report.gnuplot import quoted
from report.look import FAINT, GRID, INK, look

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 78, 190, 90, 92
# Between the panels, and the share that the lower one gets.
BETWEEN, LOWER = 34, .44
FONT = 14
LABEL_PX = 18
CAPTION_COLUMNS = 128
POINTS = 6


def text(value):
    """A number as a person writes it."""
    if value >= 1e6:
        return f'{value / 1e6:,.4g} M'
    if value >= 1e4:
        return f'{value:,.0f}'
    return f'{value:,.4g}' if value >= 1 or value <= 0 else f'{value:.3g}'


def time(ns):
    """Nanoseconds in a unit that suits them."""
    for unit, most in (('ns', 1e3), ('µs', 1e6), ('ms', 1e9)):
        if ns < most:
            return f'{1e3 * ns / most:.3g} {unit}'
    return f'{ns / 1e9:.3g} s'


class Axis(NamedTuple):
    """What is along an axis.

    ticks: [(place, text)], in order, the first and the last being its ends;
    None for those that fit, as `said` writes numbers.
    """
    label: str
    log: bool = False
    ticks: Optional[list] = None
    said: Callable = text


class Line(NamedTuple):
    """A row's points, (x, y) or (x, y, low, high), and what its end says.

    Without a row it is a guide, which says only that.
    """
    row: str
    points: list
    end: str = ''


class Picture(NamedTuple):
    """Everything that is told of it; zoom: up to where the lower panel goes.
    """
    name: str
    title: str
    case: str
    x: Axis
    y: Axis
    lines: list
    caption: str
    zoom: Optional[float] = None


def ticks_linear(most, said):
    """From 0 to beyond the most, in 2 to 6 round steps."""
    step = 10 ** math.floor(math.log10(most / 4))
    step *= next(times for times in (1, 2, 2.5, 5, 10)
                 if most / (step * times) <= 6)
    return [(n * step, said(n * step))
            for n in range(math.ceil(most / step * .999) + 1)]


def ticks_log(least, most, said):
    """From below the least to above the most, by tens."""
    low = math.floor(math.log10(least) + 1e-9)
    high = max(math.ceil(math.log10(most) - 1e-9), low + 1)
    places = [10.0 ** n for n in range(low, high + 1)]
    return [(place, said(place)) for place in places]


def fitted(axis, values):
    """The axis, with ticks."""
    if axis.ticks:
        return axis
    known = [value for value in values if value > 0] or [1]
    return axis._replace(
        ticks=ticks_log(min(known), max(known), axis.said) if axis.log
        else ticks_linear(max(known), axis.said))


def share(axis, value):
    """How far along an axis a value is, from 0 to 1."""
    ends = [axis.ticks[0][0], axis.ticks[-1][0]]
    if axis.log:
        ends, value = [math.log(end) for end in ends], math.log(value)
    return (value - ends[0]) / (ends[1] - ends[0])


def apart(wanted, gap, most=1):
    """Places from 0 to `most`, ascending as `wanted` is, at least a gap apart
    and otherwise as near to it as can be.

    Less its number of gaps, a place only has to be no lower than the one
    before: neighbours that are go to their mean.
    """
    blocks = []
    for number, place in enumerate(wanted):
        total, count = place - number * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            total, count = total + blocks[-1][0], count + blocks.pop()[1]
        blocks.append((total, count))
    room = max(most - (len(wanted) - 1) * gap, 0)
    means = [min(max(total / count, 0), room)
             for total, count in blocks for _ in range(count)]
    return [mean + number * gap for number, mean in enumerate(means)]


def dashed(row):
    """How a row's line is drawn."""
    shown = look(row)
    dashes = ','.join(map(str, shown.dashes))
    return f'lw 2.4 lc rgb "{shown.colour}" ' + (
        f'dt ({dashes})' if dashes else 'dt solid')


def dotted(row):
    """How a row's points are drawn."""
    shown = look(row)
    return f'pt {shown.point} ps .8 lw 1.6 lc rgb "{shown.colour}"'


def data(lines):
    """The points, as blocks of data that plots refer to."""
    out = []
    for number, line in enumerate(lines):
        out += [f'$d{number} << EOD',
                *(' '.join(f'{value:.9g}' for value in point)
                  for point in line.points), 'EOD']
    return out


def drawn(lines):
    """The plot command."""
    parts = []
    for number, line in enumerate(lines):
        block = f'$d{number}'
        if not line.row:
            parts.append(f'{block} using 1:2 with lines lw 1.5 dt (3,4) '
                         f'lc rgb "{FAINT}"')
            continue
        # Bars first: they blank what is below their middle.
        if all(len(point) > 2 for point in line.points):
            parts.append(f'{block} using 1:2:3:4 with yerrorbars pt 0 lw 1.4 '
                         f'lc rgb "{look(line.row).colour}"')
        parts.append(f'{block} using 1:2 with lines {dashed(line.row)}')
        # Where lines coincide, points that are not at one place tell so.
        step = max(len(line.points) // POINTS, 1)
        parts.append(f'{block} using 1:2 every {step}::{number % step} '
                     f'with points {dotted(line.row)}')
    return ['plot ' + ', \\\n  '.join(parts)]


def ends(x, y, lines, height):
    """The names at the lines' ends, and what leads to them."""
    here = sorted((min(share(y, line.points[-1][1]), 1), number, line)
                  for number, line in enumerate(lines))
    places = apart([end for end, _, _ in here], LABEL_PX / height)
    out = []
    for place, (end, _, line) in zip(places, here):
        from_x = share(x, line.points[-1][0])
        out.append(
            f'set arrow from graph {from_x:.4f},{end:.4f} to graph '
            f'1.035,{place:.4f} nohead lw 1 dt (1,3) lc rgb "{FAINT}"')
        name = f'{line.row}  {line.end}'.strip()
        mark = f'point {dotted(line.row)} ' if line.row else ''
        out.append(
            f'set label {quoted(name)} at graph {1.05 if mark else 1.04},'
            f'{place:.4f} left {mark}offset char {1.1 if mark else 0},0 '
            f'tc rgb "{INK if line.row else FAINT}"')
    return out


def axis(name, told, titled):
    """An axis with its ticks."""
    ticks = ', '.join(f'{quoted(said)} {place:.9g}'
                      for place, said in told.ticks)
    first, last = told.ticks[0][0], told.ticks[-1][0]
    # Logarithms are rounded, and so the last ticks would be left out.
    hair = 1 + 1e-6 * told.log
    label = quoted(told.label) if titled else "''"
    return [f'{"set" if told.log else "unset"} logscale {name}',
            f'set {name}range [{first / hair:.9g}:{last * hair:.9g}]',
            f'set {name}tics ({ticks}) nomirror tc rgb "{INK}"',
            f'set {name}label {label} offset 0,.4 tc rgb "{INK}"']


def panel(picture, x, y, top, bottom, lowest):
    """A panel between two heights, in pixels from the bottom."""
    named = [line for line in picture.lines
             if lowest or line.points[-1][1] > (picture.zoom or 0)]
    if lowest and picture.zoom:
        named = [line for line in picture.lines
                 if line.points[-1][1] <= picture.zoom]
    return [
        'unset label', 'unset arrow',
        f'set lmargin at screen {LEFT / WIDTH:.4f}',
        f'set rmargin at screen {1 - RIGHT / WIDTH:.4f}',
        f'set tmargin at screen {top / HEIGHT:.4f}',
        f'set bmargin at screen {bottom / HEIGHT:.4f}',
        *axis('x', x, lowest), *axis('y', y, False),
        *ends(x, y, named, top - bottom), *drawn(picture.lines)]


def head(picture):
    """Title, case, what is upwards, and caption: they belong to no panel."""
    out = [f'set label {quoted(picture.title)} at screen {14 / WIDTH:.4f},'
           f'{1 - 20 / HEIGHT:.4f} left font "sans-serif:Bold,17" '
           f'tc rgb "{INK}"',
           f'set label {quoted(picture.case)} at screen {14 / WIDTH:.4f},'
           f'{1 - 42 / HEIGHT:.4f} left tc rgb "{FAINT}"',
           f'set label {quoted(picture.y.label)} at screen {14 / WIDTH:.4f},'
           f'{1 - 70 / HEIGHT:.4f} left tc rgb "{INK}"']
    for number, line in enumerate(
            textwrap.wrap(picture.caption, CAPTION_COLUMNS)[:2]):
        out.append(f'set label {quoted(line)} at screen {14 / WIDTH:.4f},'
                   f'{(24 - 15 * number) / HEIGHT:.4f} left '
                   f'font "sans-serif,11" tc rgb "{FAINT}"')
    return out


def script(picture):
    """What gnuplot is told."""
    points = [point for line in picture.lines for point in line.points]
    x = fitted(picture.x, [point[0] for point in points])
    y = fitted(picture.y, [value for point in points for value in point[1:]])
    top, low = HEIGHT - TOP, BOTTOM
    out = ['set encoding utf8',
           f'set terminal svg size {WIDTH},{HEIGHT} dynamic noenhanced '
           f'font "sans-serif,{FONT}" background rgb "white"',
           *data(picture.lines), 'unset key', 'set multiplot',
           f'set border 3 lc rgb "{FAINT}"',
           f'set grid ytics lt 1 lw .8 lc rgb "{GRID}"']
    if picture.zoom:
        cut = low + (top - low - BETWEEN) * LOWER
        out += panel(picture, x, y, top, cut + BETWEEN, False)
        near = fitted(Axis(picture.y.label), [picture.zoom])
        out += panel(picture, x, near, cut, low, True)
    else:
        out += panel(picture, x, y, top, low, True)
    # Labels need a plot to be drawn with.
    out += ['unset label', 'unset arrow', *head(picture), 'unset border',
            'unset tics', 'unset grid', 'unset xlabel', 'unset ylabel',
            'unset logscale', 'set xrange [0:1]', 'set yrange [0:1]',
            'plot NaN', 'unset multiplot']
    return '\n'.join(out) + '\n'
