#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the records: what is read, and what is refused with which words."""
import copy
import json
import os
import tempfile
import unittest

from report import records

GOOD = {
    'run': {'git': 'abc', 'each': '1 ms', 'time': 'today', 'command': 'b',
            'smoke': False, 'seed': 0, 'left_out': []},
    'title': 'pipe, 2 workers', 'row': 'mutex', 'chosen': False, 'round': 1,
    'failed': None, 'stderr': '', 'schema': 3, 'backend': 'mutex',
    'case': 'pipe', 'sim': False, 'ops': 1000, 'ns_per_pair': 12.5,
    'cpu_ns_per_pair': 25, 'overlap': 2.0, 'jain': 1, 'min_max': 1,
    'spike': None,
    'latency': {'n': 9, 'p50': 1, 'p90': 2, 'p99': 3, 'p999': 4, 'max': 5,
                'exchange': None},
    'params': {'workers': 2, 'migrate': 1, 'magazine': 64, 'object_size': 64},
    'noise': {'flag': None},
    'pool': {'constructed': 9, 'footprint_peak': 9, 'peak_in_use': 9,
             'bound': None,
             'bound_ok': None, 'refills': 0, 'flushes': 0, 'rack_hits': 0,
             'depot_hits': 0, 'steals': 0},
    'drift': {'p_obs': 1, 'tv_pred': 1, 'tv_obs': 1, 'slope_obj_per_op': 0,
              'series': [[0, 0, 9], [1.5, 1000, 9]]},
    'mem': {'rss_anon_kib_before': 1, 'rss_anon_kib_peak': 2,
            'rss_anon_kib_quiesced': 2, 'rss_anon_kib_trimmed': None,
            'slope_kib_per_s': None, 'capped': False, 'series': [[0, 1]]},
    'env': {'cpu': 'c', 'ncpu': 2, 'kernel': 'k', 'libc': 'l',
            'compiler': 'gcc', 'flags': '-O3', 'malloc': None},
}
FAILED = {key: GOOD[key] for key in (
    'run', 'title', 'row', 'chosen', 'round', 'stderr')} | {
    'failed': 'killed by SIGSEGV'}


class Load(unittest.TestCase):
    """Results of a run, from its folder or its file."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(self.folder, records.FILE)

    def write(self, *lines):
        """The results, a text a line."""
        with open(self.file, 'w', encoding='utf-8') as file:
            file.write(''.join(line + '\n' for line in lines))

    def refused(self, path, *said):
        """The path is unusable, and one line says so."""
        with self.assertRaises(records.Unusable) as caught:
            records.load(path)
        text = str(caught.exception)
        self.assertNotIn('\n', text)
        for words in (*said, '; allowed: '):
            self.assertIn(words, text)

    def test_a_folder_or_its_file(self):
        self.write(json.dumps(GOOD), '', json.dumps(FAILED))
        for path in (self.folder, self.file):
            good, failed = records.load(path)
            self.assertEqual(good, {**GOOD, 'axis': None, 'x': None})
            self.assertEqual(failed['failed'], 'killed by SIGSEGV')

    def test_what_cannot_be_read(self):
        self.refused(self.folder, records.FILE, 'No such file')
        self.refused('/nonexistent', '/nonexistent: No such file')
        self.write('')
        self.refused(self.file, 'holds no records')
        with open(self.file, 'wb') as file:
            file.write(b'\xff\xfe')
        self.refused(self.file, 'is no text')

    def test_the_line_is_named(self):
        good = json.dumps(GOOD)
        for line, said in ((good[:-9], 'is no JSON'), ('NaN', 'NaN is no'),
                           ('[]', 'is no object'),
                           (good.replace('12.5', 'Infinity'), 'Infinity')):
            self.write(good, line)
            self.refused(self.folder, 'line 2', said)

    def test_another_schema(self):
        for schema in (1, 2, '3', None):
            self.write(json.dumps({**GOOD, 'schema': schema}))
            self.refused(self.folder, f'schema {schema!r}', 'of schema 3')
        self.write(json.dumps(
            {key: GOOD[key] for key in GOOD if key != 'schema'}))
        self.refused(self.folder, 'without a usable schema')

    def test_every_key_that_counts_is_looked_for(self):
        for part, keys, _ in records.OF_RUN + records.OF_TRIAL:
            # Of what is in no sweep a run may keep silent.
            for key in set(keys) - {'axis', 'x'}:
                name = f'{part}.{key}' if part else key
                bad = copy.deepcopy(GOOD)
                del (bad[part] if part else bad)[key]
                said = 'ns_per_pair' if key == 'ns_per_pair' else name
                self.write(json.dumps(bad))
                self.refused(self.folder, f'without a usable {said}')

    def test_what_is_of_another_kind(self):
        for part, key, value in (
                ('run', 'seed', False), ('run', 'seed', -1),
                ('run', 'left_out', 'dpdk'), ('run', 'left_out', [1]),
                ('', 'axis', 1), ('', 'x', '1'), ('', 'title', 7),
                ('', 'round', 0), ('', 'round', True),
                ('', 'ns_per_pair', 0), ('', 'ns_per_pair', '1'),
                ('', 'latency', []), ('', 'latency', {'p50': 1}),
                ('', 'latency', {**GOOD['latency'], 'n': '9'}),
                ('', 'latency', {**GOOD['latency'], 'exchange': {}}),
                ('', 'spike', {}), ('', 'spike', 0),
                ('', 'spike', {'added_kib': None, 'lent': 0, 'back': 1,
                               'quiesced': 1, 'trimmed': 1}),
                ('pool', 'constructed', '9'), ('pool', 'bound_ok', 1),
                ('drift', 'series', None), ('drift', 'series', [[0, 1]]),
                ('mem', 'series', [[0, '1']]), ('params', 'workers', None)):
            bad = copy.deepcopy(GOOD)
            (bad[part] if part else bad)[key] = value
            self.write(json.dumps(bad))
            self.refused(self.folder, f'without a usable {part}'.rstrip())
        self.write(json.dumps({**GOOD, 'pool': None}))
        self.refused(self.folder, 'pool.constructed')

    def test_numbers_are_finite(self):
        good = json.dumps(GOOD)
        for number in ('1e999', '-1e999', '9' * 400):
            self.write(good.replace('12.5', number))
            self.refused(self.folder, 'without a usable ns_per_pair')
            self.write(good.replace('[1.5, ', f'[{number}, '))
            self.refused(self.folder, 'without a usable drift.series')

    def test_only_a_failed_trial_may_have_measured_nothing(self):
        self.write(json.dumps({**FAILED, 'failed': None}))
        self.refused(self.folder, 'without a usable ns_per_pair')


if __name__ == '__main__':
    unittest.main(verbosity=0)
