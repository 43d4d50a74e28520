#!/usr/bin/env python3
"""The manual page and the completions that tools/help-pages writes.

Goal: every command and option is in them, and real shells and formatters take them without a word.

    test_help_pages.py        FLEETCAST, FLEETCAST_BUILD and FLEETCAST_SCENARIOS in the environment
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

FLEETCAST = os.environ['FLEETCAST']
BUILD = os.environ['FLEETCAST_BUILD']
SCENARIOS = os.environ['FLEETCAST_SCENARIOS']


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def help_of(*arguments):
    return output_of(FLEETCAST, *arguments, '--help')


COMMANDS = re.findall(r'(?m)^  ([a-z]+) ', help_of())


def options_of(command):
    return re.findall(r'(?m)^  (?:-\S, |    )(--[a-z-]+)', help_of(command))


class Manual(unittest.TestCase):
    PAGE = os.path.join(BUILD, 'fleetcast.1')

    @unittest.skipUnless(shutil.which('groff'), 'groff is not installed')
    def test_a_formatter_takes_it_and_shows_each_command_and_option(self):
        result = subprocess.run(['groff', '-man', '-Tascii', '-P-cbou', '-ww', self.PAGE],
                                capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        parts = re.split(r'(?m)^ {3}fleetcast ([a-z]+)$', result.stdout)
        shown = dict(zip(parts[1::2], parts[2::2]))
        self.assertEqual(list(shown), COMMANDS)
        for command in COMMANDS:
            said = re.findall(r'(?m)^ {7}(?:-\S, )?(--[a-z-]+)', shown[command])
            self.assertEqual(said, options_of(command))
            self.assertIn('Exit status:', re.sub(r'\s+', ' ', shown[command]))
        for heading in 'NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'FILES', 'EXAMPLES':
            self.assertRegex(result.stdout, f'(?m)^{heading}$')


class Bash(unittest.TestCase):
    SCRIPT = os.path.join(BUILD, 'fleetcast.bash')

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in ('town.yaml', 'notes.txt'):
            open(os.path.join(self.folder.name, name), 'w').close()
        os.mkdir(os.path.join(self.folder.name, 'results'))

    def complete(self, *words):
        """What a shell offers for the last word, after it split words at '=' as it does."""
        parts = [FLEETCAST] + [part for word in words
                               for part in re.findall(r'[^=]+|=', word) or ['']]
        if words[-1].endswith('='):
            parts.append('')
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fleetcast; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(['bash', '-c', script, 'bash', self.SCRIPT, *parts],
                                capture_output=True, text=True, cwd=self.folder.name)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        return result.stdout.split()

    def test_it_is_registered(self):
        said = output_of('bash', '-c', f'source "{self.SCRIPT}"; complete -p fleetcast')
        self.assertEqual(said, 'complete -F _fleetcast fleetcast\n')

    def test_it_offers_commands(self):
        self.assertEqual(self.complete(''), COMMANDS + ['--help', '--version'])
        self.assertEqual(self.complete('val'), ['validate'])

    def test_it_offers_the_options_of_each_command(self):
        for command in COMMANDS:
            self.assertEqual(self.complete(command, '-'), options_of(command))

    def test_it_offers_scenarios_and_files(self):
        names = [os.path.relpath(path, SCENARIOS)[:-5] for folder in ('', 'published/')
                 for path in glob.glob(f'{SCENARIOS}/{folder}*.yaml')]
        self.assertEqual(sorted(self.complete('run', '')),
                         sorted(names + ['town.yaml', 'results/']))
        self.assertEqual(self.complete('validate', 'hel'), ['hello-20'])
        self.assertEqual(self.complete('run', 'published/b'), ['published/bor-2016'])
        self.assertEqual(self.complete('run', '--out', ''), ['results'])
        self.assertEqual(self.complete('run', '--out='), ['results'])
        self.assertEqual(self.complete('run', '-p', 'n'), ['notes.txt'])
        self.assertEqual(self.complete('run', '--seed', ''), [])

    def test_it_offers_keys_and_their_words(self):
        for words in (['--set', 'gateways.backhaul.l'], ['--set=gateways.backhaul.l'],
                      ['-S', 'gateways.backhaul.l']):
            self.assertEqual(self.complete('run', *words),
                             ['gateways.backhaul.latency=', 'gateways.backhaul.law=',
                              'gateways.backhaul.loss='])
        self.assertEqual(self.complete('run', '--set', 'devices.0.rep')[0],
                         'devices.0.report.period=')
        self.assertEqual(self.complete('run', '--set', 'gateways.backhaul.law='),
                         ['uniform', 'lognormal'])
        self.assertEqual(self.complete('run', '--set=gateways.gnss=f'), ['false'])
        self.assertEqual(self.complete('schema', 'campaign.du'), ['campaign.duty_share'])

    def test_the_offered_keys_are_keys(self):
        """A key that is none is told; the value may be wrong."""
        keys = self.complete('run', '--set', '')
        self.assertGreater(len(keys), 150)
        text = 'adversaries: [{}]\nfaults: [{}]\ngateways: {outages: [{}], clock: {wrong: [{}]}}\ninterferers: [{}]\n'
        text += 'firmware: {builds: [{}]}\n'
        for first in range(0, len(keys), 60):
            sets = [word for key in keys[first:first + 60] for word in ('--set', f'{key}?')]
            said = subprocess.run([FLEETCAST, 'validate', '-', *sets], input=text,
                                  capture_output=True, text=True).stderr
            self.assertNotRegex(said, 'unknown key|no such item')


class Zsh(unittest.TestCase):
    SCRIPT = os.path.join(BUILD, '_fleetcast')

    def test_it_has_every_command_and_option(self):
        with open(self.SCRIPT) as file:
            text = file.read()
        self.assertTrue(text.startswith('#compdef fleetcast\n'))
        for command in COMMANDS:
            case = re.search(rf'(?m)^{command}\)\n((?:.*\n)*?)    ;;$', text).group(1)
            self.assertEqual(list(dict.fromkeys(re.findall(r'[)*](--[a-z-]+)', case))),
                             options_of(command))

    @unittest.skipUnless(shutil.which('zsh'), 'zsh is not installed')
    def test_the_shell_reads_it(self):
        output_of('zsh', '-n', self.SCRIPT)


if __name__ == '__main__':
    unittest.main()
