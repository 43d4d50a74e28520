#!/usr/bin/env python3
"""Every command's help, checked like code.

Goal: a stranger reads each text once: it fits a terminal, says what each option does in a whole
sentence, and is there for every command and option.

    test_help.py        FLEETCAST in the environment
"""
import os
import re
import subprocess
import unittest

FLEETCAST = os.environ['FLEETCAST']
# glibc writes these.
LIBRARY = {'--help', '--usage'}


def fleetcast(*arguments):
    return subprocess.run([FLEETCAST, *arguments], capture_output=True, text=True, timeout=120,
                          env={**os.environ, 'COLUMNS': '80'})


def commands():
    return re.findall(r'(?m)^  ([a-z]+) +(\S.*)$', fleetcast('--help').stdout)


def options(text):
    """Pairs of an option's names and its text, as argp writes them."""
    found = []
    for line in text.splitlines():
        head = re.match(r'  (?:(-\S),|   ) (--\S+)(?: +(.*))?$', line)
        if head:
            found.append([head.group(2), head.group(3) or ''])
        elif found and re.match(r' {29}\S', line):
            found[-1][1] = f'{found[-1][1]} {line.strip()}'.strip()
    return found


class Help(unittest.TestCase):
    def test_each_command_is_named_with_a_sentence(self):
        self.assertGreaterEqual(len(commands()), 5)
        for name, text in commands():
            self.assertRegex(text, r'^[A-Z].*\.$', name)

    def test_it_is_on_standard_output_and_fits_a_terminal(self):
        for arguments in [['--help']] + [[name, '--help'] for name, _ in commands()]:
            with self.subTest(arguments):
                result = fleetcast(*arguments)
                self.assertEqual((result.returncode, result.stderr), (0, ''))
                self.assertRegex(result.stdout, r'^Usage: fleetcast')
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_each_option_has_a_sentence_of_its_own(self):
        for name, _ in commands():
            for option, text in options(fleetcast(name, '--help').stdout):
                with self.subTest(f'{name} {option}'):
                    self.assertTrue(option in LIBRARY or re.search(r'^[A-Z].*\.$', text), text)

    def test_it_names_every_option(self):
        """The usage is written from the options that the program reads."""
        for name, _ in commands():
            with self.subTest(name):
                used = set(re.findall(r'--[a-z-]+', fleetcast(name, '--usage').stdout))
                told = {re.match(r'--[a-z-]+', option).group()
                        for option, _ in options(fleetcast(name, '--help').stdout)}
                self.assertEqual(used, told)

    def test_it_says_what_the_exit_status_means(self):
        for name, _ in commands():
            text = fleetcast(name, '--help').stdout
            self.assertRegex(text.replace('\n', ' '), r'Exit status: 0 .*2 ', name)

    def test_an_unknown_option_is_bad_usage(self):
        for name, _ in commands():
            with self.subTest(name):
                result = fleetcast(name, '--frobnicate')
                self.assertEqual((result.returncode, result.stdout), (2, ''))
                self.assertIn("unrecognized option '--frobnicate'", result.stderr)


if __name__ == '__main__':
    unittest.main()
