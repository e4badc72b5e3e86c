# SPDX-License-Identifier: MIT
"""report.html: a run on one page, pictures and all, that needs no network.

The browser is told so, too: it may load nothing from anywhere.  Pictures keep
their white ground at night, for which their colours were chosen.
"""
import os
from html import escape

from report import layout, look, plots, summary, tables

FILE = 'report.html'
# Of each kind; the others are folded away.
SHOWN = 2
CLASSES = {layout.RED: 'bad', layout.GREEN: 'good', layout.YELLOW: 'disturbed'}
STYLE = '''
:root { color-scheme: light dark; --ink: #1c1c1c; --faint: #595959;
  --ground: #fdfdfc; --line: #d9d9d6; --band: #f1f1ee; --bad: #b3261e;
  --good: #00664a; --disturbed: #8a5a00; --link: #00598c }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e6;
  --faint: #a9a9a6; --ground: #161717; --line: #3a3b3b; --band: #222323;
  --bad: #ff9a90; --good: #5fd0a8; --disturbed: #f0bd5b; --link: #7cc4f2 } }
body { margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2.5rem) 4rem;
  max-width: 100rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem }
p { margin: .5rem 0; max-width: 75ch }
a { color: var(--link) }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 1rem 0 }
.faint, figcaption { color: var(--faint); font-size: .875rem }
.alarm { border-left: 4px solid var(--bad); padding-left: .8rem }
.pictures { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)) }
figure { margin: 0; background: #fff; border: 1px solid var(--line);
  border-radius: 6px; overflow: hidden }
figure svg { display: block; width: 100%; height: auto }
summary { cursor: pointer; margin: 1rem 0; color: var(--link) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: .875rem;
  font-variant-numeric: tabular-nums }
td, th { padding: .18rem .7rem; text-align: right; white-space: nowrap }
td:first-child, th:first-child { text-align: left; position: sticky; left: 0;
  background: var(--ground) }
td:first-child { white-space: pre }
thead th { color: var(--faint); font-weight: 500;
  border-bottom: 1px solid var(--line) }
tbody th[colspan] { padding-top: .8rem; font-weight: 600 }
tbody tr:hover td { background: var(--band) }
i { display: inline-block; width: .65rem; height: .65rem; border-radius: 2px;
  margin-right: .5rem; border: 1px solid var(--faint) }
.bad { color: var(--bad); font-weight: 600 } .good { color: var(--good) }
.disturbed { color: var(--disturbed) }
pre { overflow-x: auto; font-size: .8125rem }
'''


def slug(title):
    """A heading as the place that links lead to."""
    return plots.slug(title)


def section(title, body):
    """A heading and what is below."""
    return (f'<section id="{slug(title)}">\n<h2>{escape(title)}</h2>\n{body}\n'
            '</section>\n')


def cell_html(text, first):
    """A cell; a row's name has the colour that it has in the pictures."""
    codes = layout.codes_of(text)
    kind = f' class="{CLASSES[codes[0]]}"' if codes else ''
    name = text.strip('* !')
    mark = ''
    if first and name in look.LOOKS:
        mark = f'<i style="background:{look.look(name).colour}"></i>'
    return f'<td{kind}>{mark}{escape(text.rstrip())}</td>'


def table_html(table):
    """A table with its legend."""
    if not table.groups:
        return '<p>No trials.</p>'
    heads = ''.join(f'<th scope="col">{escape(head.strip())}</th>'
                    for head in table.heads)
    out = ['<div class="scroll" tabindex="0"><table>',
           f'<thead><tr>{heads}</tr></thead>']
    for heading, rows in table.groups:
        out.append('<tbody>')
        if heading:
            out.append(f'<tr><th scope="rowgroup" colspan="{len(table.heads)}"'
                       f'>{escape(heading)}</th></tr>')
        out += ['<tr>' + ''.join(cell_html(text, not number)
                                 for number, text in enumerate(row)) + '</tr>'
                for row in rows]
        out.append('</tbody>')
    return '\n'.join(out + [
        '</table></div>', f'<p class="faint">{escape(table.legend)}</p>'])


def drawn(directory, picture):
    """A picture's SVG, or None if it was not drawn."""
    try:
        with open(plots.path(directory, picture.name),
                  encoding='utf-8') as file:
            return file.read()
    except FileNotFoundError:
        return None


def figures(svgs):
    """Pictures side by side."""
    return '<div class="pictures">\n' + '\n'.join(
        f'<figure>{svg}</figure>' for svg in svgs) + '\n</div>'


def pictures_html(svgs):
    """The first ones, and the others folded away."""
    out = figures(svgs[:SHOWN])
    if svgs[SHOWN:]:
        out += (f'\n<details><summary>{len(svgs) - SHOWN} more</summary>\n'
                f'{figures(svgs[SHOWN:])}\n</details>')
    return out


def pictures_sections(directory, records):
    """([(title, body), ...] of the pictures, what is said of those lacking).
    """
    sections, empty, undrawn = [], [], []
    for title, wanted in plots.by_kind(records):
        svgs = [drawn(directory, picture) for picture in wanted]
        found = [svg for svg in svgs if svg]
        if found:
            sections.append((title, pictures_html(found)))
        if not wanted:
            empty.append(title)
        undrawn += [f'{title}, {picture.case}'
                    for picture, svg in zip(wanted, svgs) if not svg]
    said = [(words, items) for words, items in (
        ('Pictures left out, since this run has no data for them', empty),
        ('Pictures that could not be drawn', undrawn)) if items]
    return sections, ''.join(
        f'<p class="faint">{words}: {escape("; ".join(items))}.</p>\n'
        for words, items in said)


def alarms(records):
    """What a reader has to know first."""
    out = []
    if any(record['run']['smoke'] for record in records):
        out.append('A smoke run: its trials were too short for figures.')
    failed = sum(bool(record['failed']) for record in records)
    if failed:
        out.append(f'{failed} of {len(records)} trials failed; see the end.')
    return ''.join(f'<p class="alarm">{text}</p>\n' for text in out)


def html(directory, records):
    """The page."""
    pictures, lacking = pictures_sections(directory, records)
    first, *others = [(table.title.capitalize(), table_html(table))
                      for table in summary.all_tables(directory, records)]
    sections = [*pictures[:1], first, *others, *pictures[1:]]
    failed = summary.failures(records)
    if failed:
        sections.append(
            ('Failed', f'<pre>{escape(chr(10).join(failed))}</pre>'))
    sections.append(('Method', f'<p>{escape(summary.method(records))}</p>'))
    links = ''.join(f'<a href="#{slug(title)}">{escape(title)}</a>\n'
                    for title, _ in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        'content="default-src \'none\'; style-src \'unsafe-inline\'">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<title>driftpool: a run of the benchmarks</title>\n'
        f'<style>{STYLE}</style>\n</head>\n<body>\n'
        '<h1>What it costs to get migrated objects back</h1>\n'
        '<p>A run of driftpool\'s benchmarks. '
        f'{escape(tables.caption(records))}.</p>\n'
        f'{alarms(records)}<nav>{links}</nav>\n{lacking}'
        + ''.join(section(*made) for made in sections) + '</body>\n</html>\n')


def write(directory, records):
    """Writes it, with the pictures that were drawn before."""
    with open(os.path.join(directory, FILE), 'w', encoding='utf-8') as file:
        file.write(html(directory, records))
