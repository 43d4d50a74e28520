#!/usr/bin/env python3
"""Published studies come out as their files say.

    test_published.py        FLEETCAST and FLEETCAST_SCENARIOS in the environment

Method: play every file of scenarios/published, whose expectations hold the published numbers with
their tolerances, and look for its row in docs/published.md.
"""
import glob
import os
import subprocess
import unittest

PROGRAM = os.environ['FLEETCAST']
SCENARIOS = os.environ['FLEETCAST_SCENARIOS']
FILES = sorted(glob.glob(f'{SCENARIOS}/published/*.yaml'))


class Published(unittest.TestCase):
    def test_every_study_meets_its_published_number(self):
        self.assertGreater(len(FILES), 5)
        for path in FILES:
            with self.subTest(os.path.basename(path)):
                run = subprocess.run([PROGRAM, 'run', path, '--quiet'], capture_output=True,
                                     text=True)
                self.assertEqual((run.returncode, run.stderr), (0, ''))

    def test_every_study_names_its_source_and_what_differs(self):
        for path in FILES:
            with self.subTest(os.path.basename(path)):
                with open(path) as file:
                    text = file.read()
                for word in ['# Source', '# Published', '# Differs: ', '# Tolerance: ', '\nexpect:']:
                    self.assertIn(word, text)

    def test_every_study_has_its_row_in_the_document(self):
        with open(f'{SCENARIOS}/../docs/published.md') as document:
            rows = {line.split('`')[1] for line in document if line.startswith('| `')}
        names = [os.path.basename(path)[:-len('.yaml')] for path in FILES]
        self.assertEqual(sorted(rows), names)


if __name__ == '__main__':
    unittest.main()
