#!/usr/bin/env python3
"""An installed program runs without the checkout that it was built in.

    test_install.py        FLEETCAST_BUILD in the environment
"""
import glob
import json
import os
import subprocess
import tempfile
import unittest

BUILD = os.environ['FLEETCAST_BUILD']


class Install(unittest.TestCase):
    def test_an_installed_program_has_its_scenarios_boards_and_documents(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(['meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', folder],
                           check=True, capture_output=True)
            program, = glob.glob(f'{folder}/**/bin/fleetcast', recursive=True)
            data, = glob.glob(f'{folder}/**/share/fleetcast', recursive=True)
            self.assertTrue(os.path.isfile(f'{data}/docs/summary.md'))
            for kind, key in ('scenario', 'gateways'), ('study', 'axes'):
                with open(f'{data}/{kind}.schema.json') as schema:
                    self.assertIn(key, json.load(schema)['properties'])
            self.assertTrue(os.path.isfile(f'{data}/boards/stm32l072-sx1276.yaml'))
            share = os.path.dirname(data)
            for name in ('man/man1/fleetcast.1', 'bash-completion/completions/fleetcast.bash',
                         'zsh/site-functions/_fleetcast'):
                self.assertTrue(os.path.getsize(f'{share}/{name}') > 1000, name)
            # One that is only there: the list and the run read the installed folder.
            os.rename(f'{data}/scenarios/hello-20.yaml', f'{data}/scenarios/moved.yaml')
            listed = subprocess.run([program, 'scenarios'], capture_output=True, text=True)
            self.assertIn('moved', listed.stdout)
            self.assertNotIn('hello-20', listed.stdout)
            run = subprocess.run([program, 'run', 'moved', '--quiet'], capture_output=True,
                                 text=True, cwd=folder)
            self.assertEqual(run.returncode, 0, run.stderr)


if __name__ == '__main__':
    unittest.main()
