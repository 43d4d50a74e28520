#!/usr/bin/env python3
"""Drives `fleetcast check` and `fleetcast compare` from outside: verdicts, files, statuses.

    test_check.py [-v] [TEST...]      FLEETCAST, FLEETCAST_BUILD, FLEETCAST_SCENARIOS in the
                                      environment
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree

FLEETCAST = os.environ['FLEETCAST']
OBJECT = os.path.join(os.environ['FLEETCAST_BUILD'], 'libfleetcast_firmware.so')
SMALL = '''name: small
duration: 2 h
area: {radius: 2 km}
gateways: {count: 1}
devices: [{name: d, count: 5, boot: {spread: 1 min}, report: {period: 10 min}}]
expect: {devices.joined: ">= 100 %"}
'''


def fleetcast(*arguments, **options):
    return subprocess.run([FLEETCAST, *arguments], capture_output=True, text=True,
                          errors='replace', timeout=120, **options)


SEEDS = 3


class Folder(unittest.TestCase):
    """Each test in a folder of its own, with two scenarios in `city`."""

    saved = None  # the baselines of these two, played once for all tests

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        os.mkdir(self.path('city'))
        self.write('city/plain.yaml', SMALL)
        self.write('city/more.yaml', SMALL.replace('count: 5', 'count: 8'))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def fleetcast(self, *arguments, status=0):
        result = fleetcast(*arguments, cwd=self.folder)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def check(self, *arguments, status=0):
        return self.fleetcast('check', *arguments, status=status)

    def refused(self, *arguments, says):
        result = self.fleetcast(*arguments, status=2)
        self.assertEqual(result.stdout, '')
        self.assertIn(says, result.stderr)

    def save(self):
        if Folder.saved is None:
            self.check('city', '--seeds', str(SEEDS), '--save-baseline', 'main')
            Folder.saved = {name: self.read(f'city/baselines/main/{name}.json')
                            for name in ('more', 'plain')}
        os.makedirs(self.path('city/baselines/main'), exist_ok=True)
        for name, text in Folder.saved.items():
            self.write(f'city/baselines/main/{name}.json', text)

    def change_baseline(self, change, name='main/plain'):
        """Lets the baseline be that of another program: `change` is told of its content."""
        path = f'city/baselines/{name}.json'
        baseline = json.loads(self.read(path))
        change(baseline)
        self.write(path, json.dumps(baseline))

    def shift(self, metric, factor):
        """The same for one metric: its mean was `factor` times what it is, by the same difference
        on each seed."""
        def change(baseline):
            values = baseline['metrics'][metric]
            by = (factor - 1) * sum(values) / len(values)
            baseline['metrics'][metric] = [value + by for value in values]
        self.change_baseline(change)


class Verdicts(Folder):
    def test_the_same_program_changes_nothing(self):
        self.save()
        self.assertEqual(sorted(glob.glob('*/*/*.json', root_dir=self.folder + '/city')),
                         ['baselines/main/more.json', 'baselines/main/plain.json'])
        result = self.check('city')
        self.assertNotIn('trace hash moved', result.stdout)
        self.assertRegex(result.stdout, r'(?m)^city/plain\.yaml: seeds 1 to 3, against fleetcast')
        self.assertRegex(result.stdout, r'(?m)^  energy_j\.mean +no change detected: equal on all')
        self.assertRegex(result.stdout, r'2 scenarios, \d+ metrics: 0 regressed, 0 improved, 0 ch')

    def test_a_regression_is_named_and_fails(self):
        self.save()
        self.shift('energy_j.mean', 0.9)
        result = self.check('city', '--quiet', status=1)
        lines = [line for line in result.stdout.splitlines() if line.startswith('  ')]
        self.assertEqual(len(lines), 1, result.stdout)
        self.assertRegex(lines[0], r'^  energy_j\.mean +regressed by \+11\.1 % \(95 % interval \+1')

    def test_an_improvement_and_noise_do_not_fail(self):
        self.save()
        self.shift('energy_j.mean', 1.1)
        self.shift('energy_j.p95', 1.01)
        result = self.check('city')
        self.assertRegex(result.stdout, r'(?m)^  energy_j\.mean +improved by -9\.09 %')
        self.assertRegex(result.stdout,
                         r'(?m)^  energy_j\.p95 +changed within the noise threshold by -0\.99 %')
        self.assertIn('0 regressed, 1 improved, 1 changed', result.stdout)
        self.check('city', '--threshold', '0.5 %')
        self.shift('energy_j.p95', 0.9)
        self.check('city', status=1)
        self.check('city', '--threshold', '15 %')

    def test_the_layers_that_moved_are_named(self):
        self.save()
        def change(baseline):
            for key in ('trace_hash', 'fingerprints.air'):
                baseline['hashes'][key][2] = '0' * 16
        self.change_baseline(change)
        self.assertIn('trace hash moved on 1 of 3 seeds; layers that moved: air\n',
                      self.check('city').stdout)

    def test_seeds_may_be_some_of_those_of_the_baseline(self):
        self.save()
        self.assertIn('plain.yaml: seeds 2 to 3', self.check('city', '--seeds', '2..3').stdout)

    def test_the_number_of_workers_changes_nothing(self):
        self.save()
        outputs = [self.check('city', '--json', '--workers', workers).stdout
                   for workers in ('1', '3')]
        self.assertEqual(outputs[0], outputs[1])

    def test_a_firmware_object_is_compared_with_the_built_in_one(self):
        self.save()
        result = self.check('city', '--firmware', OBJECT)
        self.assertIn('0 regressed, 0 improved, 0 changed', result.stdout)


class Expectations(Folder):
    def test_each_seed_has_to_meet_them(self):
        self.save()
        baseline = json.loads(self.read('city/baselines/main/plain.json'))
        energies = baseline['metrics']['energy_j.mean']
        worst = max(energies)
        limit = (worst + sorted(energies)[-2]) / 2
        self.write('city/plain.yaml',
                   SMALL.replace('expect: {', f'expect: {{energy_j.mean: "<= {limit:.9g}", '))
        seed = energies.index(worst) + 1
        result = self.check('city', '--update', status=1)
        self.assertRegex(result.stdout, rf'(?m)^  FAILED  energy_j\.mean <= [\d.]+: failed on 1 of '
                         rf'3 seeds, first on seed {seed} \(it is {worst:.6g}\)$')
        self.assertIn("the baseline 'main' was not saved", result.stderr)


class Reports(Folder):
    def test_junit_is_well_formed_and_names_what_failed(self):
        self.save()
        self.shift('energy_j.mean', 0.9)
        self.check('city', '--junit', 'out.xml', status=1)
        if shutil.which('xmllint'):
            subprocess.run(['xmllint', '--noout', self.path('out.xml')], check=True)
        suites = xml.etree.ElementTree.parse(self.path('out.xml')).getroot()
        self.assertEqual(suites.tag, 'testsuites')
        names = [suite.get('name') for suite in suites]
        self.assertEqual(names, ['city/more.yaml', 'city/plain.yaml'])
        for suite in suites:
            cases = suite.findall('testcase')
            self.assertEqual(len(cases), int(suite.get('tests')))
            failures = suite.findall('testcase/failure')
            self.assertEqual(len(failures), int(suite.get('failures')))
            self.assertEqual(suite.get('errors'), '0')
        failed = [case.get('name') for case in suites[1] if case.find('failure') is not None]
        self.assertEqual(failed, ['energy_j.mean'])
        self.assertIn('regressed by +11.1 %', suites[1].find('testcase/failure').get('message'))

    def test_names_are_escaped(self):
        os.rename(self.path('city'), self.path('a<b>&"c"'))
        self.check('a<b>&"c"', '--seeds', '2', '--save-baseline', 'x', '--junit', 'out.xml')
        suites = xml.etree.ElementTree.parse(self.path('out.xml')).getroot()
        self.assertEqual(suites[0].get('name'), 'a<b>&"c"/more.yaml')

    def test_what_xml_does_not_allow_is_replaced(self):
        odd = b'caf\xc3\xa9 \xff \xed\xa0\x80 \xc0\x80 \xf0\x9f\x93\xa1 \x01'
        os.rename(os.fsencode(self.path('city')), os.path.join(os.fsencode(self.folder), odd))
        self.check(odd, '--seeds', '2', '--save-baseline', 'x', '--junit', 'out.xml')
        suites = xml.etree.ElementTree.parse(self.path('out.xml')).getroot()
        self.assertEqual(suites[0].get('name'), 'caf\u00e9 ? ??? ?? \U0001F4E1 ?/more.yaml')

    def test_json_holds_the_numbers(self):
        self.save()
        self.shift('energy_j.mean', 0.9)
        result = json.loads(self.check('city', '--json', status=1).stdout)
        self.assertEqual([s['scenario'] for s in result['scenarios']],
                         ['city/more.yaml', 'city/plain.yaml'])
        self.assertEqual((result['regressed'], result['threshold']), (1, 0.02))
        change, = [c for c in result['scenarios'][1]['changes'] if c['metric'] == 'energy_j.mean']
        self.assertEqual((change['verdict'], change['pairs']), ('regressed', 3))
        self.assertAlmostEqual(change['relative'], 1 / 9, places=6)
        self.assertLessEqual(change['change_low'], change['change'])
        self.assertEqual(result['scenarios'][1]['seeds'], [1, 2, 3])

    def test_a_file_that_cannot_be_written_is_named(self):
        self.save()
        result = self.check('city', '--junit', 'none/out.xml', status=2)
        self.assertIn('none/out.xml', result.stderr)


class Baselines(Folder):
    def test_update_accepts_what_changed(self):
        self.save()
        before = self.read('city/baselines/main/plain.json')
        self.shift('energy_j.mean', 0.9)
        self.assertIn('1 regressed', self.check('city', '--update').stdout)
        self.assertEqual(self.read('city/baselines/main/plain.json'), before)

    def test_update_takes_scenarios_that_are_new_or_changed(self):
        self.save()
        self.write('city/plain.yaml', SMALL.replace('count: 5', 'count: 6'))
        self.write('city/third.yaml', SMALL)
        self.check('city', '--update')
        self.check('city')

    def test_names_keep_baselines_apart(self):
        self.save()
        self.check('city', '--seeds', '2', '--save-baseline', 'v2')
        self.assertIn('seeds 1 to 2', self.check('city', '--baseline', 'v2').stdout)
        self.assertIn('seeds 1 to 3', self.check('city').stdout)

    def test_a_missing_one_is_no_silent_success(self):
        self.refused('check', 'city', says="city/plain.yaml has no baseline 'main' "
                     "(city/baselines/main/plain.json); save one with 'fleetcast check "
                     "--save-baseline main city/plain.yaml'")

    def test_one_of_another_scenario_is_refused(self):
        self.save()
        self.write('city/plain.yaml', SMALL + '# more\n')
        self.refused('check', 'city', says="city/plain.yaml changed since its baseline 'main' was "
                     'saved')

    def test_one_of_other_seeds_is_refused(self):
        self.save()
        self.refused('check', 'city', '--seeds', '4', says="the baseline 'main' of "
                     'city/more.yaml has no seed 4 (it has 1 to 3, 3 in all)')

    def test_a_broken_one_is_refused(self):
        self.save()
        self.write('city/baselines/main/plain.json', '{')
        self.refused('check', 'city', says='city/baselines/main/plain.json: line 1, column 1: ')

    def test_metrics_that_came_and_went_are_told(self):
        self.save()
        def rename(baseline):
            baseline['metrics']['energy_j.old'] = baseline['metrics'].pop('energy_j.mean')
        self.change_baseline(rename)
        self.assertIn('city/baselines/main/plain.json: energy_j.mean is not in it; energy_j.old is '
                      'no headline metric any more', self.check('city').stderr)

    def test_what_cannot_be_saved_is_named(self):
        self.write('city/baselines', 'a file')
        result = self.check('city', '--seeds', '2', '--save-baseline', 'main', status=2)
        self.assertIn('cannot save the baseline of city/more.yaml', result.stderr)


class Usage(Folder):
    def test_mistakes_are_told(self):
        os.mkdir(self.path('empty'))
        for arguments, says in [
                ([], 'which scenarios?'),
                (['empty'], 'the folder empty has no scenario (NAME.yaml)'),
                (['-'], 'standard input cannot be played several times'),
                (['helo-20'], "did you mean 'hello-20'?"),
                (['city', '--seeds', '1'], 'from 2 to 10000, or FIRST..LAST'),
                (['city', '--seeds', '5..5'], 'from 2 to 10000, or FIRST..LAST'),
                (['city', '--seeds', '5..x'], 'from 2 to 10000, or FIRST..LAST'),
                (['city', '--threshold', '2'], 'a ratio from 0 to below 1'),
                (['city', '--threshold', 'nan'], 'a ratio from 0 to below 1'),
                (['city', '--workers', '0'], 'a whole number from 1 to 1024'),
                (['city', '--baseline', '../x'], 'the name of a baseline'),
                (['city', '--save-baseline', 'x', '--update'], 'compares with nothing'),
                (['city', '--program', FLEETCAST, '--update'], 'save it with that program'),
                (['city', '--save-baseline', 'x', '--firmware', 'none.so'],
                 'cannot read the firmware none.so: No such file')]:
            self.refused('check', *arguments, says=says)

    def test_a_broken_scenario_is_told_with_its_place(self):
        self.write('city/plain.yaml', SMALL.replace('radius', 'radios'))
        self.refused('check', 'city', '--save-baseline', 'main', says='city/plain.yaml:3:8: error')


class Broken(Folder):
    def test_a_run_that_fails_breaks_the_check(self):
        self.save()
        faulty = glob.glob(os.environ['FLEETCAST_BUILD']
                           + '/tests/models/firmware/firmware_faulty_access.so')
        self.assertEqual(len(faulty), 1)
        result = self.check('city', '--firmware', faulty[0], '--junit', 'out.xml', status=3)
        self.assertRegex(result.stdout, r'BROKEN  3 of 3 runs did not come to their end, first that'
                         r' of seed 1 \(status 3\): fleetcast: the run failed')
        suites = xml.etree.ElementTree.parse(self.path('out.xml')).getroot()
        self.assertEqual([suite.get('errors') for suite in suites], ['1', '1'])

    def test_a_program_that_is_none_breaks_it(self):
        self.save()
        result = self.check('city', '--program', '/bin/true', status=3)
        self.assertIn('BROKEN', result.stdout)

    def test_a_signal_ends_it_without_a_child_left(self):
        process = subprocess.Popen(
            [FLEETCAST, 'check', 'smart-city-1000', '--save-baseline', 'x'], cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.kill)
        children = []
        end = time.monotonic() + 120
        while not children and time.monotonic() < end:
            with open(f'/proc/{process.pid}/task/{process.pid}/children') as file:
                children = file.read().split()
        self.assertTrue(children)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 130, out + error)
        self.assertEqual(out, '')
        self.assertIn('Interrupt cut the runs short; there is no result', error)
        for child in children:
            self.assertFalse(os.path.exists(f'/proc/{child}'), child)


class Compare(Folder):
    def test_two_firmwares(self):
        result = self.fleetcast('compare', 'city/plain.yaml', '--firmware', 'built-in',
                                '--firmware', OBJECT, '--seeds', '3')
        self.assertIn('A: city/plain.yaml, firmware built-in\n', result.stdout)
        self.assertIn(f'B: city/plain.yaml, firmware {OBJECT}\n', result.stdout)
        self.assertIn('seeds 1 to 3; all trace hashes are equal\n', result.stdout)
        rows = [line for line in result.stdout.splitlines() if 'no change detected' in line]
        self.assertGreater(len(rows), 5)
        self.assertEqual(len({row.index('no change') for row in rows}), 1, 'one column')

    def test_two_scenarios(self):
        self.write('b.yaml', SMALL.replace('10 min', '5 min'))
        result = self.fleetcast('compare', 'city/plain.yaml', 'b.yaml')
        self.assertRegex(result.stdout, r'(?m)^uplinks\.sent / frames .* regressed$')
        self.assertRegex(result.stdout, r'(?m)^reports\.delivered / reports .* improved$')
        self.assertRegex(result.stdout, r'trace hash moved on 8 of 8 seeds; layers that moved: time')

    def test_two_programs_as_json(self):
        result = json.loads(self.fleetcast('compare', 'city/plain.yaml', '--program', FLEETCAST,
                                           '--program', FLEETCAST, '--seeds', '2..3', '--json',
                                           '--set', 'devices.0.count=2').stdout)
        joined, = [c for c in result['changes'] if c['metric'] == 'devices.joined']
        self.assertEqual((joined['before'], joined['after'], joined['pairs']), (2, 2, 2))

    def test_mistakes_are_told(self):
        for arguments, says in [
                ([], 'which scenario?'),
                (['city/plain.yaml'], 'what is to be compared?'),
                (['city/plain.yaml', '--firmware', OBJECT], 'what is to be compared?'),
                (['a', 'b', 'c'], "two scenarios at most: 'c' is one too many"),
                (['city/plain.yaml', 'none.yaml'], 'none.yaml')]:
            self.refused('compare', *arguments, says=says)

    def test_a_run_that_fails_is_told(self):
        result = self.fleetcast('compare', 'city/plain.yaml', '--program', FLEETCAST, '--program',
                                '/bin/true', '--seeds', '2', status=3)
        self.assertRegex(result.stderr, r'fleetcast: B: 2 of 2 runs did not come to their end')


if __name__ == '__main__':
    unittest.main()
