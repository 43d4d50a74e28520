#!/usr/bin/env python3
"""The tutorial's files and commands do what it says.

    test_tutorial.py        FLEETCAST and FLEETCAST_SCENARIOS in the environment

Method: read docs/tutorial.md, write each other block under the name that the text before it gives
("Save ... as `NAME`"), and run each line of each sh block, all in one empty folder.
"""
import os
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.path.abspath(os.environ['FLEETCAST'])
DOCUMENT = f'{os.environ["FLEETCAST_SCENARIOS"]}/../docs/tutorial.md'
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.M | re.S)


def steps():
    """Pairs of a kind, 'file' or 'command', and its text; of a file its name, too."""
    with open(DOCUMENT) as file:
        text = file.read()
    found, end = [], 0
    for block in BLOCK.finditer(text):
        if block.group(1) == 'sh':
            found += [('command', line) for line in block.group(2).splitlines()]
        else:
            names = re.findall(r'[Ss]ave (?:it|this) as\s+`([^`]+)`', text[end:block.start()])
            found.append(('file', (names[-1], block.group(2))))
        end = block.end()
    return found


class Tutorial(unittest.TestCase):
    def test_every_command_ends_as_it_says(self):
        commands = 0
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(PROGRAM, f'{folder}/fleetcast')
            environment = {**os.environ, 'PATH': f'{folder}:{os.environ["PATH"]}'}
            for kind, step in steps():
                if kind == 'file':
                    with open(f'{folder}/{step[0]}', 'w') as file:
                        file.write(step[1])
                    continue
                said = re.search(r'# exit status (\d)$', step)
                expected = int(said.group(1)) if said else 0
                run = subprocess.run(['bash', '-c', step], cwd=folder, env=environment,
                                     capture_output=True, text=True, timeout=120)
                self.assertEqual(run.returncode, expected, f'{step}\n{run.stdout}{run.stderr}')
                commands += 1
            for name in ['results/report.html', 'redundancy.html', 'figure.svg']:
                self.assertTrue(os.path.isfile(f'{folder}/{name}'), name)
        self.assertGreater(commands, 7)


if __name__ == '__main__':
    unittest.main()
