#!/usr/bin/env python3
"""tools/security-table: a row is what the runs of its attack and defence say, over all seeds.

    test_security_table.py [-v] [TEST...]     FLEETCAST and FLEETCAST_BUILD in the environment
"""
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STORM = ROOT / 'scenarios/adversaries/status-storm.yaml'
SEEDS = ['1', '2', '4']


def table(*arguments):
    done = subprocess.run([ROOT / 'tools/security-table', *arguments], capture_output=True,
                          text=True, check=False)
    rows = [[cell.strip() for cell in line.strip('|').split('|')]
            for line in done.stdout.splitlines()]
    return done, rows


def summary(path, seed, *sets):
    options = [a for s in sets for a in ('--set', s)]
    return json.loads(subprocess.run(
        [os.environ['FLEETCAST'], 'run', str(path), '--json', '--quiet', '--seed', seed, *options],
        capture_output=True, text=True, check=False).stdout)


class SecurityTable(unittest.TestCase):
    def test_a_row_is_the_median_of_its_runs(self):
        done, rows = table('--attack', 'status-storm', os.environ['FLEETCAST_BUILD'], *SEEDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(rows[0][:7], ['attack', 'defence', 'forged', 'accepted', 'installed',
                                       'confirmed', 'by the server'])
        self.assertEqual(len(rows), 3)
        row = rows[2]
        with tempfile.TemporaryDirectory() as folder:
            plain = pathlib.Path(folder) / 'plain.yaml'
            plain.write_text(re.sub(r'^adversaries:\n.*\n', '', STORM.read_text(), flags=re.M))
            attacked = [summary(STORM, seed) for seed in SEEDS]
            quiet = [summary(plain, seed) for seed in SEEDS]
        accepted = [s['security']['forged_accepted'] for s in attacked]
        more = [100 * (a['energy_j']['mean'] / q['energy_j']['mean'] - 1)
                for a, q in zip(attacked, quiet)]
        self.assertGreater(min(accepted), 0)
        forged = [s['security']['forged_frames'] for s in attacked]
        self.assertEqual(row, ['status-storm', 'none', f'{statistics.median(forged):.0f}',
                               f'{statistics.median(accepted):.0f}', '0', '20 of 20', '-', '-', row[8],
                               f'{statistics.median(more):+.0f} ({min(more):+.0f} to '
                               f'{max(more):+.0f}) %', row[10]])
        self.assertRegex(row[8], r'^\d+\.\d \(\d+\.\d to \d+\.\d\) min$')

    def test_an_unknown_attack_is_refused(self):
        done, _ = table('--attack', 'nothing')
        self.assertEqual(done.returncode, 2)
        self.assertIn('counter-jump', done.stderr)


if __name__ == '__main__':
    unittest.main()
