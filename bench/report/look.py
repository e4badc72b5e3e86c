# SPDX-License-Identifier: MIT
"""The look of a row: the same in every picture, and readable without colour.

Colours are of the palette of Okabe and Ito, which those who see fewer colours
can tell apart as well; yellow is left out, for it is faint on white.  Dashes
and point types differ where colours are used twice, and where they are not.
"""
from typing import NamedTuple

BLACK, GREY = '#000000', '#767676'
ORANGE, SKY, GREEN = '#E69F00', '#56B4E9', '#009E73'
BLUE, VERMILION, PURPLE = '#0072B2', '#D55E00', '#CC79A7'
# Of the frame, of texts, and of what is no row.
INK, FAINT, GRID = '#222222', '#595959', '#DDDDDD'


class Look(NamedTuple):
    """Of a line: its colour, dashes in gnuplot's units, and point type."""
    colour: str
    dashes: tuple
    point: int


LOOKS = {
    'null': Look(GREY, (2, 3), 2),
    'none': Look(VERMILION, (), 5),
    'mutex': Look(BLACK, (), 7),
    'treiber': Look(BLUE, (9, 4), 9),
    'percpu': Look(GREEN, (9, 3, 2, 3), 13),
    'brpc19': Look(SKY, (16, 4), 6),
    'brpc110': Look(ORANGE, (6, 4), 4),
    'brpc112': Look(PURPLE, (14, 3, 5, 3), 11),
    'lfstack': Look(BLUE, (4, 4), 8),
    'wfstack': Look(GREEN, (4, 4), 12),
    'ckstack': Look(ORANGE, (3, 3), 3),
    'dpdk': Look(PURPLE, (5, 5), 10),
    'glibc': Look(GREY, (12, 4), 1),
    'jemalloc': Look(SKY, (12, 3, 2, 3, 2, 3), 15),
    'mimalloc': Look(VERMILION, (5, 3, 2, 3), 14),
    'tcmalloc': Look(BLACK, (3, 5), 6),
}
STRANGER = Look(GREY, (), 1)


def look(row):
    """Of a row; of one of another version, a plain one."""
    return LOOKS.get(row, STRANGER)
