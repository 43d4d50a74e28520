#!/usr/bin/env python3
"""Pictures, films and messages of the view, without a display.

    test_pictures.py [-v] [TEST...]   FLEETCAST, FLEETCAST_SCENARIOS, COMPARE_PNG in the environment
    test_pictures.py update           writes the committed pictures: look at them before a commit

Goal: what is drawn is what was looked at before it was committed, in both themes and at two sizes;
what cannot be done is told in one line with status 2. Right values: pictures/ in this folder.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

FLEETCAST = os.environ['FLEETCAST']
SCENARIOS = os.environ['FLEETCAST_SCENARIOS']
COMPARE_PNG = os.environ['COMPARE_PNG']
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
# Text is drawn a little differently by each version of SDL2_ttf and FreeType.
DIFFERENT_MAX = 0.01

PICTURES = {
    'coverage-dark-1280x800': ['hello-20', '--theme', 'dark', '--size', '1280x800', '--select',
                               '7', '--pin', '7', '--pin', '3', '--scheme', 'margin',
                               '--do', '1h:coverage', '--at', '96min'],
    'repairing-light-1600x900': ['faults-30', '--theme', 'light', '--size', '1600x900',
                                  '--select', '4', '--pin', '4', '--at', '97min'],
    'help-light-1280x800': ['hello-20', '--theme', 'light', '--size', '1280x800', '--do',
                            '1h:help', '--at', '1h'],
    'receiving-dark-1600x900': ['smart-city-1000', '--theme', 'dark', '--size', '1600x900',
                                 '--select', '950', '--pin', '950', '--at', '732min'],
}


def view(*arguments, **options):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ('DISPLAY', 'WAYLAND_DISPLAY', 'SDL_VIDEODRIVER')}
    environment.update(options.pop('environment', {}))
    return subprocess.run([FLEETCAST, 'view', *arguments], capture_output=True, text=True,
                          timeout=120, env=environment, **options)


def draw(name, folder):
    path = os.path.join(folder, name + '.png')
    arguments = list(PICTURES[name])
    at = arguments.index('--at')
    arguments[at:] = ['--screenshot', f'{arguments[at + 1]}:{path}']
    arguments[0] = os.path.join(SCENARIOS, arguments[0] + '.yaml')
    return path, view(*arguments)


def committed(name):
    return os.path.join(HERE, 'pictures', name + '.png')


class Pictures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def compare(self, name):
        path, result = draw(name, self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        share = float(subprocess.run([COMPARE_PNG, path, committed(name)], capture_output=True,
                                     text=True, check=True).stdout)
        if share > DIFFERENT_MAX and 'FLEETCAST_BUILD' in os.environ:
            shutil.copy(path, os.environ['FLEETCAST_BUILD'])
        self.assertLessEqual(share, DIFFERENT_MAX, f'{name}: look at the picture in the folder of '
                             'the build; if it is right, run test_pictures.py update')

    def refused(self, says, *arguments, **options):
        result = view(*arguments, **options)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(says, result.stderr)

    def test_a_picture_is_another_one_without_its_marks(self):
        """The comparison finds a legend that is gone, or ten devices."""
        path, _ = draw('coverage-dark-1280x800', self.folder)
        other = self.path('other.png')
        view(os.path.join(SCENARIOS, 'hello-20.yaml'), '--size', '1280x800', '--screenshot',
             '95min:' + other)
        share = float(subprocess.run([COMPARE_PNG, path, other], capture_output=True,
                                     text=True, check=True).stdout)
        self.assertGreater(share, 2 * DIFFERENT_MAX)

    # --- what is kept ---

    def test_the_reference_is_the_page_of_the_documentation(self):
        with open(os.path.join(ROOT, 'docs', 'view.md'), encoding='utf-8') as page:
            self.assertEqual(view('--reference').stdout, page.read())

    def test_frames_of_a_film(self):
        result = view('--record', self.path('frames'), '--fps', '1', '--speed', '1800', '--size',
                      '640x400', '--do', '1h:theme')
        self.assertEqual(result.returncode, 0, result.stderr)
        frames = sorted(os.listdir(self.path('frames')))
        self.assertEqual(frames, [f'frame-{i:06}.png' for i in range(1, len(frames) + 1)])
        self.assertGreaterEqual(len(frames), 4)
        self.assertIn(f'{len(frames)} frames', result.stdout)
        self.assertIn('ffmpeg -framerate 1 ', result.stdout)

    def test_faults_by_hand_are_saved(self):
        result = view('--seed', '9', '--select', '3', '--do', '65min:reset-device', '--do',
                      '70min:cut-power', '--do', '75min:outage', '--do', '80min:jam', '--save',
                      self.path('saved.yaml'))
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path('saved.yaml')) as file:
            text = file.read()
        self.assertIn('seed: 9', text)
        for kind in ['reset', 'power-cut', 'outage', 'jammer']:
            self.assertIn('kind: ' + kind, text)
        self.assertIn('at: 3900000000001 ns', text)
        run = subprocess.run([FLEETCAST, 'validate', self.path('saved.yaml')], timeout=120,
                             capture_output=True)
        self.assertEqual(run.returncode, 0)

    def test_threads_change_no_picture(self):
        """A picture shows the run alone: the same bytes, also of faults by hand."""
        pictures = []
        for threads in ([], ['--threads', '3']):
            path = self.path(f'{len(pictures)}.png')
            result = view('hello-20', '--do', '95min:reset-device', '--select', '7', *threads,
                          '--screenshot', f'97min:{path}')
            self.assertEqual(result.returncode, 0, result.stderr)
            with open(path, 'rb') as picture:
                pictures.append(picture.read())
        self.assertEqual(*pictures)

    # --- what is refused ---

    def test_values_that_are_none(self):
        self.refused('1280x800', '--size', '1280')
        self.refused('from 320 to 8192', '--size', '10x800')
        self.refused('dark or light', '--theme', 'blue')
        self.refused('stage, missing', '--scheme', 'colour', '--screenshot', '1h:x.png')
        self.refused('from 0.1', '--speed', '0')
        self.refused('a time with a unit', '--screenshot', '6:out.png')
        self.refused('a time with a unit', '--screenshot', 'out.png')
        self.refused('no such act', '--do', '1h:explode')
        self.refused('no such act', '--do', '1h:search')
        self.refused('20 devices', '--select', '20', '--screenshot', '1h:x.png')
        self.refused('20 devices', '--pin', '21', '--screenshot', '1h:x.png')
        self.refused('one too many', 'hello-20', 'aloha-100')
        for threads in ('0', '9999', 'two'):
            self.refused(f"--threads should be a whole number from 1 to 64: '{threads}'",
                         '--threads', threads)

    def test_an_act_that_cannot_be_done(self):
        self.refused('select a device', '--do', '1h:reset-device')

    def test_files_that_cannot_be_written(self):
        self.refused('no/such/folder', '--screenshot', '1h:no/such/folder/x.png', cwd=self.folder)
        self.refused('no/such/folder', '--record', 'no/such/folder', cwd=self.folder)
        self.refused('no/such/folder', '--do', '1h:theme', '--save', 'no/such/folder/x.yaml',
                     cwd=self.folder)

    def test_no_display(self):
        self.refused('--screenshot', 'hello-20')

    def test_no_font(self):
        self.refused('font', '--screenshot', '1h:' + self.path('x.png'),
                     environment={'FLEETCAST_FONTS': self.folder})


for name in PICTURES:
    setattr(Pictures, 'test_' + name.replace('-', '_'), lambda self, name=name: self.compare(name))

if __name__ == '__main__':
    if sys.argv[1:] == ['update']:
        with tempfile.TemporaryDirectory() as folder:
            for name in PICTURES:
                path, result = draw(name, folder)
                print(name, result.stderr or 'written')
                subprocess.run([COMPARE_PNG, '--reduce', path, committed(name)], check=True)
        sys.exit(0)
    unittest.main()
