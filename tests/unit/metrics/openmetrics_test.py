#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What dp_stats_write_openmetrics() writes is OpenMetrics, as the parser of
prometheus_client reads it, and says what happened to the pool.

    openmetrics_test.py PROGRAM...

Each program is an openmetrics.c that was built, with one backend or another.
Exit status 77, skipped, where python3-prometheus-client is not installed.
"""
import os
import subprocess
import sys
import unittest

try:
    from prometheus_client.openmetrics import parser
except ImportError:
    # Debian's package is for Debian's Python, and this may be another one.
    DEBIAN = '/usr/bin/python3'
    if os.path.exists(DEBIAN) and \
            os.path.realpath(sys.executable) != os.path.realpath(DEBIAN):
        os.execv(DEBIAN, [DEBIAN, '-B', *sys.argv])
    print('openmetrics_test: skipped, as there is no parser '
          '(python3-prometheus-client)')
    sys.exit(77)

M = 4
IN_USE = 1
NAME = 'a "pool" \\ p\u00f6ol ??'
TYPES = {
    'driftpool': 'info', 'driftpool_objects': 'gauge',
    'driftpool_constructed': 'counter', 'driftpool_destructed': 'counter',
    'driftpool_refills': 'counter', 'driftpool_flushes': 'counter',
    'driftpool_misses': 'counter', 'driftpool_retries': 'counter',
    'driftpool_reserved': 'gauge', 'driftpool_workers': 'gauge',
    'driftpool_workers_peak': 'gauge', 'driftpool_magazine_size': 'gauge',
    'driftpool_magazines': 'gauge', 'driftpool_magazine_slots': 'gauge',
    'driftpool_bound_over_peak': 'gauge', 'driftpool_net_flow': 'gauge'}


def families(text):
    """{name: family} of an exposition; ValueError: it is none."""
    return {family.name: family
            for family in parser.text_string_to_metric_families(text)}


def refused(text):
    """Whether the parser has something against it."""
    try:
        families(text)
    except ValueError:
        return True
    return False


class OpenMetrics(unittest.TestCase):
    """The output of each program."""
    programs = []

    def each(self, *words):
        """(backend, text, families) of each program."""
        self.assertTrue(self.programs)
        for program in self.programs:
            text = subprocess.run(
                [program, *words], check=True, encoding='utf-8',
                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
            found = families(text)
            info = found['driftpool'].samples[0].labels
            yield info['backend'], text, found

    def value(self, found, family, suffix='', **labels):
        """The value of the one sample with these labels."""
        values = [sample.value for sample in found[family].samples
                  if sample.name == family + suffix
                  and labels.items() <= sample.labels.items()]
        self.assertEqual(len(values), 1, f'{family}{suffix} {labels}')
        return values[0]

    def test_families_are_those_promised(self):
        for _, _, found in self.each():
            self.assertEqual({name: family.type
                              for name, family in found.items()}, TYPES)
            for family in found.values():
                self.assertTrue(family.documentation, family.name)

    def test_no_sample_is_there_twice(self):
        for _, _, found in self.each():
            samples = [(sample.name, tuple(sorted(sample.labels.items())))
                       for family in found.values()
                       for sample in family.samples]
            self.assertEqual(len(samples), len(set(samples)))

    def test_pool_is_named(self):
        for _, _, found in self.each():
            for family in found.values():
                for sample in family.samples:
                    self.assertEqual(sample.labels['pool'], NAME)

    def test_objects_add_up(self):
        for _, _, found in self.each():
            states = {sample.labels['state']: sample.value
                      for sample in found['driftpool_objects'].samples}
            self.assertEqual(set(states), {'in_use', 'cached', 'depot'})
            self.assertEqual(states['in_use'], IN_USE)
            self.assertEqual(
                sum(states.values()),
                self.value(found, 'driftpool_constructed', '_total')
                - self.value(found, 'driftpool_destructed', '_total'))

    def test_magazines_add_up(self):
        for backend, _, found in self.each():
            states = {sample.labels['state']: sample.value
                      for sample in found['driftpool_magazines'].samples}
            self.assertEqual(set(states), {'cached', 'depot', 'empty'})
            workers = self.value(found, 'driftpool_workers')
            depot = self.value(found, 'driftpool_objects', state='depot')
            # What `none` piles up counts as cached.
            if backend != 'none':
                self.assertEqual(states['cached'], 2 * workers)
            self.assertGreaterEqual(states['cached'], 2 * workers)
            self.assertGreaterEqual(states['depot'], depot / M)
            self.assertLessEqual(states['depot'], depot)
            self.assertGreaterEqual(
                self.value(found, 'driftpool_magazine_slots'),
                sum(states.values()))

    def test_workers_and_bound(self):
        for backend, _, found in self.each():
            self.assertEqual(self.value(found, 'driftpool_workers'), 2)
            self.assertEqual(self.value(found, 'driftpool_workers_peak'), 3)
            self.assertEqual(self.value(found, 'driftpool_magazine_size'), M)
            self.assertEqual(
                self.value(found, 'driftpool_bound_over_peak'),
                float('inf') if backend == 'none' else 2 * 2 * M)

    def test_flows_tell_who_gives(self):
        for backend, _, found in self.each():
            flows = {sample.labels['worker']: sample.value
                     for sample in found['driftpool_net_flow'].samples}
            self.assertEqual(set(flows), {'departed', '1', '2'})
            self.assertEqual(flows['1'], 0)
            self.assertGreater(flows['2'], 0)
            if backend != 'none':
                self.assertEqual(
                    sum(flows.values()),
                    self.value(found, 'driftpool_objects', state='depot'))

    def test_pools_are_told_apart_in_one_exposition(self):
        for (_, _, alone), (_, _, found) in zip(self.each(),
                                                self.each('two')):
            self.assertEqual({name: family.type
                              for name, family in found.items()}, TYPES)
            for name, family in found.items():
                of = {pool: [(sample.name, sample.labels, sample.value)
                             for sample in family.samples
                             if sample.labels['pool'] == pool]
                      for pool in (NAME, 'another')}
                self.assertEqual(sum(map(len, of.values())),
                                 len(family.samples))
                self.assertTrue(of['another'], name)
                self.assertEqual(of[NAME], [
                    (sample.name, sample.labels, sample.value)
                    for sample in alone[name].samples])
            self.assertEqual(self.value(found, 'driftpool_workers',
                                        pool='another'), 0)

    def test_families_in_pieces_are_refused(self):
        for (_, one, _), (_, two, _) in zip(self.each(), self.each('two')):
            self.assertFalse(refused(two))
            other = one.replace('pool="', 'pool="other ')
            self.assertFalse(refused(other))
            self.assertTrue(refused(one.replace('# EOF\n', '') + other))

    def test_parser_refuses_what_is_wrong(self):
        for _, text, _ in self.each():
            self.assertFalse(refused(text))
            for wrong in (text.replace('# EOF\n', ''), text + text,
                          text.replace('_constructed_total', '_constructed'),
                          text.replace('a \\"pool', 'a "pool'),
                          text.replace('} 1\n', '} one\n')):
                self.assertNotEqual(wrong, text)
                self.assertTrue(refused(wrong), wrong)


if __name__ == '__main__':
    OpenMetrics.programs = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
