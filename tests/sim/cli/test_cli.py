#!/usr/bin/env python3
"""Drives the program from outside, as a shell does: statuses, messages, files, signals, terminals.

    test_cli.py [-v] [TEST...]        FLEETCAST and FLEETCAST_SCENARIOS in the environment
"""
import glob
import hashlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest

FLEETCAST = os.environ['FLEETCAST']
SCENARIOS = os.environ['FLEETCAST_SCENARIOS']
COMMANDS = ['run', 'sweep', 'study', 'export', 'explain', 'diff', 'check', 'compare', 'validate',
            'scenarios', 'new', 'schema']
SMALL = '''name: small
duration: 2 h
area: {radius: 500 m}
gateways: {count: 1}
devices: [{name: d, count: 3, boot: {spread: 1 min}, report: {period: 10 min}}]
'''

# What --out out and --pcap air.pcap leave, as Folder.files() lists it.
CAPTURE = ['air.pcap', 'air.pcap.keys'] + [
    f'air.pcap.keys/{name}_keys_lorawan' for name in ('encryption', 'root', 'session')]
RESULTS = ['out', 'out/campaign.csv', 'out/devices.csv', 'out/gateways.csv', 'out/results.db',
           'out/rounds.csv', 'out/run.json', 'out/summary.json']


def fleetcast(*arguments, text=None, **options):
    return subprocess.run([FLEETCAST, *arguments], input=text, capture_output=True, text=True,
                          timeout=120, **options)


class Folder(unittest.TestCase):
    """Each test in a folder of its own."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read().decode('latin-1')

    def files(self):
        return sorted(os.path.relpath(path, self.folder) for path in
                      glob.glob(self.path('**'), recursive=True, include_hidden=True)
                      if os.path.relpath(path, self.folder) != '.')

    def refused(self, *arguments, says, text=None):
        """Status 2, a message, no result."""
        result = fleetcast(*arguments, text=text, cwd=self.folder)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stdout, '')
        self.assertIn(says, result.stderr)
        return result.stderr


class Usage(Folder):
    def test_help_names_every_command_and_status(self):
        text = fleetcast('--help').stdout
        for command in COMMANDS:
            self.assertRegex(text, rf'(?m)^  {command} ')
        for word in ('0 fine', '1 an expectation', '2 bad usage', '3 the run'):
            self.assertIn(word, text)
        self.assertIn('Exit status', fleetcast('run', '--help').stdout)

    def test_no_command_is_bad_usage_and_shows_the_help(self):
        self.refused(says='Usage: fleetcast COMMAND')

    def test_version(self):
        self.assertRegex(fleetcast('--version').stdout, r'^fleetcast \d+\.\d+\.\d+ '
                         r'\((unknown|[0-9a-f]{12}(-dirty)?)\)\n$')

    def test_unknown_commands_and_options(self):
        self.refused('rum', says="unknown command 'rum' (did you mean 'run'?)")
        self.refused('xyzzy', says="unknown command 'xyzzy'; see 'fleetcast --help'")

    def test_arguments_too_many_and_too_few(self):
        self.refused('run', 'hello-20', 'hello-20', says='one too many')
        self.refused('scenarios', 'x', says="'x' is one argument too many")
        self.refused('new', 'a', 'b', says="'b' is one too many")
        self.refused('validate', says='which scenario?')
        self.refused('run', '--seed', says='requires an argument')
        self.refused('run', *['--set', 'seed=1'] * 129, says='more than 128 times')

    def test_output_that_cannot_be_written_is_an_error(self):
        with open('/dev/full', 'w') as full:
            result = subprocess.run([FLEETCAST, 'schema'], stdout=full, stderr=subprocess.PIPE,
                                    text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn('cannot write standard output: No space left', result.stderr)

    def test_schema_lists_keys_with_defaults(self):
        text = fleetcast('schema').stdout
        self.assertRegex(text, r'(?m)^campaign\.data_rate +DR5\n +Values: DR0 \| DR1')
        self.assertRegex(text, r'(?m)^gateways\.height +30 m +1 m \.\. 300 m\n.*to 200 m\.$')
        self.assertRegex(text, r'(?m)^devices\[\]\.report\.period +4 h')


class Scenarios(Folder):
    def test_the_shipped_ones_are_listed_and_fine(self):
        result = fleetcast('scenarios')
        self.assertEqual(result.returncode, 0)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        listed = re.sub(r'\n +', ' ', result.stdout)
        names = [line.split()[0] for line in listed.splitlines()]
        paths = [path for folder in (SCENARIOS, f'{SCENARIOS}/published')
                 for path in sorted(glob.glob(f'{folder}/*.yaml'))]
        self.assertEqual(names, [os.path.relpath(path, SCENARIOS)[:-5] for path in paths])
        for line in listed.splitlines():
            self.assertRegex(line, r'^[\w/-]+ +[A-Z][^.]*[.?]$', 'each has one whole sentence')
        for path in paths:
            with open(path) as file:
                comment = re.match(r'(#.*\n)+', file.read()).group()
            words = re.sub(r'\s*#\s*', ' ', comment).strip()
            self.assertIn(f' {re.match(r".*?[.?](?= |$)", words).group()}\n', listed)
        result = fleetcast('validate', *names)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.count(': fine: '), len(names))

    def test_validate_reads_all_files_and_prints_all_mistakes(self):
        good = self.write('good.yaml', SMALL)
        bad = self.write('bad.yaml', 'seed: x\nduration: 5\ngatways: {count: 1}\n')
        image = self.write('image.yaml', 'campaign: {}\nfirmware: {image: none.bin}\n')
        result = fleetcast('validate', bad, good, image)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f'{good}: fine: 3 end-devices, 1 gateway, ', result.stdout)
        self.assertIn(f'{bad}:1:7: error: seed', result.stderr)
        self.assertIn(f'{bad}:2:11: error: duration = 5 needs a unit', result.stderr)
        self.assertIn(f"{bad}:3:1: error: unknown key 'gatways' (did you mean 'gateways'?)",
                      result.stderr)
        self.assertIn(f'{image}:2:19: error: firmware.image: cannot read ', result.stderr)

    def test_validate_and_run_estimate_a_campaign_in_closed_form(self):
        campaign = self.write('campaign.yaml', SMALL.replace('2 h', '8 h') + (
            'firmware: {image: generated, size: 4 KiB}\n'
            'campaign: {start: 20 min, set_up: {window: 40 min}, fragment_size: 200 B}\n'))
        plain = self.write('plain.yaml', SMALL)
        result = fleetcast('validate', campaign)
        # ceil((4096 + 256 bytes of header) / 200), 15 % more.
        self.assertRegex(result.stdout, r'(?m)^  fragments +22 uncoded, 4 coded')
        # SF7, 216 bytes on air: 338.2 ms (SX1276 datasheet 4.1.1.7).
        self.assertRegex(result.stdout, r'(?m)^  airtime of a fragment +338\.2 ms$')
        for row in ['session', 'TimeOut needed', 'of its battery']:
            self.assertRegex(result.stdout, f'(?m)^  {row} +[0-9.]+')
        table = [line for line in result.stdout.splitlines() if line.startswith('  ')]
        units = {line.index(re.search(r'\d( |$)', line[30:]).group(), 30) for line in table}
        self.assertEqual(len(units), 1, 'numbers end in one column')
        self.assertIn(result.stdout.split('\n', 1)[1], fleetcast('run', campaign).stdout)
        self.assertNotIn('Estimate', fleetcast('run', campaign, '--json').stdout)
        self.assertNotIn('Estimate', fleetcast('validate', plain).stdout)

    def test_each_campaign_and_each_data_rate_has_an_estimate(self):
        text = SMALL.replace('2 h', '2 d').replace('}}]', '}}, {name: e, count: 2}]') + (
            'firmware: {image: generated, size: 4 KiB}\n'
            'campaigns:\n'
            '  - {name: whole, devices: d, fragment_size: 200 B}\n'
            '  - {name: split, devices: e, sessions: per-data-rate, firmware: {size: 8 KiB}}\n')
        result = fleetcast('validate', '-', text=text)
        self.assertEqual(result.returncode, 0, result.stderr)
        whole, split = result.stdout.split('Estimate of campaign ')[1:]
        self.assertTrue(whole.startswith("'whole', at "), whole)
        self.assertRegex(whole, r'(?m)^  fragments +22 uncoded, 4 coded')
        self.assertTrue(split.startswith("'split', at "), split)
        # Fragments of 242, 115 and 51 bytes less 3 (RP002-1.0.3 section 2.4.8) of 8448 bytes.
        rows = re.findall(r'(?m)^    DR(\d) +(\d+) \+ \d+ fragments of +(\d+) B, ', split)
        self.assertEqual(rows, [('5', '36', '239'), ('4', '36', '239'), ('3', '76', '112'),
                                ('2', '176', '48'), ('1', '176', '48'), ('0', '176', '48')])
        self.assertRegex(split, r'(?m)^  planned for all of them in turns +[0-9.]+ h$')

    def test_warnings_are_told_and_do_no_harm(self):
        path = self.write('warn.yaml', SMALL + 'propagation: {rician_k: 3 dB}\n')
        for command in 'validate', 'run':
            result = fleetcast(command, path)
            self.assertEqual(result.returncode, 0)
            self.assertIn(f'{path}:6:25: warning: propagation.rician_k has no effect here',
                          result.stderr)
        self.assertIn('warning:', fleetcast('run', path, '--quiet').stderr)

    def test_files_that_a_scenario_names_lie_beside_it(self):
        self.write('sites.csv', 'x,y\n0,0\n100,-50\n')
        board = os.path.join(SCENARIOS, '../models/board/boards/stm32l072-sx1276.yaml')
        with open(board) as file:
            self.write('board.yaml', file.read())
        path = self.write('a.yaml', SMALL.replace('{name: d, count: 3,', (
            '{name: d, layout: file, file: sites.csv, board: ./board.yaml,')))
        result = fleetcast('validate', path, cwd='/')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('fine: 2 end-devices', result.stdout)
        self.write('sites.csv', 'x,y\n0,zero\n')
        self.refused('run', path, says=f"{self.path('sites.csv')}:2:3: error: y = 'zero'")
        self.write('board.yaml', 'name: mine\n')
        self.refused('validate', path, says=f"{self.path('./board.yaml')}: error: key 'cpu.clock'")

    def test_validate_reads_standard_input(self):
        self.assertEqual(fleetcast('validate', '-', text=SMALL).returncode, 0)
        self.refused('validate', '-', text='seed: x\n', says='standard input:1:7: error: seed')

    def test_all_mistakes_of_a_run_are_told_at_once_in_order(self):
        path = self.write('bad.yaml', 'name: x\nduration: 5 parsecs\npropagation:\n'
                          '  penetratoin: 6 dB\ngateways: {count: 0}\nextra: 1\n')
        text = self.refused('run', path, '--set', 'sede=1', says='')
        places = re.findall(r'bad\.yaml:(\d+:\d+): error: ', text)
        self.assertEqual(places, ['2:11', '4:3', '5:19', '6:1'])
        self.assertIn("--set sede=1: error: unknown key 'sede' (did you mean 'seed'?)", text)

    def test_what_cannot_be_read_is_told(self):
        self.refused('run', 'none.yaml', says='none.yaml: error: cannot read: No such file')
        self.refused('run', self.folder, says='cannot read: Is a directory')
        self.refused('run', 'smart-city', says="(did you mean 'smart-city-1000'?)")
        self.refused('run', 'zzzzzzzzzz', says="see 'fleetcast scenarios'")
        self.refused('run', 'published/zzz', says="published/zzz: error: cannot read")
        self.refused('run', self.write('empty.yaml', ''), says='the file is empty')
        self.refused('run', self.write('broken.yaml', 'name: [x\n'), says='error: not YAML')
        self.refused('run', self.write('two.yaml', 'name: a\n---\nname: b\n'),
                     says='two.yaml:3:1: error: a second document')
        with open(self.path('latin-1.yaml'), 'wb') as file:
            file.write(b'name: x\nregion: M\xfcnchen\n')
        self.refused('run', 'latin-1.yaml', says='latin-1.yaml:2:10: error: not YAML: invalid')
        with open(self.path('binary.yaml'), 'wb') as file:
            file.write(bytes(range(256)) * 8)
        self.refused('run', 'binary.yaml', says='error: not YAML')
        self.refused('run', self.write('large.yaml', '# x\n' * 300000), says='larger than 1 MiB')
        self.refused('run', '/' + 'x' * 600, says='has at most')

    def test_messages_hold_no_terminal_codes(self):
        path = self.write('hostile.yaml', '"a\\e[31m\\nb": 1\nregion: "' + 'x' * 2000 + '"\n')
        text = self.refused('run', path, says="unknown key 'a?[31m?b'")
        self.assertNotIn('\x1b', text)
        self.assertEqual(len(text.splitlines()), 2)
        self.assertTrue(text.endswith('...\n'))

    def test_a_file_full_of_mistakes_ends_soon(self):
        keys = ''.join(f'key{i}: 1\n' for i in range(60000))
        started = time.monotonic()
        text = self.refused('run', self.write('keys.yaml', keys), says="unknown key 'key0'")
        self.assertLess(time.monotonic() - started, 10)
        self.assertRegex(text, r'and \d+ more\n')

    def test_overrides_that_do_not_fit_together_are_told(self):
        self.refused('run', '--set', 'campaign.data_rate=DR0', '--set',
                     'campaign.fragment_size=230 B',
                     says='--set campaign.fragment_size=230 B: error: campaign.fragment_size = 230 '
                          'B does not fit DR0')
        self.refused('run', '--set', 'gateways.backhaul.latency=1 s',
                     says='--set gateways.backhaul.latency=1 s: error: gateways.backhaul: twice')

    def test_images_that_cannot_be_used(self):
        def image(path):
            return ['run', 'hello-20', '--set', f'firmware.image={path}']
        with open(self.path('large.bin'), 'wb') as file:
            file.write(b'x' * 200000)
        self.write('empty.bin', '')
        self.refused(*image('large.bin'), says="'large.bin' has 200000 bytes; the slot takes")
        self.refused(*image('empty.bin'), says="'empty.bin' has 0 bytes")
        self.refused(*image('none.bin'), says="cannot read 'none.bin': No such file")
        self.refused(*image(self.folder), says='is not a file')
        self.refused('run', '--set', 'firmware.size=300 KiB', says='is outside')

    def test_builds_and_regions_that_cannot_be_used(self):
        # Objects with one defect each: tests/models/firmware/objects/defective.c.
        objects = os.path.join(os.environ['FLEETCAST_BUILD'], 'tests/models/firmware/firmware_')
        group = 'devices: [{name: d, count: 3, firmware: '
        column = len(group) + 1
        rows = [(f'{group}{objects}{defect}.so}}]\n', f'4:{column}', why) for defect, why in [
            ('old_version', 'describes itself in version '),
            ('no_entry_point', "has no entry point 'fleetcast_firmware'"),
            ('crash', 'crashes while it is loaded'),
            ('hang', 'does not end to load within'),
            ('missing', 'No such file')]]
        rows.append(('region: EU433\n', '4:9', "'EU433' should be one of"))
        for line, place, why in rows:
            text = 'name: x\nduration: 2 h\nseed: 2\n' + line
            path = self.write('bad.yaml', text)
            before = self.files()
            for command in ['validate', path], ['run', path, '--out', 'out', '--pcap', 'a.pcap']:
                said = self.refused(*command, says=f'{path}:{place}: error: ')
                self.assertIn(why, said)
                self.assertEqual(self.files(), before, 'nothing was written')

    def test_an_image_is_looked_for_beside_the_scenario_that_names_it(self):
        os.mkdir(self.path('sub'))
        with open(self.path('sub/app.bin'), 'wb') as file:
            file.write(os.urandom(2000))
        scenario = self.write('sub/s.yaml', SMALL + 'firmware: {image: app.bin}\n')
        result = fleetcast('validate', scenario, cwd='/')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn('2000 bytes of firmware', result.stdout)
        self.refused('run', scenario, '--set', 'firmware.image=app.bin',
                     says="cannot read 'app.bin'")


class Run(Folder):
    def test_without_a_file_it_plays_the_demonstration(self):
        result = fleetcast('run')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stdout, r'confirmed +20  100.00 %')
        self.assertIn('met     devices.confirmed >= 100 %', result.stdout)
        self.assertNotIn('\033', result.stdout, 'no colour but on a terminal')
        self.assertEqual(result.stderr, '', 'no progress of a short run but on a terminal')

    def test_json_is_pure_and_equals_the_file(self):
        out = self.path('out')
        result = fleetcast('run', 'hello-20', '--json', '--out', out)
        self.assertEqual(result.returncode, 0, result.stderr)
        summary = json.loads(result.stdout)
        self.assertEqual(result.stdout, self.read('out/summary.json'))
        self.assertEqual(summary['scenario']['name'], 'hello-20')
        self.assertIs(summary['partial'], False)
        self.assertEqual(self.files(), RESULTS)

    def test_run_facts_hold_what_summary_must_not(self):
        fleetcast('run', '-q', '--out', self.path('out'))
        facts = json.loads(self.read('out/run.json'))
        commit = facts['commit'] + ('-dirty' if facts['dirty'] else '')
        self.assertEqual(f"fleetcast {facts['version']} ({commit})\n",
                         fleetcast('--version').stdout)
        self.assertGreater(facts['wall_time_s'], 0)
        self.assertEqual(facts['host']['name'], os.uname().nodename)
        self.assertNotIn('wall', self.read('out/summary.json'))

    def test_run_facts_name_what_the_results_come_from(self):
        sites = self.write('sites.csv', 'x,y\n10,20\n30,40\n')
        scenario = self.write('small.yaml', SMALL.replace('count: 3', 'layout: file, file: sites.csv'))
        arguments = ['run', scenario, '-q', '--seed', '7', '--set', 'duration=1 h', '--out', 'out']
        result = fleetcast(*arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        facts = json.loads(self.read('out/run.json'))
        self.assertEqual(facts['command_line'], ['fleetcast', *arguments])
        self.assertEqual(facts['seed'], 7)
        self.assertEqual(facts['set'], ['seed=7', 'duration=1 h'])
        self.assertEqual(facts['scenario'], {'path': scenario, 'sha256': self.sha256('small.yaml')})
        self.assertEqual(facts['files'], [{'path': sites, 'sha256': self.sha256('sites.csv')}])
        self.assertRegex(facts['compiler'], r'(gcc|clang) \d')
        self.assertRegex(facts['commit'], r'^([0-9a-f]{12,}|unknown)$')
        self.assertIn(facts['dirty'], [False, True])
        self.assertIs(facts['crypto_memo'], True)
        fleetcast(*arguments, '--force', '--no-memo', cwd=self.folder)
        self.assertIs(json.loads(self.read('out/run.json'))['crypto_memo'], False)

    def test_the_number_of_threads_shows_in_run_facts_alone(self):
        results = []
        for threads, options in ((1, ()), (3, ('--threads', '3'))):
            result = fleetcast('run', '-q', '--json', '--out', self.path('out'), '--force', *options,
                               '--events', self.path('events.jsonl'))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(self.read('out/run.json'))['threads'], threads)
            results.append([result.stdout, self.read('out/devices.csv'),
                            self.read('out/campaign.csv'), self.read('events.jsonl')])
        self.assertEqual(results[0], results[1])

    def test_a_wrong_number_of_threads_is_refused(self):
        for threads in ('0', '65', '-1', '2x', '', '1e3'):
            result = fleetcast('run', '--threads', threads)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"--threads should be a whole number from 1 to 64: '{threads}'",
                          result.stderr)

    def test_run_facts_hash_standard_input(self):
        fleetcast('run', '-', '-q', '--out', self.path('out'), text=SMALL)
        facts = json.loads(self.read('out/run.json'))
        self.assertEqual(facts['scenario'], {
            'path': '-', 'sha256': hashlib.sha256(SMALL.encode()).hexdigest()})
        self.assertEqual(facts['files'], [])

    def sha256(self, name):
        with open(self.path(name), 'rb') as file:
            return hashlib.sha256(file.read()).hexdigest()

    def test_the_tables_fit_a_terminal(self):
        for scenario in 'hello-20', 'two-campaigns', 'aloha-100':
            lines = fleetcast('run', scenario).stdout.splitlines()
            self.assertGreater(len(lines), 30)
            self.assertLessEqual(max(map(len, lines)), 80, scenario)

    def test_two_runs_give_the_same_bytes(self):
        for name in ('a', 'b'):
            fleetcast('run', '-q', '--out', self.path(name), '--pcap', self.path(f'{name}.pcap'))
        for file in ('summary.json', 'devices.csv', 'campaign.csv', 'rounds.csv', 'gateways.csv', '../{}.pcap',
                     '../{}.pcap.keys/root_keys_lorawan'):
            a, b = (self.read(f'{name}/{file.format(name)}') for name in ('a', 'b'))
            self.assertEqual(a, b, file)
            self.assertTrue(a)

    def test_seed_and_set_change_the_run(self):
        path = self.write('s.yaml', SMALL)
        runs = [fleetcast('run', path, '--json', *more).stdout for more in
                ([], ['--seed', '2'], ['--set', 'seed=2'], ['--set', 'devices.d.count=5'])]
        first, seeded, set_seed, more = map(json.loads, runs)
        self.assertEqual((first['seed'], seeded['seed']), (1, 2))
        self.assertNotEqual(first['trace_hash'], seeded['trace_hash'])
        self.assertEqual(seeded, set_seed)
        self.assertEqual(more['devices']['total'], 5)
        self.refused('run', '--seed', '-1', says='should be a whole number from 0 to 2^64 - 1')
        self.refused('run', '--seed', '9' * 80, says='should be a whole number')
        self.refused('run', '--seed', '0' * 80 + '7', says='should be a whole number')

    def test_quiet_says_nothing(self):
        result = fleetcast('run', '--quiet')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, '', ''))

    def test_standard_input_is_a_scenario(self):
        result = fleetcast('run', '-', '--json', text=SMALL)
        self.assertEqual(json.loads(result.stdout)['scenario']['name'], 'small')

    def test_a_failed_expectation_is_status_1(self):
        path = self.write('s.yaml', SMALL + 'expect: {devices.joined: "== 3", '
                          'energy_j.mean: "< 0.001", devices.confirmed: "> 0"}\n')
        result = fleetcast('run', path)
        self.assertEqual(result.returncode, 1)
        self.assertIn('  met     devices.joined == 3 (it is 3)', result.stdout)
        self.assertIn('  FAILED  energy_j.mean < 0.001 (it is', result.stdout)
        self.assertIn('  FAILED  devices.confirmed > 0 (summary.json has no such number)',
                      result.stdout)
        result = fleetcast('run', path, '--json')
        self.assertEqual(result.returncode, 1)
        json.loads(result.stdout)
        self.assertEqual(result.stderr.count('fleetcast: expectation failed: '), 2)

    def test_an_unknown_expectation_is_told_before_the_run(self):
        path = self.write('s.yaml', SMALL + 'expect:\n  devices.joind: "> 0"\n')
        says = (f"{path}:7:3: error: expect: summary.json has no number 'devices.joind' (did you "
                "mean 'devices.joined'?)")
        self.refused('validate', path, says=says)
        self.refused('run', path, says=says)

    def test_expectations_on_failures_hold_when_there_are_none(self):
        result = fleetcast('run', 'hello-20', '--json')
        self.assertEqual(set(json.loads(result.stdout)['devices']['failed'].values()), {0})

    def test_every_key_of_the_results_is_documented_once(self):
        def keys(tree, prefix=''):
            for name, value in tree.items():
                yield from (keys(value, f'{prefix}{name}.') if isinstance(value, dict)
                            else [prefix + name])
        fleetcast('run', '-q', '--out', self.path('out'))
        with open(os.path.join(SCENARIOS, '../docs/summary.md')) as file:
            rows = re.findall(r'(?m)^\| `([\w.]+)`.* \| (.*) \|$', file.read())
        documented = [key for key, _ in rows]
        for key, meaning in rows:
            self.assertRegex(meaning, r'^[A-Z0-9`].*\.$', f'{key} has a sentence of its own')
        written = [key for name in ('summary', 'run')
                   for key in keys(json.loads(self.read(f'out/{name}.json')))]
        parts = [key for key in written if key.startswith(('campaigns.', 'groups.'))]
        self.assertTrue(parts)
        self.assertLessEqual({key.split('.', 2)[2] for key in parts}, set(documented))
        self.assertEqual(sorted(documented), sorted(set(written) - set(parts)))

    def test_a_device_as_capture_stays_a_device(self):
        result = fleetcast('run', '-', '-q', '--pcap', '/dev/null', text=SMALL)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse(os.path.isfile('/dev/null'))
        self.assertFalse(os.path.exists('/dev/null.keys'))


class Warnings(Folder):
    """A warning reaches its reader in every mode."""

    def warned(self, *arguments):
        result = fleetcast(*arguments, cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return 'warning:' in result.stderr

    def test_quiet_shows_warnings(self):
        self.write('small.yaml', SMALL.replace('500 m', '3 km'))
        self.assertFalse(self.warned('run', 'small.yaml', '--quiet'))
        unused = ['--set', 'gateways.spacing=50 m']
        self.assertTrue(self.warned('run', 'small.yaml', '--quiet', *unused))
        self.assertTrue(self.warned('validate', 'small.yaml', *unused))

    def test_validate_takes_overrides(self):
        self.write('small.yaml', SMALL)
        self.refused('validate', 'small.yaml', '--set', 'gateways.count=none',
                     says='--set gateways.count=none')
        result = fleetcast('validate', 'small.yaml', '--set', 'devices.0.count=7', cwd=self.folder)
        self.assertIn('7 end-devices', result.stdout)


class New(Folder):
    def test_a_new_scenario_is_commented_fine_and_meets_its_expectations(self):
        result = fleetcast('new', 'town', cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertEqual(self.files(), ['town.yaml'])
        text = self.read('town.yaml')
        self.assertIn('\nname: town\n', text)
        self.assertGreater(text.count('#'), 10)
        for command in 'validate', 'run':
            result = fleetcast(command, self.path('town.yaml'))
            self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_it_goes_where_it_is_asked_to(self):
        os.mkdir(self.path('sub'))
        fleetcast('new', cwd=self.folder)
        fleetcast('new', 'sub/2nd.yaml', cwd=self.folder)
        self.assertEqual(self.files(), ['scenario.yaml', 'sub', 'sub/2nd.yaml'])
        self.assertIn('\nname: "2nd"\n', self.read('sub/2nd.yaml'))
        self.assertEqual(fleetcast('new', '-').stdout, self.read('scenario.yaml'))

    def test_it_keeps_what_is_there_and_tells_what_it_cannot_write(self):
        self.write('town.yaml', 'mine')
        self.refused('new', 'town', says="'town.yaml' is there already")
        self.assertEqual(self.read('town.yaml'), 'mine')
        os.symlink('nowhere', self.path('link.yaml'))
        self.refused('new', 'link', says="'link.yaml' is there already")
        self.refused('new', 'none/town', says="cannot write 'none/town.yaml': No such file")
        for name in ('', '.yaml/', 'a b', 'a\nb', 'x' * 64, 'sub/'):
            self.refused('new', name, says='should be a name of letters')
        self.assertEqual(self.files(), ['link.yaml', 'town.yaml'])


class Outputs(Folder):
    """What cannot be written is told before the run, and nothing is left."""

    def test_out_in_bad_places(self):
        file = self.write('file', 'x')
        self.refused('run', '--out', file, says="--out: '" + file + "' is not a folder")
        self.refused('run', '--out', f'{file}/sub', says='cannot create')
        self.refused('run', '--out', self.path('none/sub'), says='No such file or directory')
        self.refused('run', '--out', '', says='cannot create')
        self.assertEqual(self.files(), ['file'])

    def test_a_folder_in_the_way_of_a_result(self):
        os.makedirs(self.path('out/run.json'))
        self.refused('run', '--out', 'out', '--force', says='run.json\': Is a directory')
        self.assertEqual(self.files(), ['out', 'out/run.json'])

    def test_a_folder_that_no_one_can_write_in(self):
        if os.path.isdir('/proc/self'):
            self.refused('run', '--out', '/proc/self', '--force', says='cannot write')

    def test_pcap_in_bad_places(self):
        self.refused('run', '--pcap', 'none/air.pcap', says='--pcap: cannot write')
        self.refused('run', '--pcap', '.', says='Is a directory')
        self.write('air.pcap.keys', '')
        self.refused('run', '--pcap', 'air.pcap', says="'air.pcap.keys' is not a folder")
        self.assertEqual(self.files(), ['air.pcap.keys'])

    def test_a_folder_made_for_a_run_that_cannot_start_goes_away(self):
        self.refused('run', '--out', 'out', '--pcap', 'none/x', says='--pcap')
        self.refused('run', '--out', 'out', '--set', 'firmware.image=none', says='none')
        self.refused('run', '--out', 'out', '--set', 'sede=1', says='sede')
        self.assertEqual(self.files(), [])

    def test_earlier_results_survive_a_run_that_cannot_start(self):
        fleetcast('run', '-q', '--out', self.path('out'))
        before = self.read('out/summary.json')
        self.refused('run', '--seed', '2', '--out', 'out', '--force', '--pcap', 'none/x',
                     says='--pcap')
        self.assertEqual(self.read('out/summary.json'), before)

    def test_a_folder_that_is_not_empty_is_kept_unless_forced(self):
        fleetcast('run', '-q', '--out', self.path('out'))
        before = self.read('out/summary.json')
        self.refused('run', '-q', '--seed', '2', '--out', 'out', says="'out' is not empty")
        self.assertEqual(self.read('out/summary.json'), before)
        result = fleetcast('run', '-q', '--seed', '2', '--out', 'out', '--force', cwd=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotEqual(self.read('out/summary.json'), before)


def default_signals():
    """A test run under nohup ignores SIGHUP, and a child would inherit that."""
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, signal.SIG_DFL)


class Terminal(Folder):
    """A long run under a pseudo-terminal."""

    LONG = ['run', 'smart-city-1000', '--set', 'devices.0.count=4000']

    def start(self, *more, stdout=subprocess.PIPE):
        self.master, slave = pty.openpty()
        process = subprocess.Popen([FLEETCAST, *self.LONG, *more], stdout=stdout, stderr=slave,
                                   cwd=self.folder, preexec_fn=default_signals)
        os.close(slave)
        self.addCleanup(os.close, self.master)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def read_until(self, pattern, seconds=60):
        seen = ''
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    seen += os.read(self.master, 4096).decode()
                except OSError:
                    break
            match = re.search(pattern, seen)
            if match:
                return match
        self.fail(f'{pattern} not in {seen!r}')

    def drain(self):
        """The program must not block on a full terminal."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                if not os.read(self.master, 4096):
                    return
            except OSError:
                return

    def finish(self, process, seconds):
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            self.drain()
            time.sleep(0.02)
        self.assertIsNotNone(process.poll(), 'still running')
        return process.stdout.read().decode()

    def test_progress_shows_time_stages_speed_and_time_left(self):
        process = self.start()
        self.read_until(r'\r\x1b\[K\d+d \d\d:\d\d  [\w-]+ +\d+ ready \d+ whole \d+ new  '
                        r'\d+x  ~ \d+ (s|min|h) left')
        process.send_signal(signal.SIGINT)
        self.finish(process, 120)

    def test_interrupt_ends_a_run_cleanly(self):
        process = self.start('--json', '--out', 'out', '--pcap', 'air.pcap')
        self.read_until(r'left')
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        output = self.finish(process, 120)
        self.assertLess(time.monotonic() - interrupted, 5)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        summary = json.loads(output)
        self.assertIs(summary['partial'], True)
        self.assertLess(summary['sim_time_s'], 24 * 3600)
        self.assertEqual(output, self.read('out/summary.json'))
        self.assertEqual(self.files(), CAPTURE + RESULTS)

    def test_terminate_and_hang_up_do_the_same(self):
        for number in [signal.SIGTERM, signal.SIGHUP]:
            process = self.start()
            self.read_until(r'left')
            process.send_signal(number)
            self.assertIn('interrupted', self.finish(process, 120))
            self.assertEqual(process.returncode, 128 + number)

    def test_a_quiet_run_that_was_cut_short_says_so(self):
        # Long and without a terminal: the run cannot end by itself first.
        process = subprocess.Popen([FLEETCAST, 'run', 'smart-city-1000', '--quiet', '--out', 'out',
                                    '--set', 'duration=200 d'], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + 120
        while time.monotonic() < end and not self.catches(process.pid):
            time.sleep(0.02)
        process.terminate()
        output, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.assertEqual(output, '')
        self.assertIn('Terminated cut the run short', error)

    @staticmethod
    def catches(pid):
        """Does the process handle SIGTERM by now?"""
        with open(f'/proc/{pid}/status') as file:
            caught = next(line for line in file if line.startswith('SigCgt'))
        return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1

    def test_a_second_interrupt_leaves_nothing_half_written(self):
        process = self.start('--out', 'out', '--pcap', 'air.pcap')
        self.read_until(r'left')
        process.send_signal(signal.SIGSTOP)  # both are pending when it goes on
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        self.finish(process, 120)
        self.assertIn(process.returncode, (-signal.SIGINT, -signal.SIGTERM))
        self.assertEqual([name for name in self.files() if name.startswith('air')], [])

    def test_colour_is_for_terminals_that_show_it(self):
        self.assertIn(b'\x1b[1mDevices', self.table_on_terminal())
        self.assertNotIn(b'\x1b', self.table_on_terminal(NO_COLOR='1'))
        self.assertNotIn(b'\x1b', self.table_on_terminal(TERM='dumb'))
        self.assertEqual(b'', self.table_on_terminal('--quiet'))

    def table_on_terminal(self, *more, **environment):
        master, slave = pty.openpty()
        subprocess.run([FLEETCAST, 'run', *more], stdout=slave, stderr=subprocess.DEVNULL,
                       env={**os.environ, 'TERM': 'xterm', **environment})
        os.close(slave)
        seen = b''
        try:
            while True:
                seen += os.read(master, 65536)
        except OSError:
            os.close(master)
        return seen


if __name__ == '__main__':
    os.environ.pop('NO_COLOR', None)
    unittest.main()
