#!/usr/bin/env python3
"""The shipped study: a sample of its runs, or one run of each point or all of them in each way that
a sweep can be played.

    test_shipped_study.py sample|points|whole     FLEETCAST and FLEETCAST_SCENARIOS in the environment

`points` and `whole` need Open MPI. They kill a sweep after a fifth of its runs and go on with it,
kill a process of mpirun, and compare the exports of one worker, two workers and mpirun byte for
byte.
"""
import os
import shutil
import signal
import subprocess
import sys
import unittest

from studies import FLEETCAST, Studies
from test_mpi import ENVIRONMENT, MPIRUN, processes_of, runs_in, skip_without_mpirun

STUDIES = os.environ['FLEETCAST_SCENARIOS'] + '/studies'


class ShippedStudy(Studies):
    def setUp(self):
        super().setUp()
        for name in 'fifty.yaml', 'redundancy.yaml':
            shutil.copy(f'{STUDIES}/{name}', self.folder)

    def export(self, database):
        result = self.run_in('export', database, '--format', 'wide')
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def start(self, *words, database):
        return subprocess.Popen([*words, FLEETCAST, 'sweep', 'redundancy.yaml', '--db', database,
                                 '--silence', '5'], cwd=self.folder, env=ENVIRONMENT,
                                stdout=subprocess.PIPE, text=True)

    def test_sample(self):
        """More redundancy completes more devices."""
        with open(self.path('redundancy.yaml')) as file:
            text = file.read()
        self.write('study.yaml', text.replace('[DR3, DR5]', '[DR5]').replace('step 10', 'step 40')
                   .replace('0..18 dB step 6', '[12 dB]').replace('replications: 5',
                                                                  'replications: 2'))
        self.assertIn('4 of 4 runs', self.sweep().stdout)
        complete = dict(self.query("SELECT point, sum(value) FROM run JOIN metric ON run = id "
                                   "WHERE key = 'devices.complete' GROUP BY point"))
        self.assertLess(complete[0], complete[1])

    def in_each_way(self, runs):
        skip_without_mpirun(self)
        with self.start(database='two.db') as process:
            runs_in(self, process, 'two.db', runs // 5)
            process.send_signal(signal.SIGKILL)
        kept = self.query('SELECT id, wall_s FROM run', 'two.db')
        with self.start(database='two.db') as process:
            out, _ = process.communicate(timeout=1200)
        self.assertIn(f'{runs} of {runs} runs are in two.db ({runs - len(kept)} of them new)', out)
        self.assertEqual(self.query('SELECT id, wall_s FROM run', 'two.db')[:len(kept)], kept)
        with self.start(*MPIRUN, database='mpi.db') as process:
            runs_in(self, process, 'mpi.db', runs // 5)
            os.kill(processes_of(process.pid)[2], signal.SIGKILL)
            out, _ = process.communicate(timeout=1200)
        self.assertIn(f'{runs} of {runs} runs are in mpi.db ({runs} of them new)', out)
        one = self.run_in('sweep', 'redundancy.yaml', '--db', 'one.db', '--workers', '1')
        self.assertIn(f'{runs} of {runs} runs', one.stdout)
        self.assertEqual(self.export('two.db'), self.export('one.db'))
        self.assertEqual(self.export('mpi.db'), self.export('one.db'))

    def test_points(self):
        with open(self.path('redundancy.yaml')) as file:
            text = file.read()
        self.write('redundancy.yaml', text.replace('replications: 5', 'replications: 1'))
        self.in_each_way(40)

    def test_whole(self):
        self.in_each_way(200)


if __name__ == '__main__':
    which = sys.argv.pop(1)
    unittest.main(defaultTest=f'ShippedStudy.test_{which}')
