#!/usr/bin/env python3
"""What memory cannot hold is refused in one line, with exit status 2 and without files; where memory
ends later, the run fails with status 3 and files that are whole. No command asserts or crashes.

    test_memory_limit.py        FLEETCAST and FLEETCAST_SCENARIOS in the environment
"""
import json
import os
import re
import resource
import subprocess
import tempfile
import unittest

FLEETCAST = os.environ['FLEETCAST']
SCENARIO = os.environ['FLEETCAST_SCENARIOS'] + '/hello-20.yaml'
LIMIT_MIB = 300


STUDY = '''name: many
scenario: hello-20
axes:
  - devices.0.count: [20, 100000]
'''
CITY = '''name: city
duration: 3 h
area: {radius: 1 km}
gateways: {count: 2}
devices: [{name: d, count: 400, boot: {spread: 10 min}, report: {period: 20 min}}]
firmware: {image: generated, size: 8 KiB}
campaign: {start: 10 min, set_up: {window: 1 h}}
'''
TOLD = re.compile(r'^fleetcast: .*: out of memory: 100000 devices need (751|1314) MiB at least, '
                  r'(\d+) MiB are available, in which at most (\d+) devices fit$', re.MULTILINE)


def limited(limit_kib, *arguments, cwd=None):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (limit_kib << 10, limit_kib << 10))
    return subprocess.run([FLEETCAST, *arguments], preexec_fn=limit, capture_output=True,
                          text=True, check=False, cwd=cwd)


class MemoryLimit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        with open(os.path.join(self.folder, name), 'w') as file:
            file.write(text)

    def test_each_command_refuses_what_does_not_fit(self):
        self.write('study.yaml', STUDY)
        many = ('--set', 'devices.0.count=100000')
        with open(SCENARIO) as file:
            self.write('many.yaml', file.read().replace('count: 20', 'count: 100000'))
        for arguments in (('run', SCENARIO, *many, '--out', 'out'),
                          ('run', SCENARIO, *many, '--json', '--out', 'out'),
                          ('run', SCENARIO, *many, '--view', '--out', 'out'),
                          ('explain', SCENARIO, *many, '--worst', 'energy'),
                          ('diff', SCENARIO, '--set-b', 'devices.0.count=100000'),
                          ('compare', SCENARIO, SCENARIO, *many),
                          ('check', 'many.yaml', '--save-baseline', 'main'),
                          ('sweep', 'study.yaml')):
            with self.subTest(arguments):
                before = os.listdir(self.folder)
                result = limited(LIMIT_MIB << 10, *arguments, cwd=self.folder)
                self.assertEqual((result.returncode, result.stdout), (2, ''), result.stderr)
                self.assertEqual(os.listdir(self.folder), before)
                told = TOLD.search(result.stderr)
                self.assertIsNotNone(told, result.stderr)
                self.assertEqual(told[1], '751')
                self.assertLessEqual(int(told[2]), LIMIT_MIB)
                self.assertLess(int(told[3]), LIMIT_MIB * 1048576 // 7800)
                self.assertGreater(int(told[3]), 1000)

    def test_what_is_told_to_fit_on_huge_pages_is_less(self):
        fits = [int(TOLD.search(limited(LIMIT_MIB << 10, 'run', SCENARIO, '--set',
                                        'devices.0.count=100000', '--memory', layout).stderr)[3])
                for layout in ('spare', 'huge')]
        self.assertGreater(fits[0], fits[1] * 3 // 2)

    def test_plays_what_fits(self):
        self.assertEqual(limited(LIMIT_MIB << 10, 'run', SCENARIO, '--quiet').returncode, 0)

    def test_says_where_memory_is_spared(self):
        """A fleet of 4000 devices takes more than an eighth of what the limit leaves."""
        line = (r'^fleetcast: memory is spared, as 4000 devices would take more than an eighth of '
                r'the \d+ MiB that are left: a delivery takes about a twentieth longer, no result '
                r'changes \(--memory=huge spares none\)$')
        told = limited(LIMIT_MIB << 10, 'explain', SCENARIO, '--set', 'devices.0.count=4000',
                       '--device', '4000')
        self.assertEqual(told.returncode, 2)
        self.assertRegex(told.stderr, re.compile(line, re.MULTILINE))
        self.assertEqual(limited(LIMIT_MIB << 10, 'explain', SCENARIO).stderr, '')

    def play(self, limit_kib):
        """The status; what is written is whole, and what is said is a message."""
        out = os.path.join(self.folder, f'out-{limit_kib}')
        result = limited(limit_kib, 'run', 'city.yaml', '--quiet', '--out', out, '--pcap',
                         out + '.pcap', cwd=self.folder)
        self.assertIn(result.returncode, (0, 2, 3), result.stderr)
        left = [name for name in os.listdir(self.folder) if name.startswith(f'out-{limit_kib}.pcap.')]
        self.assertLessEqual(set(left), {f'out-{limit_kib}.pcap.keys'})
        if result.returncode != 0:
            self.assertRegex(result.stderr, 'out of memory')
        if 'after the run' in result.stderr:
            self.assertFalse(os.path.exists(out))
        elif result.returncode == 3:
            self.assertRegex(result.stderr, r'out of memory at [\d.]+ s of simulated time: the '
                             r'system refused a block of \d+ bytes\n')
            with open(out + '/summary.json') as summary:
                self.assertTrue(json.load(summary)['partial'])
            self.assertTrue(os.path.exists(out + '/results.db'))
        return result.returncode

    def test_memory_that_ends_at_any_time_is_told(self):
        self.write('city.yaml', CITY)
        least, most = 8 << 10, LIMIT_MIB << 10
        while limited(least, 'run', 'none.yaml', cwd=self.folder).returncode != 2:
            least += 4 << 10  # the program and its libraries are not loaded
        least += 4 << 10
        self.assertEqual((self.play(least), self.play(most)), (2, 0))
        while most - least > 1024:
            middle = (least + most) // 2
            least, most = (least, middle) if self.play(middle) == 0 else (middle, most)
        # Below the least that suffices: in the middle of the run, then while it is made.
        statuses = {self.play(least - kib) for kib in range(256, 8192, 512)}
        self.assertIn(3, statuses)


if __name__ == '__main__':
    unittest.main()
