#!/usr/bin/env python3
"""Broken studies and what `fleetcast sweep` says of them, word for word: all mistakes at once, in
the order of the file.

    test_broken_studies.py [-v] [TEST...]        FLEETCAST in the environment
"""
import os
import unittest

from studies import Studies

HEAD = 'name: broken\nscenario: small.yaml\n'
CASES = {
    'empty': ('', 'study.yaml:1:1: error: the file is empty; docs/studies.md describes studies\n'),
    'no_yaml': ('name: [a\n', 'study.yaml:2:1: error: not YAML: it ends before it is complete\n'),
    'unknown_keys': (HEAD + 'axis: {}\nreplication: 3\n',
                     "study.yaml:3:1: error: unknown key 'axis' (did you mean 'axes'?)\n"
                     "study.yaml:4:1: error: unknown key 'replication' "
                     "(did you mean 'replications'?)\n"),
    'no_such_scenario': ('scenario: helo-20\n',
                         "study.yaml:1:11: error: scenario: there is no shipped scenario "
                         "'helo-20' (did you mean 'hello-20'?)\n"),
    'no_such_file': ('scenario: smal.yaml\n',
                     "study.yaml:1:11: error: scenario: there is no file 'smal.yaml'\n"),
    'key_that_no_scenario_has': (
        HEAD + 'axes:\n  gateway.count: [1, 2]\n  devices.e.count: [2]\n',
        "study.yaml:4:3: error: unknown key 'gateway.count' (did you mean 'gateways'?)\n"
        "study.yaml:5:3: error: no such item: should be devices.NAME.key or devices.0.key\n"),
    'values_that_do_not_fit': (
        HEAD + 'axes:\n  duration: [1 h, 2]\n  propagation.fading: [none, rainy]\n'
        'set: {area.radius: 3 s}\n',
        "study.yaml:4:19: error: duration = 2 needs a unit: one of ns us ms s min h d\n"
        "study.yaml:5:30: error: propagation.fading = 'rainy' should be one of: none, rayleigh, rician\n"
        "study.yaml:6:20: error: area.radius = '3 s' has a wrong unit: should be one of m km\n"),
    'ranges': (
        HEAD + 'axes:\n  gateways.count: 4..1 step 1\n  duration: 1 h..3 min step 1 h\n'
        '  devices.d.count: 1..5000\n  area.radius: 2 km\n',
        "study.yaml:4:19: error: gateways.count: the step of '4..1 step 1' does not lead to its "
        "end\n"
        "study.yaml:5:13: error: duration: '1 h..3 min step 1 h' should have one unit\n"
        "study.yaml:6:20: error: devices.d.count: '1..5000' has more than 1000 values\n"
        "study.yaml:7:16: error: area.radius = '2 km' should be a list of values or a range, as in "
        "[DR3, DR5] or 10..50 step 10\n"),
    'keys_that_cannot_move_together': (
        HEAD + 'axes:\n  - gateways.count: [1, 2]\n    devices.d.count: [2, 3, 4]\n',
        "study.yaml:5:22: error: 'devices.d.count' should have as many values as "
        "'gateways.count', with which it moves: 2, not 3\n"),
    'keys_that_stand_twice': (
        HEAD + 'set: {duration: 1 h}\naxes:\n  - duration: [1 h, 2 h]\n  - seed: [1, 2]\n'
        '  - gateways.count: [1]\n  - gateways.count: [2]\n',
        "study.yaml:5:5: error: key 'duration' stands twice: on two axes, or on one and in 'set'\n"
        "study.yaml:6:5: error: 'seed' is no axis: each replication has a seed of its own\n"
        "study.yaml:8:5: error: key 'gateways.count' stands twice: on two axes, or on one and in "
        "'set'\n"),
    'conditions': (
        HEAD + 'axes: {gateways.count: [1, 2], propagation.fading: [none, rayleigh]}\n'
        'where:\n  - gateways.cuont == 1\n  - gateways.count\n  - propagation.fading < none\n',
        "study.yaml:6:5: error: where: 'gateways.count' should compare keys of axes and values, as "
        "in \"campaign.data_rate == DR5 or devices.0.count <= 100\"\n"),
    'conditions_on_other_keys': (
        HEAD + 'axes: {gateways.count: [1, 2], propagation.fading: [none, rayleigh]}\n'
        'where:\n  - gateways.cuont == 1\n  - propagation.fading < none\n',
        "study.yaml:5:5: error: where: 'gateways.cuont' is no key of an axis (did you mean "
        "'gateways.count'?)\n"
        "study.yaml:6:5: error: where: 'none' of propagation.fading and 'none' have no order\n"),
    'no_point_left': (HEAD + 'axes: {gateways.count: [1, 2]}\nwhere: gateways.count > 2\n',
                      'study.yaml:4:8: error: where: no point is left\n'),
    'metrics': (
        HEAD + 'metrics: [devices.confirmd, "powr.*"]\nprecision: {devices.total: 0 %}\n',
        "study.yaml:3:11: error: summary.json has no number 'devices.confirmd' (did you mean "
        "'devices.confirmed'?)\n"
        "study.yaml:3:29: error: metrics: no number of summary.json has a name like 'powr.*'\n"
        "study.yaml:4:28: error: precision of devices.total = '0 %' should be a share of the mean "
        "between 0 % and 100 %, as in 1 %\n"),
    'counts': (HEAD + 'replications: 0\nround: 2.5\nreplications_max: many\n',
               "study.yaml:3:15: error: replications = 0 is outside 1 .. 100000\n"
               "study.yaml:4:8: error: round = 2.5 should be a whole number\n"
               "study.yaml:5:19: error: replications_max = 'many' is not a number\n"),
    'seed': (HEAD + 'set: {seed: 3}\nseed: 9000000000000000001\n',
             "study.yaml:3:7: error: 'seed' belongs to the study: write it outside of 'set'\n"
             "study.yaml:4:7: error: seed = 9000000000000000001 is outside 0 .. "
             "9000000000000000000\n"),
    'points_that_no_run_can_play': (
        HEAD + 'axes: {gateways.layout: [grid, file], gateways.count: [1, 2]}\n',
        "study.yaml: error: 2 of 4 points cannot be played, first: gateways.layout=file "
        "gateways.count=1\n"
        "study.yaml:3:32: error: layout: file needs a key 'file'\n"),
}


class BrokenStudies(Studies):
    pass


def add_case(name, text, message):
    def test(self):
        self.write('study.yaml', text)
        self.refused('sweep', 'study.yaml', says=message)
        self.assertFalse(os.path.exists(self.path('study.db')))
    setattr(BrokenStudies, 'test_' + name, test)


for case, (case_text, case_message) in CASES.items():
    add_case(case, case_text, case_message)


if __name__ == '__main__':
    unittest.main()
