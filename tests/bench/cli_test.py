#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the driftbench programs from outside: flags, reports, drift.

    cli_test.py DIRECTORY    of the programs
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from report import plan

PROGRAMS = ''
TRIAL_KEYS = {
    '': 'schema sim latency backend case params ops wall_s ns_per_pair '
        'cpu_ns_per_pair overlap pool drift fibers mem spike noise env '
        'failures',
    'params': 'workers migrate dest burst hold object_size magazine touch '
              'seed',
    'pool': 'constructed destructed peak_in_use cached depot refills flushes '
            'rack_hits depot_hits steals bound bound_ok',
    'drift': 'p_obs tv_pred tv_obs slope_obj_per_op series',
    'mem': 'rss_anon_kib_peak rss_anon_kib_before rss_anon_kib_end '
           'rss_anon_kib_quiesced rss_anon_kib_trimmed slope_kib_per_s '
           'capped capped_ms series',
}
CASES = ('hot', 'keep', 'steal', 'hotspot', 'pipe', 'burst', 'tide',
         'churn', 'spike')
# What is refused, and what the line on stderr has to say of it.
REFUSED = (
    (['--wat'], '--case'),
    (['--case=hot', 'pipe'], 'pipe; allowed'),
    (['--list=yes'], '--list takes no value'),
    (['--seed'], '--seed needs a value'),
    (['--case', 'cold'], 'churn'),
    (['--workers', '0'], '1 to 256'),
    (['--workers', '257'], '1 to 256'),
    (['--workers', '2.5'], '1 to 256'),
    (['--migrate', '1.01'], '0 to 1'),
    (['--migrate', '-1'], '0 to 1'),
    (['--migrate', 'nan'], '0 to 1'),
    (['--dest', 'nowhere'], 'uniform'),
    (['--dest', 'zipf'], 'zipf:THETA'),
    (['--dest', 'zipf:11'], '0 to 10'),
    (['--dest', 'tide:0'], 'tide:OPS'),
    (['--burst', '257'], '1 to 256'),
    (['--ring', '257'], '1 to 256'),
    (['--ring', '3', '--case', 'steal'], 'holds a burst'),
    (['--lifetime', '-1'], '0 to 4294967295'),
    (['--latency=yes'], '--latency takes no value'),
    (['--endless', '--time', '1s'], 'one of them'),
    (['--endless', '--rounds', '2'], '1'),
    (['--hold', '0'], '1 to 1048576'),
    (['--spike', '1'], '2 to 100'),
    (['--spike', '101'], '2 to 100'),
    (['--spike', '2', '--sim'], 'without --sim'),
    (['--case', 'spike', '--sim'], 'without --sim'),
    (['--case', 'spike', '--lifetime', '9'], '--lifetime 0'),
    (['--case', 'spike', '--warmup', '0'], 'allowed: longer'),
    (['--case', 'fibers', '--spike', '2'], '--spike'),
    *((['--case', 'fibers', flag, value], flag) for flag, value in (
        ('--migrate', '0'), ('--dest', 'local'), ('--burst', '1'),
        ('--hold', '1'), ('--kept', '0'), ('--give-back', '0'),
        ('--ring', '1'), ('--lifetime', '0'))),
    (['--kept', '0.51', '--case', 'spike'], '0 to 0.5'),
    (['--kept', '10%', '--case', 'spike'], '0 to 0.5'),
    (['--kept', '0.1'], '--spike'),
    (['--give-back', '1.1', '--case', 'spike'], '0 to 1'),
    (['--give-back', '0.9', '--case', 'tide'], '--spike'),
    (['--trim', '-1'], '0 to 4294967295'),
    (['--trim', '9'], 'allowed: with ' + ', '.join(plan.BACKENDS)),
    (['--think', '5'], 'ns, us, ms, s'),
    (['--think', '2s'], '1s'),
    (['--object-size', '7B'], '8B to 16MiB'),
    (['--object-size', '64kb'], 'KiB'),
    (['--magazine', '1'], '2 to 1024'),
    (['--magazine', '1025'], '2 to 1024'),
    (['--touch', 'maybe'], 'yes, no'),
    (['--time', '200'], 'ns, us, ms, s'),
    (['--time', '1parsec'], 'ns, us, ms, s'),
    (['--ops', '0'], '1 to'),
    (['--ops', '1e6'], '1 to'),
    (['--warmup', '1'], 'ns, us, ms, s'),
    (['--rounds', '0'], '1 to 1000'),
    (['--seed', '-1'], '0 to'),
    (['--pin', '0-'], 'none, auto'),
    (['--pin', '4095'], 'none, auto'),
    (['--format', 'csv'], 'table, jsonl'),
    (['--out', ''], 'a file'),
    (['--out', '/nonexistent/file'], 'No such file'),
    (['--time', '1s', '--ops', '1'], 'one of them'),
    (['--case', 'hotspot', '--workers', '3'], '4 to 256'),
    (['--case', 'pipe', '--workers', '1'], '2 to 256'),
    (['--case', 'steal', '--workers', '1'], '2 to 256'),
    (['--case', 'hot', '--migrate', '.5'], '--dest'),
    (['--object-size', '16MiB', '--hold', '65536'], '1GiB'),
)


def run(program, *words, stdout=subprocess.PIPE):
    """Runs a program of the build."""
    return subprocess.run(
        [os.path.join(PROGRAMS, 'driftbench-' + program), *words],
        stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
        text=True, check=False, timeout=100)


def reject(constant):
    """JSON has no NaN and no Infinity, whatever Python thinks."""
    raise ValueError(constant)


class Programs(unittest.TestCase):
    """What the tests have in common."""

    def trials(self, program, *words):
        """The reports of a run in which nothing failed."""
        done = run(program, '--format', 'jsonl', *words)
        self.assertEqual((done.returncode, done.stderr), (0, ''), words)
        return [json.loads(line, parse_constant=reject)
                for line in done.stdout.splitlines()]


class CommandLine(Programs):
    """What a person or a script sees."""

    def test_bad_usage_is_one_line_and_status_2(self):
        for words, said in REFUSED:
            with self.subTest(words=words):
                done = run('null', *words)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stdout, '')
                self.assertEqual(done.stderr.count('\n'), 1)
                self.assertIn('driftbench-null: ', done.stderr)
                self.assertIn('allowed', done.stderr)
                self.assertIn(said, done.stderr)

    def test_list_names_all_cases(self):
        done = run('null', '--list')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(
            tuple(line.split()[0] for line in done.stdout.splitlines()),
            (*CASES, 'fibers'))

    def test_help_names_all_flags(self):
        done = run('null', '--help')
        self.assertEqual(done.returncode, 0)
        for words, _ in REFUSED[4:]:
            self.assertIn(words[0].split('=')[0], done.stdout)

    def test_dry_run_writes_nothing_and_can_be_repeated(self):
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, 'out')
            done = run('percpu', '--dry-run', '--case', 'hotspot',
                       '--think', '200ns', '--dest', 'tide:77', '--ring',
                       '9', '--lifetime', '12345', '--latency', '--out', out)
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            self.assertEqual(os.listdir(directory), [])
        words = done.stdout.split()
        self.assertEqual(words[0], 'driftbench-percpu')
        again = run('percpu', '--dry-run', *words[1:])
        self.assertEqual(again.stdout, done.stdout)

    def test_cases_preset_flags_and_flags_win(self):
        preset, = self.trials('null', '--dry-run', '--case', 'hotspot')
        self.assertEqual(preset['backend'], 'null')
        for key, value in (('migrate', .5), ('dest', 'zipf:0.99'),
                           ('burst', 8), ('hold', 16), ('object_size', 64),
                           ('magazine', 64), ('think_ns', 0)):
            self.assertEqual(preset['params'][key], value, key)
        self.assertGreaterEqual(preset['params']['workers'], 4)
        changed, = self.trials(
            'null', '--dry-run', '--hold', '3', '--case', 'hotspot',
            '--workers', '7', '--dest', 'ring', '--think', '1.5us',
            '--object-size', '1KiB', '--touch', 'no')
        for key, value in (('workers', 7), ('dest', 'ring'), ('burst', 8),
                           ('hold', 3), ('object_size', 1024),
                           ('think_ns', 1500), ('touch', False)):
            self.assertEqual(changed['params'][key], value, key)
        for case, key, value in (('spike', 'time_ns', 10 ** 9),
                                 ('fibers', 'warmup_ns', 0)):
            told, = self.trials('mutex', '--dry-run', '--case', case)
            self.assertEqual(told['params'][key], value, case)

    def test_what_leaks_runs_a_number_of_operations(self):
        for size in (64, 65536):
            dry, = self.trials('none', '--dry-run', '--case', 'pipe',
                               '--object-size', f'{size}B')
            self.assertIsNone(dry['params']['time_ns'])
            self.assertLessEqual(dry['params']['ops'] * size, 64 << 20)
        # However few they are, it does not leak for a time instead.
        dry, = self.trials('none', '--dry-run', '--smoke', '--case', 'pipe',
                           '--object-size', '16MiB', '--hold', '1', '--burst',
                           '1', '--ring', '1')
        self.assertEqual(dry['params']['ops'], 1)
        dry, = self.trials('percpu', '--dry-run', '--case', 'pipe')
        self.assertIsNone(dry['params']['ops'])

    def test_smoke_passes_in_all_cases(self):
        for program in ('null', 'none', 'percpu', 'malloc'):
            for case in CASES:
                with self.subTest(program=program, case=case):
                    trial, = self.trials(program, '--smoke', '--case', case)
                    self.assertEqual(trial['failures'], [])
                    self.assertEqual(trial['case'], case)
                    for part, keys in TRIAL_KEYS.items():
                        found = trial[part] if part else trial
                        self.assertEqual(set(keys.split()) - set(found),
                                         set())
                    # On a busy machine none may have gone back.
                    observed = trial['drift']['p_obs']
                    if observed is not None:
                        self.assertAlmostEqual(
                            observed, trial['params']['migrate'],
                            delta=.01 + 3 * trial['ops'] ** -.5)

    def test_latency_is_of_some_operations_and_all_exchanges(self):
        for case, backend in (('pipe', 'percpu'), ('steal', 'mutex'),
                              ('hotspot', 'treiber')):
            with self.subTest(case=case):
                # No warm-up: what is counted and what is timed is the same.
                trial, = self.trials(backend, '--case', case, '--latency',
                                     '--ops', '640000', '--warmup', '0s')
                latency, pool = trial['latency'], trial['pool']
                done = trial['ops'] + sum(trial['worker_returns'])
                self.assertAlmostEqual(latency['n'], done / 64,
                                       delta=6 * (done / 64) ** .5)
                # Swaps within the cache and constructions are none of them.
                self.assertAlmostEqual(
                    latency['exchange']['n'], pool['refills'] +
                    pool['flushes'], delta=20)
                for part in (latency, latency['exchange']):
                    values = [part[key] for key in
                              ('p50', 'p90', 'p99', 'p999', 'max')]
                    self.assertEqual(values, sorted(values))
                    self.assertGreater(values[0], 0)
                self.assertGreater(latency['floor'], 0)
        trial, = self.trials('null', '--smoke', '--latency')
        self.assertIsNone(trial['latency']['exchange'])

    def test_one_seed_makes_the_same_decisions(self):
        # One worker borrows, and keeps what it decides to keep.
        def kept(seed):
            trial, = self.trials('mutex', '--case', 'pipe', '--workers', '3',
                                 '--migrate', '.7', '--ops', '100003',
                                 '--warmup', '0s', '--seed', seed)
            return trial['worker_returns'][0]

        self.assertEqual(kept('5'), kept('5'))
        self.assertNotEqual(kept('5'), kept('6'))

    def test_thought_does_not_outlast_the_time(self):
        trial, = self.trials('null', '--think', '20ms', '--time', '50ms',
                             '--warmup', '0s')
        self.assertLess(max(trial['worker_ops']), 20)

    def test_series_lie_within_the_measured_phase(self):
        trial, = self.trials('none', '--case', 'pipe', '--ops', '300000')
        drift, memory = trial['drift']['series'], trial['mem']['series']
        self.assertEqual(drift[-1][1] - drift[0][1], trial['ops'])
        self.assertEqual(drift[-1][2], trial['pool']['constructed'])
        self.assertEqual(memory[-1][1], trial['mem']['rss_anon_kib_end'])
        for series in (drift, memory):
            self.assertEqual(series, sorted(series, key=lambda at: at[0]))
            self.assertLessEqual(len(series), 64)

    def test_tide_goes_out_and_comes_back(self):
        # What is left is part of one tide of 5,000, not of all operations.
        trial, = self.trials('none', '--case', 'tide', '--workers', '2',
                             '--ops', '400000')
        self.assertEqual(trial['drift']['p_obs'], 1)
        self.assertLess(trial['drift']['tv_obs'], .1)
        self.assertGreater(trial['pool']['constructed'], 2000)
        self.assertLess(trial['pool']['constructed'], 20000)
        # And if it never turns, all that is borrowed at flood leaks.
        trial, = self.trials('none', '--case', 'tide', '--workers', '2',
                             '--dest', 'tide:1000000', '--ops', '400000')
        self.assertAlmostEqual(trial['drift']['tv_obs'], .7, delta=.05)
        self.assertAlmostEqual(trial['drift']['slope_obj_per_op'], .7,
                               delta=.1)

    def test_few_decisions_say_nothing_of_the_migration(self):
        trial, = self.trials('null', '--case', 'steal', '--workers', '2',
                             '--hold', '65536', '--ops', '100001',
                             '--warmup', '0s')
        self.assertEqual(trial['failures'], [])

    def test_endless_ends_when_interrupted(self):
        dry, = self.trials('null', '--dry-run', '--endless')
        self.assertIsNone(dry['params']['time_ns'])
        with subprocess.Popen(
                [os.path.join(PROGRAMS, 'driftbench-percpu'), '--endless',
                 '--warmup', '1ms', '--format', 'jsonl'],
                stdout=subprocess.PIPE, text=True) as child:
            # Not before it is prepared for that.
            caught = 0
            while not caught >> (signal.SIGINT - 1) & 1:
                time.sleep(.01)
                with open(f'/proc/{child.pid}/status',
                          encoding='ascii') as status:
                    caught, = (int(line.split()[1], 16) for line in status
                               if line.startswith('SigCgt:'))
            child.send_signal(signal.SIGINT)
            report = json.loads(child.communicate(timeout=60)[0])
        self.assertEqual(child.returncode, 0)
        self.assertGreater(report['ops'], 0)

    def test_table_has_a_line_for_each_round(self):
        done = run('null', '--smoke', '--rounds', '3')
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line.split()[0]
                          for line in done.stdout.splitlines()],
                         ['backend', 'null', 'null', 'null'])

    def test_out_is_appended_to(self):
        with tempfile.TemporaryDirectory() as directory:
            out = os.path.join(directory, 'out')
            for rounds in (1, 2):
                done = run('null', '--smoke', '--format', 'jsonl', '--out',
                           out, '--rounds', str(rounds), '--seed', '5')
                self.assertEqual((done.returncode, done.stdout), (0, ''))
            with open(out, encoding='utf-8') as file:
                seeds = [json.loads(line)['params']['seed'] for line in file]
        self.assertEqual(seeds, [5, 5, 6])

    def test_report_that_cannot_be_written_fails(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            for words in (['--smoke'], ['--list'], ['--dry-run']):
                done = run('null', *words, stdout=full)
                self.assertEqual(done.returncode, 1, words)
                self.assertIn('No space left', done.stderr)
        done = run('null', '--smoke', '--out', '/dev/full')
        self.assertEqual(done.returncode, 1)
        self.assertIn('No space left', done.stderr)

    def test_fixed_work_is_done_exactly(self):
        for case, ops in (('hot', 100003), ('pipe', 100003), ('churn', 7)):
            trial, = self.trials('percpu', '--case', case, '--workers', '4',
                                 '--ops', str(ops))
            self.assertEqual(trial['ops'], ops)
            self.assertEqual(sum(trial['worker_ops']), ops)

    def test_more_workers_than_cpus_end(self):
        for case in CASES:
            words = ('--give-back', '0') if case == 'spike' else ()
            trial, = self.trials('percpu', '--smoke', '--case', case,
                                 '--workers', '9', '--burst', '64',
                                 '--hold', '300', '--magazine', '2', *words)
            self.assertTrue(trial['pool']['bound_ok'])


class Drift(Programs):
    """That the harness sees drift, and sees where there is none.

    With more workers than CPUs their shares change from time slice to time
    slice, and a trial of a test is few of them: hence medians, and tolerances
    that a busy machine does not exceed.
    """

    def slope(self, program, *words):
        """New objects an operation over the imbalance: a median."""
        drifts = [trial['drift'] for seed in '12345' for trial in self.trials(
            program, '--seed', seed, *words)]
        return statistics.median(drift['slope_obj_per_op'] / drift['tv_pred']
                                 for drift in drifts)

    def test_none_leaks_what_goes_one_way(self):
        for migrate in ('1', '.5'):
            slope = self.slope('none', '--case', 'pipe', '--migrate', migrate,
                               '--ops', '100000')
            self.assertAlmostEqual(slope, 1, delta=.05)

    def test_none_leaks_by_the_skew(self):
        slope = self.slope('none', '--case', 'hotspot', '--ops', '500000')
        self.assertAlmostEqual(slope, 1, delta=.4)

    def test_percpu_does_not_leak(self):
        for case in ('pipe', 'hotspot'):
            slope = self.slope('percpu', '--case', case, '--ops', '500000')
            self.assertLess(slope, .05)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: cli_test.py DIRECTORY')
    PROGRAMS = sys.argv.pop()
    unittest.main(verbosity=0)
