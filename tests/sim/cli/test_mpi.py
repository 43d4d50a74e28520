#!/usr/bin/env python3
"""A study on the processes of mpirun: the same export, byte for byte, as on one, even if a process
is killed.

    test_mpi.py [-v] [TEST...]        FLEETCAST in the environment, mpirun of Open MPI installed
"""
import contextlib
import os
import signal
import sqlite3
import subprocess
import time
import unittest

from studies import FLEETCAST, STUDY, Studies

# As root, and on fewer processors than processes. With --enable-recovery the status of mpirun is
# not that of rank 0.
MPIRUN = ['mpirun', '--allow-run-as-root', '--oversubscribe', '--enable-recovery', '-n', '3']
# AddressSanitizer finds what the libraries of MPI never free.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')


def skip_without_mpirun(test):
    """Where mpirun cannot start three processes of any program, a sweep cannot, either."""
    probe = subprocess.run([*MPIRUN, 'true'], capture_output=True, text=True, timeout=120)
    if probe.returncode != 0:
        test.skipTest(f'mpirun does not work here: {probe.stderr}')


def processes_of(parent):
    """Ranks and process numbers of what this mpirun started."""
    ranks = {}
    for name in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{name}/stat', encoding='latin-1') as file:
                if int(file.read().rsplit(')', 1)[1].split()[1]) != parent:
                    continue
            with open(f'/proc/{name}/environ', 'rb') as file:
                variables = dict(text.split(b'=', 1) for text in file.read().split(b'\0')
                                 if b'=' in text)
        except OSError:
            continue  # it has just ended
        if b'OMPI_COMM_WORLD_RANK' in variables:
            ranks[int(variables[b'OMPI_COMM_WORLD_RANK'])] = int(name)
    return ranks


def runs_in(studies, process, database, count):
    """Waits until the database holds so many runs, or its process is over."""
    kept = 0
    while kept < count and process.poll() is None:
        time.sleep(0.005)
        try:
            kept = studies.query('SELECT count(*) FROM run', database)[0][0]
        except sqlite3.OperationalError:  # there is no table yet, or it is locked
            kept = 0


class Mpi(Studies):
    def setUp(self):
        super().setUp()
        skip_without_mpirun(self)
        self.write('study.yaml', STUDY.replace('replications: 2', 'replications: 4'))

    def start(self, *arguments):
        return subprocess.Popen([*MPIRUN, FLEETCAST, 'sweep', 'study.yaml', *arguments],
                                cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def export(self, database):
        result = self.run_in('export', database, '--format', 'wide')
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_a_killed_process_costs_no_run(self):
        self.sweep('--workers', '1', '--db', 'one.db')
        self.sweep('--workers', '2', '--db', 'two.db')
        with self.start('--db', 'mpi.db', '--silence', '2') as process:
            runs_in(self, process, 'mpi.db', 3)
            victim = processes_of(process.pid).get(2)
            with contextlib.suppress(ProcessLookupError):  # it may have just ended
                if victim is not None:
                    os.kill(victim, signal.SIGKILL)
            out, err = process.communicate(timeout=120)
        self.assertIn('reports: 16 of 16 runs are in mpi.db (16 of them new)', out, err)
        self.assertEqual(self.export('mpi.db'), self.export('one.db'))
        self.assertEqual(self.export('two.db'), self.export('one.db'))

    def test_mistakes_are_told_once_and_every_process_ends(self):
        self.write('study.yaml', STUDY + 'replication: 3\n')
        with self.start() as process:
            out, err = process.communicate(timeout=120)
        self.assertEqual(out, '')
        self.assertEqual(err.count("unknown key 'replication'"), 1, err)


if __name__ == '__main__':
    unittest.main()
