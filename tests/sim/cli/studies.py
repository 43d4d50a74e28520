"""What the tests of studies share: a folder for each, a fast scenario, the program."""
import os
import sqlite3
import subprocess
import tempfile
import unittest

FLEETCAST = os.environ['FLEETCAST']
# A database waits for its disk after each run; memory does not keep tests waiting.
MEMORY = '/dev/shm'
# Milliseconds a run, and no two seeds with the same numbers.
SMALL = '''name: small
duration: 2 h
area: {radius: 5 km}
gateways: {count: 1}
devices: [{name: d, count: 3, boot: {spread: 1 min}, report: {period: 10 min}}]
'''
STUDY = '''name: reports
scenario: small.yaml
axes:
  - devices.d.report.period: [10 min, 20 min]
  - devices.d.count: 2..4 step 2
    gateways.count: [1, 2]
replications: 2
'''


def fleetcast(*arguments, **options):
    return subprocess.run([FLEETCAST, *arguments], capture_output=True, text=True, timeout=120,
                          **options)


def make_folder():
    return tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None)


class Studies(unittest.TestCase):
    """Each test in a folder of its own, with small.yaml and study.yaml."""

    def setUp(self):
        temporary = make_folder()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.write('small.yaml', SMALL)
        self.write('study.yaml', STUDY)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)

    def run_in(self, *arguments, **options):
        return fleetcast(*arguments, cwd=self.folder, **options)

    def sweep(self, *arguments, status=0, **options):
        result = self.run_in('sweep', 'study.yaml', *arguments, **options)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def refused(self, *arguments, says, **options):
        """Status 2, the message, no result."""
        result = self.run_in(*arguments, **options)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertEqual(result.stdout, '')
        self.assertEqual(result.stderr, says)

    def query(self, sql, database='study.db'):
        connection = sqlite3.connect(self.path(database))
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def change(self, sql, database='study.db'):
        connection = sqlite3.connect(self.path(database))
        connection.execute(sql)
        connection.commit()
        connection.close()
