#!/usr/bin/env python3
"""A fleet that memory cannot hold is refused in one line, with exit status 2 and without files.

    test_memory_limit.py        FLEETCAST and FLEETCAST_SCENARIOS in the environment
"""
import os
import re
import resource
import subprocess
import tempfile
import unittest

FLEETCAST = os.environ['FLEETCAST']
SCENARIO = os.environ['FLEETCAST_SCENARIOS'] + '/hello-20.yaml'
LIMIT_MIB = 300


class MemoryLimit(unittest.TestCase):
    def run_devices(self, devices, *options):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MIB << 20, LIMIT_MIB << 20))
        return subprocess.run([FLEETCAST, 'run', SCENARIO, '--quiet', '--set',
                               f'devices.0.count={devices}', *options], preexec_fn=limit,
                              capture_output=True, text=True, check=False)

    def test_refuses_what_does_not_fit(self):
        with tempfile.TemporaryDirectory() as folder:
            result = self.run_devices(100000, '--out', folder + '/out')
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertEqual(result.stdout, '')
            self.assertFalse(os.path.exists(folder + '/out'))
        told = re.search(r'^fleetcast: .*: out of memory: 100000 devices need 770 MiB at least, '
                         r'(\d+) MiB are available, in which at most (\d+) devices fit$',
                         result.stderr, re.MULTILINE)
        self.assertIsNotNone(told, result.stderr)
        self.assertLessEqual(int(told[1]), LIMIT_MIB)
        self.assertLess(int(told[2]), LIMIT_MIB * 1048576 // 8000)
        self.assertGreater(int(told[2]), 1000)

    def test_plays_what_fits(self):
        self.assertEqual(self.run_devices(20).returncode, 0)


if __name__ == '__main__':
    unittest.main()
