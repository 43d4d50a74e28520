#!/usr/bin/env python3
"""In a build without SDL, what would open a window says what to install, with status 2.

    test_no_view.py                   FLEETCAST in the environment
"""
import os
import subprocess
import unittest


class NoView(unittest.TestCase):
    def test_says_what_to_install(self):
        for arguments in [['view'], ['view', '--reference'], ['run', '--view', '--quiet']]:
            result = subprocess.run([os.environ['FLEETCAST'], *arguments], capture_output=True,
                                    text=True, timeout=120)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn('libsdl2-ttf-dev', result.stderr)
            self.assertEqual(result.stdout, '')


if __name__ == '__main__':
    unittest.main()
