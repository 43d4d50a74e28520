#!/usr/bin/env python3
"""fleetcast explain, from outside: statuses, messages, and that each way to a device tells the same.

    test_explain.py [-v] [TEST...]        FLEETCAST in the environment
"""
import json
import os
import subprocess
import unittest

FLEETCAST = os.environ['FLEETCAST']


def fleetcast(*arguments, text=None):
    return subprocess.run([FLEETCAST, *arguments], input=text, capture_output=True, text=True,
                          timeout=120)


class Explain(unittest.TestCase):
    def refused(self, *arguments, says):
        result = fleetcast('explain', *arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, '')
        self.assertIn(says, result.stderr)

    def test_a_story_has_what_the_run_says(self):
        story = json.loads(fleetcast('explain', 'hello-20', '-d', '7', '--json').stdout)
        summary = json.loads(fleetcast('run', 'hello-20', '--json').stdout)
        self.assertEqual(story['group'], 'sensors')
        campaign = story['campaigns'][0]
        self.assertEqual(campaign['nb_frag'], summary['missing_fragments']['nb_frag'])
        self.assertIsNone(campaign['failed'])
        self.assertLessEqual(sum(story['energy_j'].values()), summary['energy_j']['max'])
        times = [event['at_s'] for event in story['events']]
        self.assertEqual(times, sorted(times))
        self.assertLess(times[-1], summary['sim_time_s'])

    def test_the_worst_device_has_the_same_story_by_its_number(self):
        worst = fleetcast('explain', 'hello-20', '--worst', 'energy')
        self.assertEqual(worst.returncode, 0, worst.stderr)
        number = worst.stdout.split()[1]
        self.assertIn(f'Device {number} has the most energy: ', worst.stderr)
        self.assertEqual(fleetcast('explain', 'hello-20', '-d', number).stdout, worst.stdout)

    def test_a_device_that_failed_is_found(self):
        result = fleetcast('explain', 'aloha-100', '--failed', 'never_joined')
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn('no device failed for this reason', result.stderr)
        result = fleetcast('explain', 'hello-20', '--failed', 'never_joined', '--set',
                           'propagation.penetration=60 dB')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('20 devices failed for this reason, device 0 is the first.', result.stderr)
        self.assertIn("It failed in campaign 'campaign': never_joined (it never joined).",
                      result.stdout)
        self.assertRegex(result.stdout, r'the same \d+ times more')

    def test_a_run_without_a_campaign_has_stories(self):
        result = fleetcast('explain', 'aloha-100', '--worst', 'energy')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('The run has no campaign.', result.stdout)
        result = fleetcast('explain', 'aloha-100', '--worst', 'clock')
        self.assertEqual(result.returncode, 1, result.stderr)

    def test_what_is_not_there_is_told(self):
        self.refused('hello-20', '--device', '20',
                     says='--device 20: the scenario has 20 devices, counted from 0')
        self.refused('hello-20', '--device', '-1', says='should be the number of a device')
        self.refused('hello-20', '--worst', 'luck',
                     says='should be one of energy, update, missing, set-up, clock')
        self.refused('hello-20', '--failed', 'luck', says='see devices.failed')
        self.refused('hello-20', '--device', '1', '--worst', 'energy', says='only one of them')


if __name__ == '__main__':
    unittest.main()
