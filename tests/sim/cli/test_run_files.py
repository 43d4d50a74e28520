#!/usr/bin/env python3
"""The files and streams of `fleetcast run`: whole or not there, whatever ends the program or its reader.

    test_run_files.py [-v] [TEST...]        FLEETCAST and FLEETCAST_SCENARIOS in the environment
"""
import csv
import fcntl
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

from test_cli import CAPTURE, FLEETCAST, Folder, RESULTS, SMALL, default_signals, fleetcast

F_SETPIPE_SZ = 1031  # fcntl.F_SETPIPE_SZ, since Python 3.10
PCAP_MAGIC = (0xA1B23C4D).to_bytes(4, sys.byteorder)


def limit_file_size():
    """As on a full disk: the first bytes of a file can be written, the others not."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


class Files(Folder):
    def table(self, name):
        with open(self.path(name), newline='') as file:
            return list(csv.DictReader(file))

    def test_a_reader_of_csv_reads_a_line_for_each_device(self):
        self.assertEqual(fleetcast('run', '-q', '--out', self.path('out')).returncode, 0)
        devices = self.table('out/devices.csv')
        self.assertEqual([row['device'] for row in devices], [str(i) for i in range(20)])
        self.assertEqual({row['state'] for row in devices}, {'confirmed'})
        last = self.table('out/campaign.csv')[-1]
        self.assertEqual((last['confirmed'], last['phase']), ('20', 'done'))

    def test_the_database_holds_what_the_other_files_hold(self):
        fleetcast('run', '-q', '--seed', '3', '--set', 'duration=5 h', '--out', self.path('out'))
        database = sqlite3.connect(self.path('out/results.db'))
        self.addCleanup(database.close)
        self.assertEqual(database.execute('PRAGMA integrity_check').fetchone(), ('ok',))

        def keys(tree, prefix=''):
            for name, value in tree.items():
                yield from (keys(value, f'{prefix}{name}.') if isinstance(value, dict)
                            else [(prefix + name, value)])
        summary = list(keys(json.loads(self.read('out/summary.json'))))
        metrics = database.execute('SELECT key, value FROM metric ORDER BY position').fetchall()
        self.assertEqual([key for key, _ in metrics], [key for key, _ in summary])
        for (key, value), (_, written) in zip(metrics, summary):
            self.same(key, value, written)

        facts = json.loads(self.read('out/run.json'))
        run = database.execute('SELECT study, point, replication, seed, scenario_hash, version, '
                               '"commit", dirty, status FROM run').fetchall()
        self.assertEqual(run, [('', 0, 0, '3', facts['scenario']['sha256'], facts['version'],
                                facts['commit'], int(facts['dirty']), 0)])
        labels = database.execute('SELECT key, value FROM label ORDER BY position').fetchall()
        self.assertEqual(labels, [('seed', '3'), ('duration', '5 h')])

        cursor = database.execute('SELECT * FROM device ORDER BY device')
        names = [column[0] for column in cursor.description]
        devices = self.table('out/devices.csv')
        self.assertEqual(names, ['run', *devices[0]])
        for row, line in zip(cursor.fetchall(), devices, strict=True):
            for name, value in zip(names[1:], row[1:]):
                self.same(name, value, line[name] or None)

    def same(self, name, value, written):
        """Of a number a file has six digits."""
        if isinstance(value, float):
            self.assertAlmostEqual(value, float(written), delta=6e-6 * abs(value), msg=name)
        else:
            self.assertIn(value, (written, int(written) if str(written).isdigit() else written),
                          name)

    def test_a_disk_that_is_full_is_told_and_keeps_earlier_results(self):
        fleetcast('run', '-q', '--out', self.path('out'))
        before = {name: self.read(name) for name in RESULTS[1:]}
        result = fleetcast('run', '-q', '--seed', '2', '--out', 'out', '--force', cwd=self.folder,
                           preexec_fn=limit_file_size)
        self.assertEqual(result.returncode, 2)
        for name in ('summary.json', 'devices.csv', 'campaign.csv', 'results.db'):
            self.assertRegex(result.stderr, rf"fleetcast: --out: cannot write '\S*out/{name}\S*': \S")
            self.assertEqual(self.read(f'out/{name}'), before[f'out/{name}'])
        self.assertNotEqual(self.read('out/run.json'), before['out/run.json'], 'it had room')
        self.assertEqual(self.files(), RESULTS)

    def test_a_capture_on_a_full_disk(self):
        result = fleetcast('run', '-q', '--pcap', 'air.pcap', cwd=self.folder,
                           preexec_fn=limit_file_size)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"--pcap: cannot write '.*air.pcap': File too large")
        self.assertNotIn('air.pcap', self.files())

    def test_a_program_that_is_killed_leaves_no_half_file(self):
        process = subprocess.Popen(
            [FLEETCAST, 'run', 'smart-city-1000', '-q', '--set', 'duration=200 d', '--out', 'out',
             '--pcap', 'air.pcap'], cwd=self.folder, preexec_fn=default_signals)
        self.addCleanup(process.kill)
        end = time.monotonic() + 120
        while time.monotonic() < end and not self.captured():
            time.sleep(0.02)
        self.assertTrue(self.captured(), 'frames were written before')
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual([name for name in self.files() if name in CAPTURE + RESULTS], ['out'])

    def captured(self):
        # A file: a folder is as large, and that of the keys is there while it is tried.
        return any(name.startswith('air.pcap.') and os.path.isfile(self.path(name))
                   and os.path.getsize(self.path(name)) >= 4096 for name in self.files())


class Events(Folder):
    def events(self, *arguments):
        """Those on standard output."""
        result = fleetcast('run', 'hello-20', '--events', '-', *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_every_line_is_an_event_and_a_filter_chooses_among_them(self):
        every = self.events()
        stages = [event for event in every if event.get('stage') == 'confirmed']
        self.assertEqual(sorted(event['device'] for event in stages), list(range(20)))
        for words, passes in (
                ('device=3', lambda event: event.get('device') == 3),
                ('kind=firmware,network_join',
                 lambda event: event['kind'] in ('firmware', 'network_join')),
                ('from=90min to=100min', lambda event: 5400 <= event['time_s'] <= 6000),
                ('device=3..4 kind=frame_received from=95min',
                 lambda event: event.get('device') in (3, 4) and event['kind'] == 'frame_received'
                 and event['time_s'] >= 5700)):
            chosen = [event for event in every if passes(event)]
            self.assertTrue(chosen, words)
            self.assertEqual(self.events('--events-filter', words), chosen)

    def test_a_file_of_events_is_whole_and_the_same_each_time(self):
        for name in 'ab':
            result = fleetcast('run', '-q', '--events', self.path(name))
            self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual(self.read('a'), self.read('b'))
        self.assertTrue(self.read('a').endswith('}\n'))
        self.assertEqual(self.files(), ['a', 'b'])
        result = fleetcast('run', '-q', '--events', 'c', cwd=self.folder,
                           preexec_fn=limit_file_size)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, "--events: cannot write '.*c': File too large")
        self.assertEqual(self.files(), ['a', 'b'])
        self.refused('run', '--events', 'none/x', says="--events: cannot write 'none/x'")


class Captures(Folder):
    def test_the_air_is_written_with_its_keys(self):
        result = fleetcast('run', '-', '-q', '--pcap', self.path('air.pcap'), text=SMALL)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.files(), CAPTURE)
        for name, pattern in (
                ('encryption', r'"[0-9a-f]{8}","[0-9a-f]{32}","[0-9a-f]{32}","0{16}"'),
                ('session', r'"[0-9a-f]{8}","[0-9a-f]{32}","[0-9a-f]{32}"'),
                ('root', r'"[0-9a-f]{16}","[0-9a-f]{32}"')):
            lines = self.read(f'air.pcap.keys/{name}_keys_lorawan').splitlines()
            self.assertEqual(len(lines), 3)
            for line in lines:
                self.assertRegex(line, f'^{pattern}$')

    def test_standard_output_holds_the_capture_alone(self):
        fleetcast('run', '-q', '--pcap', self.path('air.pcap'))
        streamed = subprocess.run([FLEETCAST, 'run', '--pcap', '-'], capture_output=True)
        self.assertEqual((streamed.returncode, streamed.stderr), (0, b''))
        self.assertEqual(streamed.stdout, self.read('air.pcap').encode('latin-1'))

    def test_a_reader_that_goes_away_does_not_end_the_run(self):
        for form, size in ('air', 24), ('gateways', 28):
            end, to = os.pipe()
            fcntl.fcntl(to, F_SETPIPE_SZ, 4096)  # the run cannot end before its reader goes
            process = subprocess.Popen([FLEETCAST, 'run', '--pcap', '-', '--pcap-form', form,
                                        '--out', self.path(form)], stdout=to,
                                       stderr=subprocess.PIPE)
            os.close(to)
            self.assertEqual(len(os.read(end, size)), size)
            os.close(end)
            error = process.stderr.read().decode()
            process.stderr.close()
            self.assertEqual(process.wait(), 0, error)
            self.assertEqual(error, 'fleetcast: --pcap: its reader closed the stream, which '
                             'holds the beginning of the run only\n')
            self.assertTrue(os.path.isfile(self.path(f'{form}/summary.json')))

    def test_a_reader_need_not_wait_for_the_end(self):
        process = subprocess.Popen(
            [FLEETCAST, 'run', 'smart-city-1000', '--set', 'duration=200 d', '--pcap', '-'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=default_signals)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        start = process.stdout.read(100)
        self.assertEqual(start[:4], PCAP_MAGIC)
        self.assertIsNone(process.poll(), 'it still runs')
        process.kill()
        process.wait()

    def test_what_cannot_be_together(self):
        for streams in ['--json', '--pcap', '-'], ['--events', '-', '--pcap', '-']:
            self.refused('run', *streams, says='--json, --pcap - and --events -: standard output '
                         'takes only one of them')
        self.refused('run', '--events', 'x', '--events-filter', 'device=x',
                     says="--events-filter: 'device=x' should be a number or a range")
        self.refused('run', '--pcap', 'x', '--pcap-form', 'gateway',
                     says="--pcap-form: 'gateway' is none: 'air' or 'gateways'")
        self.assertEqual(self.files(), [])


if __name__ == '__main__':
    unittest.main()
