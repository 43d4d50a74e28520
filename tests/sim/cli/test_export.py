#!/usr/bin/env python3
"""The runs of a study as lists and files: `study show` and `export`.

    test_export.py [-v] [TEST...]        FLEETCAST in the environment
"""
import ast
import csv
import io
import math
import re
import statistics
import struct
import subprocess
import unittest

from studies import FLEETCAST, SMALL, STUDY, Studies, make_folder

KEYS = ['devices.d.report.period', 'devices.d.count', 'gateways.count']
# Two-sided 95 % of Student's distribution with 4 degrees of freedom, from any table of it.
STUDENT_4 = 2.776445


class Lists(Studies):
    """All of one database, which no test changes."""

    @classmethod
    def setUpClass(cls):
        temporary = make_folder()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = temporary.name
        for name, text in ('small.yaml', SMALL), ('study.yaml', STUDY):
            with open(f'{cls.folder}/{name}', 'w') as file:
                file.write(text.replace('replications: 2', 'replications: 5'))
        subprocess.run([FLEETCAST, 'sweep', 'study.yaml', '--quiet'], cwd=cls.folder, check=True,
                       timeout=120)

    def setUp(self):
        pass

    def values(self, point, key):
        return [value for value, in self.query(
            f"SELECT value FROM run JOIN metric ON run = id WHERE point = {point} AND "
            f"key = '{key}' ORDER BY replication")]

    def test_show_has_mean_interval_quantiles_and_number(self):
        out = self.run_in('study', 'show', 'study.db', '--metric', 'uplinks.sent').stdout
        lines = out.splitlines()
        self.assertRegex(lines[0], r'^reports: 4 points, 20 runs, program \S+ \(\S+\)$')
        self.assertEqual(lines[2], 'uplinks.sent')
        self.assertEqual(lines[3].split(), ['point', *KEYS, 'n', 'mean', '95', '%', 'interval',
                                            '5', '%', '50', '%', '95', '%'])
        self.assertEqual(len({len(line) for line in lines[3:]}), 1, 'columns are aligned')
        for point, line in enumerate(lines[4:]):
            cells = re.split('  +', line.strip())
            values = self.values(point, 'uplinks.sent')
            mean, half = statistics.mean(values), \
                STUDENT_4 * statistics.stdev(values) / math.sqrt(5)
            low, high = map(float, cells[6].split(' .. '))
            self.assertEqual((cells[0], cells[4]), (str(point), '5'))
            self.assertAlmostEqual(float(cells[5]), mean, delta=1e-5 * mean)
            self.assertAlmostEqual(low, mean - half, delta=1e-5 * mean)
            self.assertAlmostEqual(high, mean + half, delta=1e-5 * mean)
            self.assertAlmostEqual(float(cells[8]), statistics.median(values), delta=1e-3)

    def test_show_takes_the_runs_of_a_filter(self):
        for filters in (['point=3'], ['devices.d.count=4', 'devices.d.report.period=20 min']):
            arguments = [word for text in filters for word in ('--filter', text)]
            out = self.run_in('study', 'show', 'study.db', *arguments).stdout
            self.assertIn('1 point, 5 runs', out)
            self.assertRegex(out, r'(?m)^ +3  20 min +4 +2 ')

    def test_command_repeats_one_run(self):
        command = self.run_in('study', 'show', 'study.db', '--command', '3.1').stdout
        self.assertEqual(command, f"fleetcast run {self.folder}/small.yaml --set "
                         "'devices.d.report.period=20 min' --set devices.d.count=4 --set "
                         "gateways.count=2 --set seed=2\n")
        out = self.run_in('run', 'small.yaml', '--json', '--set', 'devices.d.report.period=20 min',
                          '--set', 'devices.d.count=4', '--set', 'gateways.count=2', '--set',
                          'seed=2').stdout
        self.assertIn(self.query("SELECT value FROM run JOIN metric ON run = id WHERE point = 3 "
                                 "AND replication = 1 AND key = 'trace_hash'")[0][0], out)

    def test_tidy_has_a_line_for_each_metric_of_each_run(self):
        text = self.run_in('export', 'study.db', '--metric', 'uplinks.*').stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        expected = self.query("SELECT point, replication, key, value FROM run JOIN metric ON "
                              "run = id WHERE key GLOB 'uplinks.*' "
                              "ORDER BY point, replication, position")
        self.assertEqual(len(rows), len(expected))
        for row, (point, replication, key, value) in zip(rows, expected):
            self.assertEqual((row['point'], row['replication'], row['metric']),
                             (str(point), str(replication), key))
            self.assertEqual(row['value'] and float(row['value']), '' if value is None else value)
        self.assertEqual([rows[-1][key] for key in KEYS], ['20 min', '4', '2'])

    def test_wide_has_a_line_for_each_run(self):
        text = self.run_in('export', 'study.db', '--format', 'wide').stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([(row['point'], row['seed']) for row in rows],
                         [(str(p), str(r + 1)) for p in range(4) for r in range(5)])
        self.assertEqual([float(row['uplinks.sent']) for row in rows[5:10]],
                         self.values(1, 'uplinks.sent'))
        names = text.split('\n', 1)[0].split(',')
        self.assertEqual(len(names), len(set(names)))

    def test_npy_is_an_array_of_records(self):
        """The format of numpy/lib/format.py: magic, version, length, a literal, aligned data."""
        self.assertEqual(self.run_in('export', 'study.db', '--format', 'npy', '--out',
                                     'a.npy').returncode, 0)
        with open(self.path('a.npy'), 'rb') as file:
            data = file.read()
        self.assertEqual(data[:8], b'\x93NUMPY\x01\x00')
        length, = struct.unpack('<H', data[8:10])
        head = ast.literal_eval(data[10:10 + length].decode())
        self.assertEqual((10 + length) % 64, 0)
        self.assertTrue(data[:10 + length].endswith(b'\n'))
        self.assertEqual((head['shape'], head['fortran_order']), ((20,), False))
        names = [name for name, _ in head['descr']]
        self.assertEqual(names[:7], ['point', 'replication', 'status', 'seed', *KEYS])
        self.assertEqual(len(names), len(set(names)))
        form = '<' + ''.join({'u': 'I', 'i': 'i', 'f': 'd'}.get(kind[1], kind[2:] + 's')
                             if kind[0] == '<' else kind[1:] + 's' for _, kind in head['descr'])
        self.assertEqual(len(data) - 10 - length, 20 * struct.calcsize(form))
        records = list(struct.iter_unpack(form, data[10 + length:]))
        self.assertEqual([record[:2] for record in records],
                         [(p, r) for p in range(4) for r in range(5)])
        self.assertEqual(records[10][4:7], (b'20 min', b'2', b'1'))
        column = names.index('uplinks.sent')
        self.assertEqual([record[column] for record in records[5:10]],
                         self.values(1, 'uplinks.sent'))

    def test_refuses_what_is_not_there(self):
        self.refused('study', 'show', 'none.db',
                     says="fleetcast: cannot read 'none.db': No such file or directory\n")
        self.refused('study', 'show', 'small.yaml',
                     says="fleetcast: cannot read 'small.yaml': file is not a database\n")
        self.refused('export', 'study.db', '--filter', 'gateways.cont=1',
                     says="fleetcast: no run has the key 'gateways.cont' of the filter "
                     "'gateways.cont=1'\n")
        self.refused('study', 'show', 'study.db', '--command', '4.0',
                     says="fleetcast: 'study.db' has no run 4.0\n")
        self.refused('study', 'show', 'study.db', '--command', '4',
                     says="fleetcast: '4' should be POINT.REPLICATION, as in 3.0\n")
        self.refused('export', 'study.db', '--out', 'none/a.csv', says="fleetcast: cannot write "
                     "'none/a.csv': No such file or directory\n")


if __name__ == '__main__':
    unittest.main()
