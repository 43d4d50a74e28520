#!/usr/bin/env python3
"""Checks that every C file is as clang-format would leave it: format.py CLANG_FORMAT"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
files = sorted(str(path) for top in ('device', 'models', 'sim', 'tests')
               for path in (ROOT / top).rglob('*.[ch]'))
done = subprocess.run([sys.argv[1], '--dry-run', '-Werror', *files], cwd=ROOT,
                      capture_output=True, text=True, check=False)
print(done.stderr[:4000], end='')
print(f'{len(files)} files, {"fine" if done.returncode == 0 else "not all as .clang-format says"}')
sys.exit(done.returncode)
