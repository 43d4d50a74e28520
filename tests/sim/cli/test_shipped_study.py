#!/usr/bin/env python3
"""The shipped study: a sample of its runs, or all of them in each way that a sweep can be played.

    test_shipped_study.py sample|whole        FLEETCAST and FLEETCAST_SCENARIOS in the environment

`whole` needs Open MPI. It kills a sweep after 40 runs and goes on with it, kills a process of
mpirun, and compares the exports of one worker, two workers and mpirun byte for byte.
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

    def test_whole(self):
        skip_without_mpirun(self)
        with self.start(database='two.db') as process:
            runs_in(self, process, 'two.db', 40)
            process.send_signal(signal.SIGKILL)
        kept = self.query('SELECT id, wall_s FROM run', 'two.db')
        with self.start(database='two.db') as process:
            out, _ = process.communicate(timeout=1200)
        self.assertIn(f'200 of 200 runs are in two.db ({200 - len(kept)} of them new)', out)
        self.assertEqual(self.query('SELECT id, wall_s FROM run', 'two.db')[:len(kept)], kept)
        with self.start(*MPIRUN, database='mpi.db') as process:
            runs_in(self, process, 'mpi.db', 40)
            os.kill(processes_of(process.pid)[2], signal.SIGKILL)
            out, _ = process.communicate(timeout=1200)
        self.assertIn('200 of 200 runs are in mpi.db (200 of them new)', out)
        one = self.run_in('sweep', 'redundancy.yaml', '--db', 'one.db', '--workers', '1')
        self.assertIn('200 of 200 runs', one.stdout)
        self.assertEqual(self.export('two.db'), self.export('one.db'))
        self.assertEqual(self.export('mpi.db'), self.export('one.db'))


if __name__ == '__main__':
    which = sys.argv.pop(1)
    unittest.main(defaultTest=f'ShippedStudy.test_{which}')
