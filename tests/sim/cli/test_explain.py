#!/usr/bin/env python3
"""fleetcast explain and diff, from outside: statuses, messages, and that they agree with run.

    test_explain.py [-v] [TEST...]        FLEETCAST and FLEETCAST_BUILD in the environment
"""
import json
import os
import re
import subprocess
import tempfile
import unittest

FLEETCAST = os.environ['FLEETCAST']
FIRMWARE = os.path.join(os.environ['FLEETCAST_BUILD'], 'libfleetcast_firmware.so')


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
        self.assertIn(f'Device {number} is the worst in energy: ', worst.stderr)
        self.assertEqual(fleetcast('explain', 'hello-20', '-d', number).stdout, worst.stdout)

    def test_a_device_that_failed_is_found(self):
        result = fleetcast('explain', 'aloha-100', '--failed', 'never_joined')
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn('no device failed for this reason; in this run: none', result.stderr)
        result = fleetcast('explain', 'hello-20', '--failed', 'incomplete', '--set',
                           'propagation.penetration=60 dB')
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn('no device failed for this reason; in this run: never_joined 20',
                      result.stderr)
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

    def test_threads_change_no_story(self):
        for arguments in (['-d', '7'], ['--worst', 'energy', '--json']):
            results = [fleetcast('explain', 'hello-20', *arguments, *threads)
                       for threads in ([], ['--threads', '3'], ['-t', '1'])]
            self.assertEqual([result.returncode for result in results], [0, 0, 0])
            self.assertEqual(results[1].stdout, results[0].stdout)
            self.assertEqual(results[2].stdout, results[0].stdout)

    def test_a_wrong_number_of_threads_is_refused(self):
        for threads in ('0', '9999', 'two', '-1', ''):
            self.refused('hello-20', '--threads', threads,
                         says=f"--threads should be a whole number from 1 to 64: '{threads}'")

    def test_what_is_not_there_is_told(self):
        self.refused('hello-20', '--device', '20',
                     says='--device 20: the scenario has 20 devices, counted from 0')
        self.refused('hello-20', '--device', '-1', says='should be the number of a device')
        self.refused('hello-20', '--worst', 'luck',
                     says='should be one of energy, update, missing, set-up, clock')
        self.refused('hello-20', '--failed', 'luck', says='see devices.failed')
        self.refused('hello-20', '--device', '1', '--worst', 'energy', says='only one of them')


class Diff(unittest.TestCase):
    def test_a_run_is_equal_to_itself(self):
        for arguments in (['hello-20'], ['hello-20', 'hello-20', '--seed', '5'],
                          ['hello-20', '--set-a', 'seed=3', '--set-b', 'seed=3']):
            result = fleetcast('diff', *arguments)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stdout,
                             r'^The runs are equal: \d+ observations, and every result\.\n$')

    def test_the_built_in_firmware_as_an_object_is_equal(self):
        result = fleetcast('diff', 'hello-20', '--firmware', 'built-in', '--firmware', FIRMWARE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_first_event_is_named_with_what_led_to_it(self):
        result = fleetcast('diff', 'hello-20', '--set-b', 'devices.0.report.period=11 min')
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stdout, r"^The runs part at \d\d:\d\d:\d\d\.\d{9}: device \d+ of "
                         r"group 'sensors'\n\n  A  .*\n  B  .*\n\nWhat led to it, the same in both\n")
        at = re.search(r'part at (\S+):', result.stdout).group(1)
        led = re.findall(r'(?m)^     (\d\d:\S+)', result.stdout)
        self.assertTrue(led)
        self.assertEqual(led, sorted(led))
        self.assertLessEqual(led[-1], at)

    def test_it_differs_where_the_trace_hash_does(self):
        hashes = [json.loads(fleetcast('run', 'hello-20', '--json', '--seed', seed).stdout)
                  ['trace_hash'] for seed in ('1', '2')]
        self.assertNotEqual(*hashes)
        result = fleetcast('diff', 'hello-20', '--set-a', 'seed=1', '--set-b', 'seed=2')
        self.assertEqual(result.returncode, 1)

    def test_recorded_events_part_where_the_runs_do(self):
        change = 'devices.0.report.period=11 min'
        with tempfile.TemporaryDirectory() as folder:
            old, new = f'{folder}/old.jsonl', f'{folder}/new.jsonl'
            fleetcast('run', 'hello-20', '--quiet', '--events', old)
            fleetcast('run', 'hello-20', '--quiet', '--events', new, '--set', change)
            played = fleetcast('diff', 'hello-20', '--set-b', change)
            read = fleetcast('diff', 'hello-20', '--events', old, '--events', new)
            self.assertEqual(read.returncode, 1, read.stderr)
            # Frames have no bytes in a recording: their sentences are shorter.
            self.assertEqual(read.stdout.split('What led')[0], played.stdout.split('What led')[0])
            times = [re.findall(r'(?m)^     (\d\d:\S+)', side.stdout) for side in (played, read)]
            self.assertEqual(*times)
            with open(old) as events:
                count = len(events.readlines())
            same = fleetcast('diff', 'hello-20', '--events', old, '--events', old)
            self.assertEqual((same.returncode, same.stdout),
                             (0, f'The runs are equal: {count} observations.\n'))
            with open(old) as events, open(new, 'w') as cut:
                lines = events.readlines()
                lines = [line for line in lines if line[:27] != lines[-1][:27]]
                cut.writelines(lines)
            ended = fleetcast('diff', 'hello-20', '--events', new, '--events', old)
            self.assertEqual(ended.returncode, 1)
            self.assertRegex(ended.stdout, r'^Run A ends at \S+, run B goes on; ')
            with open(new, 'a') as cut:
                cut.write('{"time_s": 1.0')
            broken = fleetcast('diff', 'hello-20', '--events', old, '--events', new)
            self.assertEqual((broken.returncode, broken.stdout), (2, ''))
            self.assertIn(f'{new}:{len(lines) + 1}:1: error: ', broken.stderr)

    def test_threads_change_no_difference(self):
        for arguments in ([], ['--set-b', 'devices.0.report.period=11 min']):
            results = [fleetcast('diff', 'hello-20', *arguments, *threads)
                       for threads in ([], ['--threads', '3'])]
            self.assertEqual(results[0].returncode, 1 if arguments else 0, results[0].stderr)
            self.assertEqual(results[1].returncode, results[0].returncode, results[1].stderr)
            self.assertEqual(results[1].stdout, results[0].stdout)

    def test_other_stations_are_told(self):
        result = fleetcast('diff', 'hello-20', '--set-b', 'devices.0.count=21')
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn('  A  20 devices, 1 gateways', result.stdout)
        self.assertIn('  B  21 devices, 1 gateways', result.stdout)

    def test_bad_usage(self):
        for arguments, says in (([], 'which scenario?'), (['a.yaml'], 'a.yaml'),
                                (['-'], 'it cannot come from standard input'),
                                (['hello-20', 'hello-20', 'hello-20'], 'is one too many'),
                                (['hello-20', '--set-b', 'seeds=2'], "unknown key 'seeds'"),
                                (['hello-20', '--firmware', 'none.so'], 'none.so'),
                                (['hello-20', '--threads', '9999'],
                                 "--threads should be a whole number from 1 to 64: '9999'"),
                                (['hello-20', '--threads', 'two'],
                                 "--threads should be a whole number from 1 to 64: 'two'"),
                                (['hello-20', '--events', 'a'], 'give it twice'),
                                (['hello-20', '-ea', '-eb', '--set-b', 'seed=2'],
                                 'both are of one scenario'),
                                (['hello-20', '-e', '/none', '-e', '/none'],
                                 '/none: error: cannot read')):
            result = fleetcast('diff', *arguments)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertEqual(result.stdout, '')
            self.assertIn(says, result.stderr)


if __name__ == '__main__':
    unittest.main()
