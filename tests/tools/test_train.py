#!/usr/bin/env python3
"""tools/train: the program that it builds writes the same bytes, and is built again where it is.

    test_train.py [-v] [TEST...]     FLEETCAST and FLEETCAST_SCENARIOS in the environment
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SCENARIOS = ['hello-20', 'smart-city-1000', 'harsh-city-500', 'aloha-100']


def summary(program, name):
    return subprocess.run(
        [program, 'run', os.path.join(os.environ['FLEETCAST_SCENARIOS'], name + '.yaml'),
         '--quiet', '--json'], capture_output=True, check=True).stdout


class Train(unittest.TestCase):
    def train(self, folder):
        done = subprocess.run([ROOT / 'tools/train', folder], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout, '')
        with open(os.path.join(folder, 'build.ninja')) as rules:
            text = rules.read()
        self.assertIn('-fprofile-use', text)
        self.assertNotIn('-fprofile-generate', text)
        return os.path.join(folder, 'fleetcast')

    def test_the_program_writes_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            program = self.train(folder)
            self.expect_same(program)
            first = os.stat(program).st_mtime_ns
            self.train(folder)
            self.assertGreater(os.stat(program).st_mtime_ns, first)
            self.expect_same(program)

    def expect_same(self, program):
        for name in SCENARIOS:
            with self.subTest(name):
                self.assertEqual(summary(program, name), summary(os.environ['FLEETCAST'], name))

    def test_clang_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([ROOT / 'tools/train', folder], capture_output=True, text=True,
                                  check=False, env=dict(os.environ, CC='clang'))
            self.assertEqual(done.returncode, 1)
            self.assertIn('needs gcc', done.stderr)
            self.assertEqual(os.listdir(folder), [])


if __name__ == '__main__':
    unittest.main()
