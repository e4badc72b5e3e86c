# SPDX-License-Identifier: MIT
"""Pages of the manual against the headers, and against driftbench --help.

What is said of a difference is what has to be done about it.
"""
import errno
import re

# For the headers themselves: no page tells of them.
PRIVATE = {'dp_worker', 'DP_API', 'DP_UNLIKELY', 'DP_UNUSED', 'DP_POISONS',
           'DP_POISON', 'DP_UNPOISON', 'DP_ATOMIC', 'DP_INLINE',
           'DP_BUILTIN_memory_order_relaxed'}
COMMENT = re.compile(r'/\*.*?\*/', re.S)
# A comment, or a declaration that may follow it.
PART = re.compile(r'/\*.*?\*/|^DP_API[^;{]*;', re.S | re.M)
STRUCT = re.compile(r'^struct (\w+) \{\n(.*?)^\};', re.S | re.M)
FIELD = re.compile(r'(\w+)(?:\)\([^;]*\))?;')
MACRO = re.compile(r'^#define (DP_\w+)\b[( ].', re.M)
CALLED = re.compile(r'\*?(dp_\w+)\*?\(\)')
# Whoever fails as another one does has its errors.
AS = re.compile(r'\bas ((?:dp_\w+\(\)(?: and )?)+)')
FENCED = re.compile(r'^```\n(.*?)^```$', re.S | re.M)
FLAG = re.compile(r'^  (--[\w-]+)(?: ([A-Z]+))? +(\S.*)\n(?: {10,}(.*)\n)?',
                  re.M)
ENTRY = re.compile(r'^(\*\S+\*(?: _[A-Z]+_)?)\n((?:\t.*\n)(?:.+\n)*)', re.M)


def words(text):
    """A text in one line."""
    return ' '.join(text.split())


def codes(text):
    """The errors that a text names."""
    return set(re.findall(r'\bE[A-Z0-9]+\b', text)) & \
        set(errno.errorcode.values())


def sections(page):
    """{title: text} of a page."""
    parts = re.split(r'^# (.*)\n', page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def declared(header):
    """{function: (prototype, comment before it)} of a header."""
    found, comment = {}, ''
    for part in PART.findall(header):
        if part.startswith('/*'):
            comment = re.sub(r'^ ?\*+/?', '', part[2:-2], flags=re.M)
            continue
        prototype = words(part.removeprefix('DP_API'))
        name = re.search(r'\b(dp_\w+)\(', prototype).group(1)
        if not name.startswith('dp__'):
            found[name] = (prototype, comment)
    return found


def said_of(name, comment):
    """What a comment says of one of its functions.  Where a sentence begins
    with another one's name, the rest of the paragraph is not about it."""
    said = []
    for paragraph in re.split(r'\n\s*\n', comment):
        about = name
        for sentence in re.split(r'(?<=[.:;]) ', words(paragraph)):
            subject = re.match(r'(dp_\w+)\(\)', sentence)
            about = subject.group(1) if subject else about
            said += [sentence] * (about == name)
    return ' '.join(said)


def errors_of(name, functions, common):
    """The errors of a function, as the headers have it."""
    prototype, comment = functions[name]
    if prototype.startswith('void dp_'):
        return set()
    said = said_of(name, comment)
    found = codes(said) | (common if 'common error' in said else set())
    for others in AS.findall(said):
        for other in CALLED.findall(others):
            found |= errors_of(other, functions, common)
    return found


def page_errors(text):
    """{function: errors} of a page's section of errors."""
    found = {}
    for entry in ENTRY.finditer(sections(text).get('ERRORS', '')):
        for name in CALLED.findall(entry.group(2)):
            found.setdefault(name, set()).update(codes(entry.group(1)))
    return found


def prototypes(text):
    """{function: prototype} of a page's synopsis."""
    code = ''.join(FENCED.findall(sections(text)['SYNOPSIS']))
    lines = re.sub(r'^#.*', '', code, flags=re.M)
    return {re.search(r'\b(dp_\w+)\(', part).group(1): words(part) + ';'
            for part in lines.split(';') if '(' in part}


def page_check(path, text, headers, functions, common):
    """What is wrong with a page of section 3."""
    parts, shown, said = sections(text), prototypes(text), page_errors(text)
    names = words(parts['NAME']).split(' - ')[0].split(', ')
    if sorted(names) != sorted(set(shown) | {path.name.split('.')[0]}):
        yield f'NAME has to name the page and {", ".join(shown)}'
    for name, prototype in shown.items():
        if name not in functions:
            yield f'{name}() is declared in no header: take it out'
            continue
        if prototype != functions[name][0]:
            yield f'SYNOPSIS has to have: {functions[name][0]}'
        header = next(file for file, header in headers.items()
                      if name in declared(header))
        if f'#include <driftpool/{header}>' not in parts['SYNOPSIS']:
            yield f'SYNOPSIS has to have: #include <driftpool/{header}>'
        if f'*{name}*()' not in parts['DESCRIPTION']:
            yield f'DESCRIPTION has to say what *{name}*() does'
        want = errors_of(name, functions, common)
        for code in sorted(want - said.get(name, set())):
            yield f'ERRORS: *{code}* has to say when *{name}*() fails so'
        for code in sorted(said.get(name, set()) - want):
            yield f'ERRORS: *{code}* of *{name}*() is not in the header'


def pages_check(pages, headers):
    """What is wrong with the pages, all told, against the headers."""
    functions, errors, shown = {}, [], {}
    for header in headers.values():
        functions.update(declared(header))
    everything = ''.join(headers.values())
    common = codes(''.join(text for text in COMMENT.findall(everything)
                           if 'Common errors:' in text))
    manual = '\n'.join(pages.values())
    for path, text in pages.items():
        if path.name.endswith('.3.scd'):
            shown.update(prototypes(text))
            errors += [f'{path}: {error}' for error in page_check(
                path, text, headers, functions, common)]
    for name in sorted(set(functions) - set(shown)):
        errors.append(f'no page shows: {functions[name][0]}')
    for struct, body in STRUCT.findall(everything):
        for field in FIELD.findall(COMMENT.sub('', body)):
            if struct not in PRIVATE and f'_{field}_' not in manual:
                errors.append(f'no page tells of _{field}_ of struct {struct}')
    for name in sorted(set(MACRO.findall(everything)) - PRIVATE):
        if not re.search(rf'\b{name}\b', manual):
            errors.append(f'no page tells of {name}')
    metrics = set(re.findall(r'\bdriftpool_\w+', everything))
    told = set(re.findall(r'\b_(driftpool_\w+)_\b', manual))
    return errors + [f'no page tells of the metric _{name}_'
                     for name in sorted(metrics - told)] + [
        f'there is no metric _{name}_: take it out'
        for name in sorted(told - metrics)]


def plain(text):
    """A page's text without its marks."""
    text = words(text.replace('++\n', '\n'))
    return re.sub(r'(?<!\w)[*_]|[*_](?!\w)', '', text).replace('\\', '')


def entries_check(wanted, section, title):
    """What is wrong with the entries of a section: {mark: [lines]} wanted."""
    found = dict(ENTRY.findall(section))
    for mark, lines in wanted.items():
        if mark not in found or not plain(found[mark]).startswith(
                plain('\n'.join(lines))):
            text = '++\n'.join(lines)
            yield (f'{title} has to have an entry that begins:\n{mark}\n'
                   f'\t{text}')
    for mark in found:
        if mark not in wanted:
            yield f'{title}: there is no {plain(mark)}: take it out'


def bench_check(page, help_text, list_text):
    """What is wrong with driftbench(1)."""
    parts = sections(page)
    flags = {f'*{name}*' + (f' _{value}_' if value else ''):
             [line for line in lines if line]
             for name, value, *lines in FLAG.findall(help_text)}
    cases = {f'*{line.split()[0]}*': [' '.join(line.split()[1:])]
             for line in list_text.splitlines()}
    ends = re.search(r'^Exit status: (.*)\.$', help_text, re.M).group(1)
    status = {f'*{end[0]}*': [end[2:]] for end in ends.split('; ')}
    note = words(help_text.rpartition('\nExit')[0].rpartition('\n\n')[2])
    begins = plain(parts['OPTIONS'].partition('\n*--')[0])
    return [*([] if begins == note else [f'OPTIONS has to begin: {note}']),
            *entries_check(flags, parts['OPTIONS'], 'OPTIONS'),
            *entries_check(cases, parts['CASES'], 'CASES'),
            *entries_check(status, parts['EXIT STATUS'], 'EXIT STATUS')]
