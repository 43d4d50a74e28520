#!/usr/bin/env python3
"""fleetcast patch: sizes beside other programs, and what it says of bad files.

    test_patch.py        FLEETCAST and FLEETCAST_BUILD in the environment

Goal: patches between real links of this firmware are as small as those of programs that a device
cannot run: a changed constant at most 48 B, other changes at most 1.3 times zstd's and below
xdelta3's. The manifest (240 B) is not counted, its size is printed. So are sums, and the memory
that applying the last patch takes: of ours the state on the device, which the firmware asserts, of
the others all that is resident.

Method: device/ is linked for the board as it is and with the changes of PAIRS, and in the state of
two commits of the history where they are there. The programs are Debian's.
"""
import fcntl
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import termios
import time
import unittest

PROGRAM = os.environ['FLEETCAST']
BUILD = os.environ['FLEETCAST_BUILD']
ROOT = pathlib.Path(__file__).resolve().parents[3]
MANIFEST_SIZE = 240
F_SETPIPE_SZ = 1031
PIPE_SIZE = 4096
# Of the history: from the first to the second there are ten commits that changed device/.
OLD, NEW = 'f968bec', '2feefcf'

# What is replaced by what in a file, exactly once.
CONSTANT = ('update/update.h', '#define UPDATE_ATTEMPTS   3u', '#define UPDATE_ATTEMPTS   5u')
THREE_LINES = ('update/update.c',
               '    if (!header_read(update, header)) {\n',
               '    if (update->size % 4u != 0) {\n'
               '        return finish(update, UPDATE_BAD_HEADER);\n'
               '    }\n    if (!header_read(update, header)) {\n')
TWO_LINES = ('update/image.c', '    uint8_t any = 0;\n',
             '    uint8_t any = header[7];\n    any ^= header[6];\n')
PAIRS = {
    'one constant': [CONSTANT],
    'three lines in one function': [THREE_LINES],
    'three changes': [CONSTANT, THREE_LINES, TWO_LINES],
}


def link(source, folder):
    """The code that tools/fit links, without its image header."""
    subprocess.run([source / 'tools' / 'fit', folder], check=True, capture_output=True)
    return pathlib.Path(folder, 'firmware.bin')


def row(name, values, unit=''):
    print(f'patch of {name:30}' + ''.join(f'{value:>10}' for value in values) + unit)


def resident_kib(command):
    """Most memory of a program that writes to its standard output, which is not read until then."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, PIPE_SIZE)
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.DEVNULL) as process:
        os.close(writer)
        deadline = time.monotonic() + 120
        waiting = 0
        while waiting < PIPE_SIZE and process.poll() is None and time.monotonic() < deadline:
            waiting, = struct.unpack('i', fcntl.ioctl(reader, termios.FIONREAD, b'\0' * 4))
        status = pathlib.Path(f'/proc/{process.pid}/status').read_text()
        with os.fdopen(reader, 'rb') as output:
            output.read()
    return int(re.search(r'VmHWM:\s+(\d+) kB', status)[1])


class Sizes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.base = cls.link_changed('base', [])
        cls.rows = []
        row('', ('ours', 'bsdiff', 'xdelta3', 'zstd'))

    @classmethod
    def tearDownClass(cls):
        row('all of them', map(sum, zip(*cls.rows)), ' B')
        row('each: manifest of ours', (MANIFEST_SIZE,), ' B')
        header = (ROOT / 'device/update/slot_fill.h').read_text()
        state = int(re.search(r'#define SLOT_FILL_RAM_MAX +(\d+)u', header)[1])
        row('the last: memory to apply it', (state // 1024, *cls.memory), ' KiB')

    @classmethod
    def link_changed(cls, name, changes):
        """What the changes do not touch was compiled by the build."""
        tree, out = cls.folder / name, cls.folder / f'{name}.out'
        shutil.copytree(f'{BUILD}/device/obj', out / 'obj')
        for part in 'device', 'tools':
            shutil.copytree(ROOT / part, tree / part)
        for path, before, after in changes:
            file = tree / 'device' / path
            text = file.read_text()
            assert text.count(before) == 1, f'{path} has changed: adapt PAIRS'
            file.write_text(text.replace(before, after))
        return link(tree, out)

    def historic(self, commit):
        tree = self.folder / commit
        tree.mkdir()
        archive = subprocess.run(['git', '-C', ROOT, 'archive', commit, 'device', 'tools'],
                                 capture_output=True, check=True)
        subprocess.run(['tar', '-x', '-C', tree], input=archive.stdout, check=True)
        return link(tree, self.folder / f'{commit}.out')

    def sizes(self, name, base, target):
        """Bytes of ours, bsdiff, xdelta3, zstd; ours is applied and compared."""
        delta, again, other = (self.folder / part for part in ('delta', 'again', 'other'))
        subprocess.run([PROGRAM, 'patch', 'make', base, target, delta], check=True,
                       capture_output=True)
        subprocess.run([PROGRAM, 'patch', 'apply', base, delta, again], check=True)
        self.assertEqual(again.read_bytes(), target.read_bytes(), name)
        sizes = [delta.stat().st_size - MANIFEST_SIZE]
        Sizes.memory = []
        for make, apply in (
                (['bsdiff', base, target, other], ['bspatch', base, '/dev/stdout', other]),
                (['xdelta3', '-9', '-f', '-e', '-s', base, target, other],
                 ['xdelta3', '-d', '-c', '-s', base, other]),
                (['zstd', '-q', '-f', '--ultra', '-22', f'--patch-from={base}', target, '-o',
                  other], ['zstd', '-q', '-d', '-c', f'--patch-from={base}', other])):
            subprocess.run(make, check=True, capture_output=True)
            sizes.append(other.stat().st_size)
            Sizes.memory.append(resident_kib(apply))
        Sizes.rows.append(sizes)
        row(name, sizes, ' B')
        return sizes

    def check(self, name, base, target):
        ours, _, xdelta3, zstd = self.sizes(name, base, target)
        self.assertLessEqual(ours, 1.3 * zstd, name)
        self.assertLess(ours, xdelta3, name)

    def test_pairs_of_this_firmware(self):
        for name, changes in PAIRS.items():
            target = self.link_changed(name.replace(' ', '-'), changes)
            self.assertNotEqual(target.read_bytes(), self.base.read_bytes(), name)
            if name == 'one constant':
                self.assertLessEqual(self.sizes(name, self.base, target)[0], 48)
            else:
                self.check(name, self.base, target)

    def test_ten_commits_of_the_history(self):
        known = all(subprocess.run(['git', '-C', ROOT, 'cat-file', '-e', commit + '^{commit}'],
                                   capture_output=True).returncode == 0 for commit in (OLD, NEW))
        if not known:
            self.skipTest('the history is not there')
        self.check('ten commits', self.historic(OLD), self.historic(NEW))


class Messages(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        for name, content in {'base': b'The base of a patch', 'target': b'The target of a patch',
                              'other': b'Another base of it.', 'empty': b''}.items():
            (self.folder / name).write_bytes(content)
        self.patch(0, 'make', 'base', 'target', 'delta')

    def patch(self, status, *words):
        run = subprocess.run([PROGRAM, 'patch', *words], cwd=self.folder, capture_output=True,
                             text=True)
        self.assertEqual(run.returncode, status, run.stderr)
        return run.stderr if status else run.stdout

    def test_tells_what_a_delta_image_is(self):
        text = self.patch(0, 'info', 'delta')
        self.assertRegex(text, r'base +19 B\n')
        self.assertRegex(text, r'target +21 B\n')
        self.assertRegex(text, r'signatures +none\n')
        digest = subprocess.run(['sha256sum', self.folder / 'target'], capture_output=True,
                                text=True).stdout.split()[0]
        self.assertIn(digest, text)

    def test_says_what_is_wrong(self):
        whole = (self.folder / 'delta').read_bytes()
        (self.folder / 'cut').write_bytes(whole[:-1])
        (self.folder / 'damaged').write_bytes(
            whole[:MANIFEST_SIZE] + b'\xff' * (len(whole) - MANIFEST_SIZE))
        for words, message in {
            ('apply', 'other', 'delta', 'out'):
                'delta: it is a patch of another base: one of 19 bytes',
            ('apply', 'base', 'cut', 'out'): 'cut: it is no delta image, or not whole',
            ('apply', 'base', 'target', 'out'): 'target: it is no delta image, or not whole',
            ('apply', 'base', 'damaged', 'out'): 'damaged: the patch is damaged',
            ('info', 'base'): 'base: it is no delta image, or not whole',
            ('make', 'empty', 'target', 'out'):
                'empty: the file is empty; a delta needs code on both sides',
            ('make', 'base'): 'usage: fleetcast patch make BASE TARGET DELTA',
            ('mend', 'base'): 'say what to do: fleetcast patch make, apply or info',
            (): 'say what to do: fleetcast patch make, apply or info',
        }.items():
            self.assertEqual(self.patch(2, *words), f'fleetcast: {message}\n')
            self.assertFalse((self.folder / 'out').exists())

    def test_names_a_file_that_is_not_there(self):
        self.assertTrue(re.match(r'nowhere: (error: )?cannot read: No such file or directory\n',
                                 self.patch(2, 'apply', 'nowhere', 'delta', 'out')))


if __name__ == '__main__':
    unittest.main()
