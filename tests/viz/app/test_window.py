#!/usr/bin/env python3
"""Drives the window as an operator does, with real keys and a real pointer on a display of its own.

    test_window.py [-v] [TEST...]        FLEETCAST and FLEETCAST_SCENARIOS in the environment

Goal: what the operator does reaches the run and nothing else does: a run that was played, paused,
stepped and looked at ends as the same run without a window; one that was given faults by hand ends
as the scenario that the window saved.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

FLEETCAST = os.environ['FLEETCAST']
SCENARIO = os.path.join(os.environ['FLEETCAST_SCENARIOS'], 'hello-20.yaml')
SKIPPED = 77  # of `meson test`
# Of builds with sanitizers: what libraries do by themselves is not looked at.
HERE = os.path.dirname(os.path.abspath(__file__))
SANITIZERS = {
    'LSAN_OPTIONS': f'suppressions={HERE}/../lsan.supp:print_suppressions=0',
    'TSAN_OPTIONS': f'suppressions={HERE}/../tsan.supp:exitcode=66',
}
WAIT_S = 180  # until something is taken for missing; sanitizers are slow

display = None


def looks_for_leaks():
    with open(FLEETCAST, 'rb') as program:
        return b'LeakSanitizer' in program.read()


def start_display():
    """A display on a number that is free."""
    read, write = os.pipe()
    server = subprocess.Popen(['Xvfb', '-displayfd', str(write), '-screen', '0', '1400x900x24',
                               '-nolisten', 'tcp', '-noreset'],
                              pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as numbers:
        number = numbers.readline().strip()
    if number == '':
        raise RuntimeError('Xvfb does not start')
    return server, ':' + number


def wait_for(what, found):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f'{what}: not within {WAIT_S} s')


def plain(*arguments):
    """What a run without a window ends as."""
    run = subprocess.run([FLEETCAST, 'run', *arguments, '--json', '--quiet'], capture_output=True,
                         text=True, timeout=300)
    return json.loads(run.stdout)


class Window(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.program = None
        self.addCleanup(self.stop)

    def stop(self):
        if self.program is not None and self.program.poll() is None:
            self.program.kill()
            self.program.wait()

    def xdotool(self, *arguments):
        return subprocess.run(['xdotool', *arguments], env=self.environment, capture_output=True,
                              text=True, timeout=WAIT_S).stdout

    def open(self, *arguments):
        self.environment = dict(SANITIZERS, **os.environ)
        self.environment.update(DISPLAY=display, SDL_VIDEODRIVER='x11')
        self.output = open(os.path.join(self.folder, 'stdout'), 'w+')
        self.messages = open(os.path.join(self.folder, 'stderr'), 'w+')
        self.addCleanup(self.output.close)
        self.addCleanup(self.messages.close)
        if looks_for_leaks():  # those of unloaded drivers of Mesa have no name to suppress them by
            self.environment.update(SDL_RENDER_DRIVER='software', SDL_FRAMEBUFFER_ACCELERATION='0')
        self.program = subprocess.Popen([FLEETCAST, *arguments], cwd=self.folder,
                                        env=self.environment, stdout=self.output,
                                        stderr=self.messages)
        wait_for('the focus', self.take_focus)  # keys that come before it go nowhere

    def take_focus(self):
        self.assertIsNone(self.program.poll(), 'it ended: ' + self.said())
        self.window = self.xdotool('search', '--onlyvisible', '--name',
                                   '^fleetcast: hello-20').strip()
        self.xdotool('windowfocus', self.window)
        return self.window != '' and self.xdotool('getwindowfocus').strip() == self.window

    def said(self):
        self.messages.seek(0)
        return self.messages.read()

    def keys(self, *keys):
        self.xdotool('key', '--delay', '40', *keys)

    def type(self, text):
        self.xdotool('type', '--delay', '40', text)

    def pointer(self, x, y, *more):
        """Moves it to a place in the window."""
        self.xdotool('mousemove', '--window', self.window, str(x), str(y), *more)

    def new_file(self, suffix, *keys):
        """The file that is there after the keys, and was not before."""
        before = set(glob.glob(os.path.join(self.folder, '*.' + suffix)))
        self.keys(*keys)
        paths = wait_for('a file *.' + suffix, lambda: set(glob.glob(
            os.path.join(self.folder, '*.' + suffix))) - before)
        return paths.pop()

    def picture_s(self, path):
        """The simulated time in a picture's name."""
        hours, minutes, seconds = re.search(r'-(\d+)h(\d+)m(\d+)s\.png$', path).groups()
        return int(hours) * 3600 + int(minutes) * 60 + int(seconds)

    def now_s(self):
        """The simulated time; pictures that were saved are gone."""
        for path in glob.glob(os.path.join(self.folder, '*.png')):
            os.unlink(path)
        return self.picture_s(self.new_file('png', 's'))

    def go_to(self, text, time_s):
        """Types a time to go to, and waits until the run stands there."""
        self.keys('g')
        self.type(text)
        self.keys('Return')
        wait_for(text, lambda: self.now_s() >= time_s)

    def go_to_end(self):
        """Types the longest duration, and waits until the run is over: its title says so."""
        self.keys('g')
        self.type('8h')
        self.keys('Return')
        wait_for('the end', lambda: self.xdotool('getwindowname', self.window).endswith(', over\n'))

    def end(self, status, *keys):
        if keys:
            self.keys(*keys)
        self.assertEqual(self.program.wait(timeout=WAIT_S), status, self.said())
        self.output.seek(0)
        return self.output.read()

    # --- the run ---

    def test_a_run_that_was_watched_is_the_same_run(self):
        self.open('run', SCENARIO, '--view', '--json')
        self.keys('space')
        time.sleep(0.5)
        self.keys('space', 'bracketright', 'bracketright', 'e', 'e', 'f', 'f', 'n', 'c', 'v', 't')
        self.keys('slash')
        self.type('7')
        self.keys('Return', 'p', 'l', 'w', 'w', 'w', 'F3', 'F1', 'F1')
        self.pointer(400, 250, 'click', '4', 'click', '4', 'click', '5', 'click', '1')
        self.pointer(400, 250, 'mousedown', '1', 'mousemove_relative', '60', '30', 'mouseup', '1')
        self.xdotool('windowsize', '--sync', self.window, '1000', '700')
        self.keys('Home', 'equal', 'minus')
        self.go_to_end()
        summary = json.loads(self.end(0, 'q'))
        self.assertEqual(summary, plain(SCENARIO))

    def test_a_drag_is_no_press(self):
        self.open('run', SCENARIO, '--view', '--json')
        self.assertEqual(self.now_s(), 0)
        # On the timeline, where a press plays until that time.
        self.pointer(400, 735, 'mousedown', '1', 'mousemove_relative', '40', '0', 'mouseup', '1')
        time.sleep(0.5)
        self.assertEqual(self.now_s(), 0)
        self.pointer(400, 735, 'click', '1')
        wait_for('the run to play', lambda: self.now_s() > 0)

    def test_faults_by_hand_replay_from_the_saved_scenario(self):
        self.open('run', SCENARIO, '--view', '--json', '--seed', '7')
        self.go_to('65min', 3900)
        self.keys('slash')
        self.type('3')
        self.keys('Return', 'r')
        self.go_to('75min', 4500)
        self.keys('slash')
        self.type('11')
        self.keys('Return', 'shift+r', 'j')
        self.go_to('80min', 4800)
        self.keys('o')
        saved = self.new_file('yaml', 'shift+s')
        self.go_to_end()
        summary = json.loads(self.end(0, 'q'))
        self.assertIn('4 faults by hand', self.said())
        replayed = plain(saved)
        self.assertEqual(replayed['trace_hash'], summary['trace_hash'])
        self.assertEqual(replayed['events'], summary['events'])
        self.assertNotEqual(plain(SCENARIO, '--seed', '7')['trace_hash'], summary['trace_hash'])

    def test_a_fault_given_just_before_is_saved(self):
        self.open('run', SCENARIO, '--view', '--json')
        self.keys('slash')
        self.type('3')
        self.keys('Return')
        self.program.send_signal(signal.SIGSTOP)  # both keys arrive at once
        self.keys('r')
        self.keys('shift+s')
        self.program.send_signal(signal.SIGCONT)
        saved = wait_for('a scenario', lambda: glob.glob(os.path.join(self.folder, '*.yaml')))
        with open(saved[0]) as file:
            self.assertIn('reset', file.read())

    # --- time ---

    def test_plays_and_pauses(self):
        self.open('view', SCENARIO, '--speed', '600')
        self.assertEqual(self.now_s(), 0)
        self.keys('space')
        wait_for('a minute of the run', lambda: self.now_s() > 60)
        self.keys('space')
        paused_s = self.now_s()
        time.sleep(0.5)
        self.assertEqual(self.now_s(), paused_s)
        self.end(0, 'q')

    # --- the end ---

    def test_closing_before_the_end_cuts_the_run_short(self):
        self.open('run', SCENARIO, '--view', '--json')
        self.go_to('40min', 2400)
        self.assertTrue(json.loads(self.end(130, 'q'))['partial'])
        self.assertIn('closing the window cut the run short', self.said())

    def test_a_signal_cuts_the_run_short(self):
        self.open('run', SCENARIO, '--view', '--json')
        self.program.send_signal(signal.SIGTERM)
        self.assertTrue(json.loads(self.end(143))['partial'])

    def test_a_difference_is_shown_where_it_is(self):
        self.open('diff', SCENARIO, '--set-b', 'seed=2', '--view', '--quiet')
        self.output.seek(0)
        hours, minutes, seconds = re.match(r'The runs part at (\d+):(\d+):(\d+)',
                                           self.output.read()).groups()
        at_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        wait_for('the event', lambda: self.now_s() == at_s)
        self.end(1, 'q')

    def test_pictures_and_then_a_window(self):
        self.open('view', SCENARIO, '--screenshot', '30min:first.png', '--window', '--save',
                  'saved.yaml')
        self.assertTrue(os.path.exists(os.path.join(self.folder, 'first.png')))
        self.end(0, 'q')
        self.assertTrue(os.path.exists(os.path.join(self.folder, 'saved.yaml')))


if __name__ == '__main__':
    for tool in ['Xvfb', 'xdotool']:
        if shutil.which(tool) is None:
            print(f'skipped: there is no {tool}')
            sys.exit(SKIPPED)
    server, display = start_display()
    try:
        unittest.main()
    finally:
        server.terminate()
        server.wait()
