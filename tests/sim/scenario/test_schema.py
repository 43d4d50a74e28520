#!/usr/bin/env python3
"""The JSON Schema and the pages that the program writes from its table of keys.

Goal: a validator that others wrote accepts what the program accepts, and refuses the mistakes that a
schema can express; the committed page is the program's.
Source of the right answers: python3-jsonschema (Draft 2020-12) and PyYAML.

    test_schema.py        FLEETCAST and FLEETCAST_SCENARIOS in the environment
"""
import glob
import json
import os
import re
import subprocess
import unittest

import core_yaml
import jsonschema
import yaml

FLEETCAST = os.environ['FLEETCAST']
SCENARIOS = os.environ['FLEETCAST_SCENARIOS']
BROKEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'broken')


def fleetcast(*arguments, **options):
    return subprocess.run([FLEETCAST, *arguments], capture_output=True, text=True, timeout=120,
                          **options)


def read(path, mode='r'):
    with open(path, mode) as file:
        return file.read()


def shipped():
    return glob.glob(f'{SCENARIOS}/../s*/**/*.yaml', recursive=True)


def is_study(text):
    return bool(re.search(r'(?m)^axes:', text))


def broken():
    return sorted(glob.glob(f'{BROKEN}/*.yaml'))


def expected(path):
    """What a broken file's .expected says: of the schema, and the messages."""
    head, messages = read(path[:-len('yaml')] + 'expected').split('\n', 1)
    return head.removeprefix('schema: '), messages


class Broken(unittest.TestCase):
    """Each file of broken/ has one kind of mistake; the messages stand beside it, byte for byte."""

    def test_each_mistake_is_told_with_its_place_and_what_would_be_right(self):
        names = [os.path.basename(path) for path in broken()]
        self.assertGreaterEqual(len(names), 20)
        result = fleetcast('validate', *names, cwd=BROKEN)
        self.assertEqual((result.stdout, result.returncode), ('', 2))
        self.assertEqual(result.stderr.splitlines(),
                         [line for path in broken() for line in expected(path)[1].splitlines()])


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(fleetcast('schema', '--json').stdout)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def refused(self, text):
        return not self.validator.is_valid(core_yaml.read(text))

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_it_accepts_the_shipped_scenarios(self):
        texts = {path: read(path) for path in shipped() if not is_study(read(path))}
        texts['new'] = fleetcast('new', '-').stdout
        self.assertGreater(len(texts), 9)
        for path, text in texts.items():
            with self.subTest(path):
                self.assertEqual(list(self.validator.iter_errors(core_yaml.read(text))), [])

    def test_it_refuses_the_broken_ones_whose_mistake_it_can_express(self):
        seen = {'refuses': 0, 'accepts': 0, 'not YAML': 0}
        for path in broken():
            with self.subTest(os.path.basename(path)):
                try:
                    said = 'refuses' if self.refused(read(path, 'rb')) else 'accepts'
                except yaml.YAMLError:
                    said = 'not YAML'
                self.assertEqual(said, expected(path)[0])
                seen[said] += 1
        self.assertGreater(seen['refuses'], 20, seen)

    def test_it_accepts_each_form_of_a_value(self):
        for text in ['gateways.height: 30 m', 'gateways: {backhaul.latency: 1.5e2 ms}',
                     'devices: [{rtc.temperature: {mean: -5 C}, rtc: {temperature.swing: 0}}]',
                     'gateways: {backhaul: {loss: 0.01}}', 'gateways: {backhaul: {loss: 1 %}}',
                     'gateways: {channels: [868.1 MHz, 868.3MHz]}', 'seed: 0xabc',
                     'gateways: {channels: "868.1 MHz, 868.3 MHz"}', 'seed: 18446744073709551615',
                     'campaign: none', 'campaign: {verify: signature}', 'network: {adr: on}',
                     'campaign: {verify: [block-mic, signature]}', 'x-any: [{a: [b]}, 5]',
                     'campaigns: [{name: a, devices: [b, c 0..50 %]}]',
                     'expect: {campaigns.a.devices.ready: "< 4", seed: [">= 1", 2 +- 1]}']:
            with self.subTest(text):
                self.assertFalse(self.refused(text))
                read_by_program = fleetcast('validate', '-', input=text)
                self.assertNotRegex(read_by_program.stderr, 'unknown key|unit|should be one of')

    def test_it_refuses_what_is_near_to_right(self):
        for text in ['gateways.heigth: 30 m', 'duration: 5', 'duration: -5 s', 'network: {adr: true}',
                     'gateways: {backhaul: {loss: 1.5}}', 'devices: [{layout.file: a}]',
                     'seed: -1', 'X-any: 5', 'campaign: {x-any: 5}', 'firmware: {version: 2.0}',
                     'expect: {seed: "1"}', 'expect: {seed: []}', 'expect: {seeds: "== 1"}']:
            with self.subTest(text):
                self.assertTrue(self.refused(text))

    def test_each_key_has_a_description_and_a_default_that_is_valid(self):
        keys = []

        def walk(node, name):
            if isinstance(node, list):
                for item in node:
                    walk(item, name)
            elif isinstance(node, dict):
                for key, value in node.get('properties', {}).items():
                    if '$ref' not in value and 'properties' not in value:
                        self.assertRegex(value.get('description', ''), r'^[A-Z].*\.', key)
                        keys.append(key)
                    if 'default' in value:
                        one = jsonschema.Draft202012Validator(
                            {**value, '$defs': self.schema['$defs']})
                        self.assertTrue(one.is_valid(value['default']), (key, value))
                for key, value in node.items():
                    walk(value, key)
        walk(self.schema, '')
        self.assertGreater(len(keys), 150)


class StudySchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        schema = json.loads(fleetcast('schema', '--study', '--json').stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def mistakes(self, text):
        return list(self.validator.iter_errors(core_yaml.read(text)))

    def test_it_accepts_the_shipped_studies_and_the_one_of_the_page(self):
        page = read(os.path.join(SCENARIOS, '../docs/studies.md'))
        texts = re.findall(r'(?s)```yaml\n(.*?)```', page)
        self.assertTrue(texts)
        for text in texts + [text for text in map(read, shipped()) if is_study(text)]:
            with self.subTest(text):
                self.assertEqual(self.mistakes(text), [])

    def test_it_knows_the_keys_of_scenarios(self):
        for text in ['axes: {seed: 1..5, campaign.data_rate: [DR3]}', 'set: {campaign: none}',
                     'axes: [{devices.a.count: [5, 6], gateways.outages.0.from: [1 h, 2 h]}]',
                     'set: {campaigns.x.verify: [signature], duration: 5 h}\nx-any: {}',
                     'axes: {campaign: [none]}\nwhere: gateways.count > 1\nmetrics: energy_j.*']:
            with self.subTest(text):
                self.assertEqual(self.mistakes(text), [])
        for text in ['axes: {gateways.conut: [1]}', 'axes: {gateways.count: [0]}', 'set: {seed: x}',
                     'axes: {duration: [5]}', 'set: {gateways: {count: 3}}', 'axes: {seed: 5}',
                     'axes: {seed: []}', 'replications: 0', 'precision: {energy_j.maen: 1 %}',
                     'precision: {energy_j.mean: 1}', 'set: {devices.count: 4}', 'wher: x']:
            with self.subTest(text):
                self.assertNotEqual(self.mistakes(text), [])

    def test_it_refuses_the_broken_studies_whose_mistake_it_can_express(self):
        """Of the studies of tests/sim/cli/test_broken_studies.py, which are seeds of the fuzzer."""
        for name in ('counts', 'empty', 'key-that-no-scenario-has', 'ranges', 'unknown-keys',
                     'values-that-do-not-fit'):
            with self.subTest(name):
                text = read(os.path.join(SCENARIOS, f'../tests/fuzz/corpus/study/{name}.yaml'))
                self.assertNotEqual(self.mistakes(text), [])

    def test_the_text_has_the_keys_of_the_page(self):
        page = read(os.path.join(SCENARIOS, '../docs/studies.md'))
        text = fleetcast('schema', '--study').stdout
        keys = re.findall(r'(?m)^([a-z]\S+)  ', text)
        files = page[page.index('## Study files'):page.index('## Playing')]
        self.assertEqual(sorted(keys), sorted(re.findall(r'(?m)^\| `(\w+)` \|', files)))
        self.assertLessEqual(max(map(len, text.splitlines())), 80)


class Reference(unittest.TestCase):
    def setUp(self):
        self.text = fleetcast('schema').stdout
        self.page = fleetcast('schema', '--markdown').stdout

    def test_the_page_in_docs_is_what_the_program_prints(self):
        self.assertEqual(self.page, read(os.path.join(SCENARIOS, '../docs/scenario.md')))

    def test_the_text_fits_a_terminal(self):
        self.assertLessEqual(max(map(len, self.text.splitlines())), 80)

    def test_text_page_and_schema_have_the_same_keys(self):
        page = re.findall(r'(?m)^\| `([^`]+)`', self.page)
        text = re.findall(r'(?m)^(\S.*?)  ', self.text)
        text = [key for key in text if not re.match(r'[A-Z]', key)]
        self.assertEqual(sorted(page), sorted(text))
        keys = set()

        def walk(object, prefix, definitions):
            for name, value in object.get('properties', {}).items():
                path = f'{prefix}{name}'
                reference = value.get('$ref') or value.get('items', {}).get('$ref') or next(
                    (one['$ref'] for one in value.get('anyOf', []) if '$ref' in one), None)
                if name == 'expect':
                    continue
                if reference is not None:
                    list_of = '[]' if 'items' in value else ''
                    walk(definitions[reference.removeprefix('#/$defs/')], f'{path}{list_of}.',
                         definitions)
                elif 'properties' in value:
                    walk(value, f'{path}.', definitions)
                else:
                    keys.add(path)
        schema = json.loads(fleetcast('schema', '--json').stdout)
        walk(schema, '', schema['$defs'])
        keys = {key for key in keys if not key.startswith('campaigns[].')}
        written = {key for key in page if not key.startswith('board file: ')
                   and key not in ('campaigns[].KEY', 'expect.KEY', 'x-NAME')}
        self.assertEqual(keys, written)

    def test_words_choose_keys(self):
        some = fleetcast('schema', 'duty', 'clock.drift')
        self.assertEqual(re.findall(r'(?m)^[a-z]\S+', some.stdout), [
            'gateways.duty_form', 'gateways.clock.drift', 'devices[].duty_cycle',
            'campaign.duty_share'])
        none = fleetcast('schema', 'nothing')
        self.assertEqual((none.returncode, none.stdout), (2, ''))
        self.assertIn("no key contains 'nothing'", none.stderr)
        self.assertEqual(fleetcast('schema', '--json', '--markdown').returncode, 2)


if __name__ == '__main__':
    unittest.main()
