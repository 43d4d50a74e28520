#!/usr/bin/env python3
"""Drives `fleetcast sweep` from outside: what it plays, keeps, refuses and goes on with.

    test_sweep.py [-v] [TEST...]        FLEETCAST in the environment
"""
import ctypes
import os
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from studies import FLEETCAST, SMALL, STUDY, Studies

RUNS = 'SELECT point, replication, seed, scenario_hash, status FROM run ORDER BY 1, 2'
METRICS = ('SELECT point, replication, key, value FROM run JOIN metric ON run = id '
           'ORDER BY point, replication, position')


class Sweep(Studies):
    def test_lists_its_points_without_playing(self):
        self.assertEqual(self.sweep('--dry-run').stdout, '''\
reports: 4 points, 2 replications each, from seed 1
     0  devices.d.report.period=10 min devices.d.count=2 gateways.count=1
     1  devices.d.report.period=10 min devices.d.count=4 gateways.count=2
     2  devices.d.report.period=20 min devices.d.count=2 gateways.count=1
     3  devices.d.report.period=20 min devices.d.count=4 gateways.count=2
''')
        self.assertFalse(os.path.exists(self.path('study.db')))

    def test_conditions_leave_points_out(self):
        self.write('study.yaml', STUDY + 'where: [devices.d.report.period < 15 min or '
                   'gateways.count == 2, devices.d.count != 3]\n')
        lines = self.sweep('--dry-run').stdout.splitlines()
        self.assertEqual([line.split('  ', 1)[1].strip() for line in lines[1:]],
                         ['0  devices.d.report.period=10 min devices.d.count=2 gateways.count=1',
                          '1  devices.d.report.period=10 min devices.d.count=4 gateways.count=2',
                          '2  devices.d.report.period=20 min devices.d.count=4 gateways.count=2'])

    def test_plays_every_run_once_with_the_same_seeds_at_every_point(self):
        self.assertEqual(self.sweep().stdout,
                         'reports: 8 of 8 runs are in study.db (8 of them new)\n')
        runs = self.query(RUNS)
        self.assertEqual([run[:3] for run in runs],
                         [(p, r, str(r + 1)) for p in range(4) for r in range(2)])
        self.assertEqual(len({run[3] for run in runs}), 4, 'a hash for each point')
        self.assertEqual(self.sweep().stdout,
                         'reports: 8 of 8 runs are in study.db (0 of them new)\n')
        self.assertEqual(self.query(RUNS), runs)

    def test_a_run_has_the_numbers_of_the_same_run_alone(self):
        self.sweep()
        alone = self.run_in('run', 'small.yaml', '--json', '--seed', '2', '--set',
                            'devices.d.report.period=20 min', '--set', 'devices.d.count=4',
                            '--set', 'gateways.count=2').stdout
        hash_of_run = self.query("SELECT value FROM run JOIN metric ON run = id WHERE point = 3 "
                                 "AND replication = 1 AND key = 'trace_hash'")
        self.assertIn(hash_of_run[0][0], alone)

    def test_the_number_of_workers_changes_nothing(self):
        self.sweep('--workers', '1', '--db', 'one.db')
        self.sweep('--workers', '2', '--db', 'two.db')
        self.assertEqual(self.query(RUNS, 'one.db'), self.query(RUNS, 'two.db'))
        self.assertEqual(self.query(METRICS, 'one.db'), self.query(METRICS, 'two.db'))

    def test_keeps_the_metrics_that_it_names(self):
        self.write('study.yaml', STUDY + 'metrics: [devices.joined, "uplinks.*"]\n')
        self.sweep()
        keys = {key for key, in self.query('SELECT DISTINCT key FROM metric')}
        self.assertIn('devices.joined', keys)
        self.assertTrue(all(key == 'devices.joined' or key.startswith('uplinks.') for key in keys))
        self.assertGreater(len(keys), 2)

    def test_resumes_after_it_was_killed(self):
        """Whatever was in the database stays as it is, and only the rest is played."""
        self.write('study.yaml', STUDY.replace('replications: 2', 'replications: 8'))
        with subprocess.Popen([FLEETCAST, 'sweep', 'study.yaml', '--workers', '1'],
                              cwd=self.folder, stdout=subprocess.DEVNULL) as process:
            kept = 0
            while kept < 2 and process.poll() is None:
                time.sleep(0.005)
                try:
                    kept = self.query('SELECT count(*) FROM run')[0][0]
                except sqlite3.OperationalError:  # there is no table yet
                    kept = 0
            process.send_signal(signal.SIGKILL)
        before = self.query('SELECT id, wall_s FROM run')
        self.assertGreaterEqual(len(before), 2)
        self.assertEqual(self.sweep().stdout, f'reports: 32 of 32 runs are in study.db '
                         f'({32 - len(before)} of them new)\n')
        self.assertEqual(self.query('SELECT id, wall_s FROM run')[:len(before)], before)
        self.sweep('--db', 'whole.db')
        self.assertEqual(self.query(METRICS), self.query(METRICS, 'whole.db'))

    def test_tells_which_run_failed(self):
        """A process that is killed is a run that failed."""
        self.write('small.yaml', SMALL.replace('duration: 2 h', 'duration: 3000 d'))
        self.write('study.yaml', 'name: long\nscenario: small.yaml\n'
                   'axes: {gateways.count: [2]}\nseed: 7\n')
        with subprocess.Popen([FLEETCAST, 'sweep', 'study.yaml'], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            path = f'/proc/{process.pid}/task/{process.pid}/children'
            children = ''
            while not children and process.poll() is None:
                with open(path) as file:
                    children = file.read()
            os.kill(int(children), signal.SIGKILL)
            out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 3)
        self.assertEqual(err, 'fleetcast: a run failed: gateways.count=2, seed 7: ended by the '
                         'signal: Killed\n')
        self.assertEqual(out, 'long: 0 of 1 runs are in study.db (0 of them new)\n')

    def test_plays_more_replications_when_the_study_asks_for_more(self):
        self.sweep()
        self.write('study.yaml', STUDY.replace('replications: 2', 'replications: 3'))
        self.assertEqual(self.sweep().stdout,
                         'reports: 12 of 12 runs are in study.db (4 of them new)\n')

    def test_precision_adds_rounds_until_the_interval_is_narrow(self):
        """A number that does not vary needs no more runs; one that does gets rounds of 4."""
        self.sweep('--precision', 'devices.total=1%', '--db', 'constant.db')
        self.assertEqual(self.query('SELECT count(*) FROM run', 'constant.db'), [(8,)])
        self.write('study.yaml', STUDY + 'precision: {energy_j.mean: 0.001 %}\n'
                   'replications_max: 9\n')
        self.sweep()
        counts = self.query('SELECT count(*) FROM run GROUP BY point')
        self.assertEqual(counts, [(9,)] * 4)

    def test_a_signal_ends_it_and_its_runs(self):
        self.write('study.yaml', STUDY.replace('replications: 2', 'replications: 500'))
        with subprocess.Popen([FLEETCAST, 'sweep', 'study.yaml'], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            while not os.path.exists(self.path('study.db')) or not self.has_run():
                time.sleep(0.005)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, out + err)
        self.assertIn('Terminated ended the sweep; the same command plays what is missing', err)
        self.assertEqual(self.query('PRAGMA integrity_check'), [('ok',)])

    def has_run(self):
        try:
            return self.query('SELECT count(*) FROM run')[0][0] > 0
        except sqlite3.OperationalError:  # there is no table yet
            return False


class Database(Studies):
    """Points where something else has the database, or where it cannot be written."""

    def test_of_another_study_or_an_earlier_state_of_it(self):
        self.sweep()
        rows = self.query(METRICS)
        self.write('study.yaml', STUDY.replace('name: reports', 'name: rates'))
        self.refused('sweep', 'study.yaml', says="fleetcast: 'study.db' holds the study 'reports', "
                     "and this is the study 'rates'; nothing was changed: use another database "
                     "(--db)\n")
        self.write('study.yaml', STUDY.replace('20 min', '30 min'))
        self.refused('sweep', 'study.yaml', says="fleetcast: 'study.db' holds an earlier state of "
                     "this study, and this is one with other points, metrics, seeds or files; "
                     "nothing was changed: use another database (--db)\n")
        self.assertEqual(self.query(METRICS), rows)

    def test_that_lacks_a_metric_whose_precision_is_wanted(self):
        self.write('study.yaml', STUDY + 'metrics: [devices.joined]\n')
        self.sweep()
        self.refused('sweep', 'study.yaml', '--precision', 'energy_j.mean=1%',
                     says="fleetcast: 'study.db' does not keep 'energy_j.mean', of which a "
                     "precision is wanted; nothing was changed: use another database (--db)\n")
        self.assertEqual(self.query('SELECT count(*) FROM run'), [(8,)])

    def test_of_another_revision(self):
        self.sweep()
        self.change("UPDATE meta SET value = '0123456789ab' WHERE key = 'commit'")
        self.change("UPDATE meta SET value = '0' WHERE key = 'dirty'")
        result = self.run_in('sweep', 'study.yaml')
        self.assertEqual(result.returncode, 2)
        self.assertIn("'study.db' holds runs of the program 0123456789ab, and this is the program ",
                      result.stderr)
        self.assertEqual(self.query('SELECT count(*) FROM run'), [(8,)])

    def test_of_a_newer_program(self):
        self.sweep()
        self.change('PRAGMA user_version = 7')
        self.refused('sweep', 'study.yaml', says="fleetcast: 'study.db' was written by a newer "
                     "fleetcast: its schema is 7, this program knows schemas up to 1\n")
        self.assertEqual(self.query('SELECT count(*) FROM run'), [(8,)])

    def test_that_is_none(self):
        self.write('study.db', 'name: city\n' * 100)
        self.refused('sweep', 'study.yaml',
                     says="fleetcast: cannot read 'study.db': file is not a database\n")
        self.assertFalse(os.path.exists(self.path('study.db.lock')))

    def test_that_another_sweep_writes(self):
        self.write('study.yaml', STUDY.replace('replications: 2', 'replications: 500'))
        with subprocess.Popen([FLEETCAST, 'sweep', 'study.yaml', '--quiet'], cwd=self.folder,
                              stderr=subprocess.DEVNULL) as process:
            while not os.path.exists(self.path('study.db')):
                time.sleep(0.005)
            host = os.uname().nodename
            self.refused('sweep', 'study.yaml', says="fleetcast: 'study.db' is being written by "
                         f"another sweep (process {process.pid} on {host})\n")
            process.send_signal(signal.SIGTERM)
        self.assertFalse(os.path.exists(self.path('study.db.lock')))

    def test_in_a_folder_that_cannot_be_written(self):
        os.chmod(self.folder, 0o555)

        def obey_permissions():
            """As root too: PR_CAPBSET_DROP of CAP_DAC_OVERRIDE (capabilities(7))."""
            if os.geteuid() == 0:
                ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
        if subprocess.run(['test', '-w', '.'], cwd=self.folder,
                          preexec_fn=obey_permissions).returncode == 0:
            os.chmod(self.folder, 0o755)
            self.skipTest('this user may write into any folder')
        self.refused('sweep', 'study.yaml', preexec_fn=obey_permissions,
                     says="fleetcast: cannot write 'study.db.lock': Permission denied\n")
        os.chmod(self.folder, 0o755)

    def test_on_a_disk_that_fills_up(self):
        """A limit of the file's size stands for the disk."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
        result = self.sweep(status=2, preexec_fn=limit)
        self.assertIn("fleetcast: cannot write 'study.db': File too large; what is kept stays\n",
                      result.stderr)
        kept = self.query('SELECT count(*) FROM run')[0][0]
        self.assertGreater(kept, 0)
        self.assertEqual(self.sweep().stdout, 'reports: 8 of 8 runs are in study.db '
                         f'({8 - kept} of them new)\n')


if __name__ == '__main__':
    unittest.main()
