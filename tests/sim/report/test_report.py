#!/usr/bin/env python3
"""`fleetcast report`: whole pages.

    test_report.py        FLEETCAST in the environment

Goal: a page is well-formed, needs nothing but itself, is the same for the same files, and has something
in each plot; what is missing or damaged is named with its place, the exit status is 2, and no page is
written.
"""
import html
import json
import os
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.environ['FLEETCAST']
SCENARIO = '''
name: "<script>alert('&')</script>"
duration: 6 h
area: {radius: 2 km}
gateways: {count: 2}
devices: [{name: "a <b>", count: 12, boot: {spread: 5 min}, report: {period: 10 min}}]
firmware: {image: generated, size: 4 KiB}
campaign: {start: 30 min, set_up: {window: 1 h}, correction: {timeout: 30 min}, confirm_timeout: 1 h}
'''
# Two meters run another base than the delta image changes.
DELTA = '''
name: delta
duration: 1 d
area: {radius: 300 m}
propagation: {model: free-space}
gateways: {count: 1}
devices:
  - {name: early, count: 2, boot: {spread: 60 s}, report: {period: 10 min}}
  - {name: late, count: 3, boot: {spread: 60 s}, report: {period: 10 min}}
firmware: {image: generated, size: 48 KiB}
campaigns:
  - {name: pilot, devices: [early], firmware: {version: 1.1.0}, start: 20 min, set_up: {window: 40 min},
     correction: {timeout: 20 min}}
  - {name: all, firmware: {version: 2.0.0, size: 49 KiB, delivery: delta, encryption: on}, start: 12 h,
     set_up: {window: 40 min}, correction: {timeout: 20 min}}
'''
FILES = ['summary.json', 'run.json', 'devices.csv', 'campaign.csv', 'rounds.csv', 'gateways.csv']


def report(*arguments, **settings):
    return subprocess.run([PROGRAM, 'report', *arguments], capture_output=True, text=True, **settings)


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.source = f'{cls.temporary.name}/source'
        run = subprocess.run([PROGRAM, 'run', '-', '--quiet', '--out', cls.source], input=SCENARIO,
                             text=True, capture_output=True)
        assert run.returncode == 0, run.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=self.temporary.name)
        for name in FILES:
            with open(f'{self.source}/{name}') as source, open(self.path(name), 'w') as copy:
                copy.write(source.read())

    def path(self, name):
        return f'{self.folder}/{name}'

    def page(self):
        made = report(self.folder)
        self.assertEqual((made.returncode, made.stderr), (0, ''))
        with open(self.path('report.html')) as page:
            return page.read()

    def refused(self, message, **settings):
        made = report(self.folder, **settings)
        self.assertEqual(made.returncode, 2, made.stderr)
        self.assertIn(message, made.stderr)
        self.assertFalse(os.path.exists(self.path('report.html')))

    def test_a_page_is_well_formed_and_needs_nothing_else(self):
        page = self.page()
        subprocess.run(['xmllint', '--noout', self.path('report.html')], check=True)
        identities = re.findall(r'\bid=["\']([^"\']*)', page)
        self.assertEqual(len(identities), len(set(identities)))
        self.assertEqual(set(re.findall(r'href=["\']#([^"\']*)', page)) - set(identities), set())
        for address in re.findall(r'https?://[^"\']*', page):
            self.assertTrue(address.startswith('http://www.w3.org/'), address)
        self.assertNotIn('<script', page)
        self.assertIn('&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;', page)

    def test_each_plot_has_data_in_the_colours_of_the_page(self):
        figures = re.findall(r'<figure.*?</figure>', self.page(), re.S)
        titles = [re.search(r'<h3>(.*?)</h3>', figure).group(1) for figure in figures]
        for title in ['Stages over time', 'Set-up and completion time', 'Map', 'Energy by phase',
                      'Fragments missing, by device', 'Duty cycle of the gateways', 'Battery life']:
            self.assertIn(title, titles)
        for title, figure in zip(titles, figures):
            with self.subTest(title):
                drawing = figure[figure.index('<svg class="plot"'):]
                self.assertRegex(drawing, r'var\(--s\d\)')
                self.assertNotRegex(drawing, r'rgb\(|#[0-9a-f]{6}|"black"|"white"')

    def test_the_same_files_give_the_same_bytes(self):
        self.assertEqual(self.page(), self.page())

    def test_a_page_goes_where_it_is_asked_to_go(self):
        page = self.page()
        self.assertEqual(report(self.folder, '-o', '-').stdout, page)
        self.assertEqual(report(self.folder, '--output', self.path('other.html')).returncode, 0)
        with open(self.path('other.html')) as other:
            self.assertEqual(other.read(), page)
        made = report(self.folder, '-o', self.path('no/folder.html'))
        self.assertEqual(made.returncode, 2)
        self.assertIn('no/folder.html', made.stderr)

    def test_a_run_without_a_campaign_has_a_page(self):
        plain = f'{self.folder}/plain'
        subprocess.run([PROGRAM, 'run', '-', '--quiet', '--out', plain], text=True, check=True,
                       input='duration: 1 h\ncampaign: none\ndevices: [{count: 3}]\n')
        self.assertEqual(report(plain).returncode, 0)
        subprocess.run(['xmllint', '--noout', f'{plain}/report.html'], check=True)

    def test_images_stand_beside_their_sizes_devices_and_costs(self):
        folder = f'{self.folder}/delta'
        subprocess.run([PROGRAM, 'run', '-', '--quiet', '--out', folder], input=DELTA, text=True,
                       check=True)
        self.assertEqual(report(folder).returncode, 0)
        with open(f'{folder}/report.html') as page, open(f'{folder}/summary.json') as summary:
            page, campaigns = page.read(), json.load(summary)['campaigns']
        rows = [[html.unescape(cell) for cell in re.findall(r'<td[^>]*>(.*?)</td>', row)]
                for row in re.findall(r'<tr>.*?</tr>', page)]
        rows = {row[0]: row[1:] for row in rows if row and ': ' in row[0]}
        size, patch = campaigns['all']['image']['bytes'], campaigns['all']['delta']['patch_bytes']
        self.assertEqual(list(rows), ['pilot: whole image', 'all: delta image, encrypted',
                                      'all: fell back to the whole image, encrypted'])
        delta, full = list(rows.values())[1:]
        self.assertEqual(delta[:4], [f'{patch} B', f'{100 * patch / size:.2f} %', '3', '3'])
        self.assertEqual(full[:4], [f'{size} B', '100.00 %', '2', '2'])
        self.assertEqual(full[6], f"{campaigns['all']['image']['full']['energy_j']['mean']:.1f} J")
        for title in ['Set-up time, by campaign', 'Completion time, by campaign']:
            figure = re.search(f'<h3>{title}</h3>.*?</figure>', page, re.S).group(0)
            self.assertRegex(figure, r'pilot</li>.*all</li>')
        self.assertNotIn('<h3>Set-up and completion time</h3>', page)

    def test_a_campaign_that_no_summary_has_is_named_with_its_place(self):
        self.damage('campaign.csv', ',campaign,set-up,', ',campaigm,set-up,')
        self.refused("campaign = 'campaigm' is unknown (did you mean 'campaign'?)")

    def test_a_missing_file_is_named(self):
        for name in FILES:
            with self.subTest(name):
                os.rename(self.path(name), self.path('away'))
                self.refused(f'{name}: error: cannot read: No such file or directory')
                os.rename(self.path('away'), self.path(name))

    def damage(self, name, old, new):
        with open(self.path(name)) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(self.path(name), 'w') as file:
            file.write(text.replace(old, new, 1))

    def test_a_damaged_summary_is_named(self):
        self.damage('summary.json', '}', '')
        self.refused('summary.json: error: ')

    def test_a_summary_of_something_else_is_named(self):
        with open(self.path('summary.json'), 'w') as file:
            file.write('{}')
        self.refused('summary.json: error: no summary of a run: it has no devices.total')

    def test_damaged_facts_are_named_with_their_place(self):
        with open(self.path('run.json'), 'w') as file:
            file.write('{\n"version": 1,,}')
        self.refused('run.json:2:')

    def test_a_cut_line_is_named_with_its_place(self):
        with open(self.path('devices.csv')) as file:
            lines = file.read().split('\n')
        with open(self.path('devices.csv'), 'w') as file:
            file.write('\n'.join(lines[:3]) + '\n' + lines[3][:20] + '\n')
        self.refused('devices.csv:4:1: error: ')

    def test_an_unknown_state_is_named_with_its_place(self):
        self.damage('devices.csv', ',confirmed,', ',confirmt,')
        self.refused("state = 'confirmt' is unknown (did you mean 'confirmed'?)")

    def test_without_gnuplot_the_message_says_what_to_install(self):
        self.refused('reports need gnuplot, which is not installed (Debian: gnuplot-nox)',
                     env={'PATH': self.folder})

    def test_usage(self):
        for arguments, message in [((), 'of which run or study?'),
                                   (('a', 'b'), "'b' is one argument too many"),
                                   (('/nonexistent/x.db',), '/nonexistent/x.db')]:
            with self.subTest(arguments):
                made = report(*arguments)
                self.assertEqual(made.returncode, 2)
                self.assertIn(message, made.stderr)
        self.assertIn('one HTML page', report('--help').stdout.replace('\n', ' '))


if __name__ == '__main__':
    unittest.main()
