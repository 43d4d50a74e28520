#!/usr/bin/env python3
"""tools/compare servers, fleet, delivery: the numbers of its tables are those of the runs.

    test_compare.py [-v] [TEST...]          FLEETCAST and FLEETCAST_BUILD in the environment
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CITY = """
name: tiny
duration: 12 h
area: {radius: 2 km}
gateways: {count: 2, radius: 1 km}
devices: [{name: d, count: 6, boot: {spread: 10 min}, report: {period: 20 min}}]
firmware: {image: generated, size: 4 KiB, version: 2.0.0}
campaign: {start: 30 min, set_up: {window: 3 h}, confirm_timeout: 3 h}
"""


def run(command, text=None):
    return subprocess.run(list(map(str, command)), input=text, cwd=ROOT, capture_output=True,
                          text=True, check=False)


class Compare(unittest.TestCase):
    WHAT = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.scenario = pathlib.Path(self.folder.name) / 'tiny.yaml'
        self.scenario.write_text(CITY)

    def compare(self, *seeds):
        return run([ROOT / 'tools/compare', self.WHAT, '--scenario', self.scenario,
                    os.environ['FLEETCAST_BUILD'], *seeds])


class Servers(Compare):
    WHAT = 'servers'

    def test_each_row_is_the_mean_of_its_runs(self):
        done = self.compare('3', '4')
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.strip('|').split('|')]
                for line in done.stdout.splitlines()]
        self.assertEqual(rows[0][:4], ['server', 'other keys', 'not confirmed', 'confirmed'])
        self.assertEqual({row[0] for row in rows[2:]},
                         {'fleetcast', 'chirpstack-v4', 'chirpstack-v4-before-910',
                          'actility-rounds', 'aws'})
        row = next(row for row in rows if row[:2] == ['chirpstack-v4', 'gateways=single'])
        joules, confirmed = [], []
        for seed in ('3', '4'):
            summary = json.loads(run(
                [os.environ['FLEETCAST'], 'run', '-', '--json', '--quiet', '--seed', seed, '--set',
                 'campaign.server=chirpstack-v4', '--set', 'campaign.gateways=single'],
                CITY).stdout)
            joules.append(summary['energy_j']['mean'])
            confirmed.append(summary['devices']['confirmed'])
        self.assertEqual(row[3], f'{100 * sum(confirmed) / 12:.1f} %')
        self.assertEqual(row[6], f'{sum(joules) / 2:.1f}')

    def test_devices_that_refuse_the_block_are_named_so(self):
        done = self.compare('1')
        refused = next(line for line in done.stdout.splitlines()
                       if 'before-910 | time_out=planned' in line)
        self.assertRegex(refused, r'time_out=planned \| block_mic [^|]*\| 0\.0 % \|')

    def test_a_run_that_fails_ends_it(self):
        self.scenario.write_text('nme: tiny\n')
        done = self.compare('1')
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown key 'nme'", done.stderr)
        self.assertEqual(done.stdout, '')


class Fleet(Compare):
    WHAT = 'fleet'

    def test_each_group_has_its_reasons(self):
        self.scenario.write_text(CITY.replace(
            'devices: [', 'devices: [{name: wrong, count: 4, report: {period: 20 min}, '
                          'wrong_gen_app_key: 50 %}, '))
        done = self.compare('1', '2')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[2:],
                         ['| wrong | 4 | nothing_received 50.0 % | 50.0 % |',
                          '| d | 6 |  | 100.0 % |'])


class Delivery(unittest.TestCase):
    def test_each_group_size_has_a_row_for_each_way_of_delivery(self):
        done = run([ROOT / 'tools/compare', 'delivery', '--sizes', '4', '8', '--',
                    os.environ['FLEETCAST_BUILD'], '1'])
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [[cell.strip() for cell in line.strip('|').split('|')]
                for line in done.stdout.splitlines()]
        self.assertEqual([row[:3] for row in rows[2:]],
                         [[size, way, '100.0 %'] for size in ('4', '8')
                          for way in ('multicast', 'both', 'unicast')])
        columns = {name: at for at, name in enumerate(rows[0])}
        fragments = [int(row[columns['fragments by unicast']]) for row in rows[2:]]
        self.assertEqual(fragments[0], 0)
        # 12 KiB and a header of 256 bytes are 267 fragments of 47; a lost answer brings some again.
        self.assertGreaterEqual(fragments[2], 4 * 267)
        self.assertGreaterEqual(fragments[5], 8 * 267)


if __name__ == '__main__':
    unittest.main(argv=sys.argv)
