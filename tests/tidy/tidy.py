#!/usr/bin/env python3
"""Checks the house rules that a compiler does not: the include ladder, sizes, banned calls."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What each folder may include from, besides itself. models/: which folder may see which.
LADDER = {
    'device': ['device'],
    'sim/engine': ['sim/engine'],
    'models/air': ['sim/engine'],
    'models/chip': ['sim/engine/sim_time.h'],
    'models/identity': ['sim/engine'],
    'models/firmware': ['sim/engine', 'device', 'models/identity'],
    'models/board': ['sim/engine', 'device/hal.h', 'device/fw.h', 'device/trace.h', 'models/air',
                     'models/chip', 'models/identity', 'models/firmware/firmware_build.h'],
    'models/region': ['models/air/lora.h'],
    'models/gateway': ['sim/engine', 'models/air', 'models/region'],
    'models/traffic': ['sim/engine', 'models/air', 'models/region'],
    'models/network': ['sim/engine', 'models/air', 'models/gateway', 'models/region',
                       'models/identity'],
    'models/campaign': ['sim/engine', 'models/network', 'models/region', 'models/identity'],
    'models/adversary': ['sim/engine', 'models/air', 'models/board', 'models/campaign',
                         'models/network', 'models/region'],
    'sim/scenario': ['sim/engine', 'models'],
    'sim/record': ['sim/engine', 'models', 'device', 'sim/scenario'],
    'sim/world': ['sim/engine', 'models', 'device', 'sim/scenario'],
    'sim/results': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/world',
                    'device/trace.h'],
    'sim/run': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/world', 'sim/results'],
    'sim/study': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/world', 'sim/results',
                  'sim/run'],
    'sim/explain': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/world',
                    'sim/results', 'sim/run', 'device/hal.h', 'device/trace.h'],
    'sim/report': ['sim/engine', 'sim/scenario', 'sim/record', 'sim/results', 'sim/study'],
    'sim/cli': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/world', 'sim/results',
                'sim/run', 'sim/study', 'sim/explain', 'sim/report'],
    'viz/draw': ['sim/results/whole_file.h'],
    'viz/watch': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/world', 'sim/results',
                  'sim/run'],
    'viz/view': ['sim/engine', 'models', 'sim/scenario', 'sim/record', 'sim/run', 'viz/draw',
                 'viz/watch'],
    'viz/app': ['sim', 'models', 'viz/draw', 'viz/watch', 'viz/view'],
}
# The board sees no firmware type: of device/ only these.
FIRMWARE_DOORS = {'device/hal.h', 'device/fw.h', 'device/trace.h', 'device/update/factory.h',
                  'device/update/flash_map.h', 'device/update/update.h', 'device/update/image.h',
                  'device/update/delta.h', 'device/update/patch.h'}
# The machinery of parameter tables serves scenarios, boards and others: it knows none of them.
PARAMETER_FILES = ['sim/engine/sim_time.h'] + [
    f'sim/scenario/{name}.h' for name in
    ('param', 'param_reader', 'param_reference', 'param_schema', 'quantity', 'scenario_errors',
     'scenario_places', 'scenario_yaml', 'wrapped_text')]
SEARCH = ['', 'device', 'sim/engine', 'models', 'sim', 'viz']
SYSTEM_DEVICE = {'stdbool.h', 'stddef.h', 'stdint.h', 'string.h'}
BANNED = re.compile(r'\b(rand|srand|random|gettimeofday|strcpy|strcat|sprintf|gets|localtime)\s*\(')
BANNED_MODEL = re.compile(r'\b(time|clock_gettime|exit|abort|printf|fprintf|puts)\s*\(')
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
TEST_FILE_LINES_MAX = 700
LINE_COLUMNS_MAX = 100

# Assertions per function, by folder: what is there must not shrink.
ASSERTION = re.compile(r'\b(assert|DEVICE_ASSERT|_Static_assert)\s*\(')
DENSITY_FLOORS = {'device': 0.5, 'sim/engine': 1.0, 'models/campaign': 0.5}

complaints = []


def complain(path, line, text):
    complaints.append(f'{os.path.relpath(path, ROOT)}:{line}: {text}')


def resolve(name, own_folder):
    for folder in [own_folder] + SEARCH:
        path = os.path.normpath(os.path.join(folder, name))
        if os.path.exists(os.path.join(ROOT, path)):
            return path
    return None


def folder_of(path):
    for folder in sorted(LADDER, key=len, reverse=True):
        if path.startswith(folder + '/'):
            return folder
    return None


def check_include(path, number, line, folder):
    match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
    if not match:
        return
    if match.group(1) == '<':
        if folder == 'device' and match.group(2) not in SYSTEM_DEVICE:
            complain(path, number, f'device/ includes <{match.group(2)}>')
        return
    own = os.path.dirname(os.path.relpath(path, ROOT))
    target = resolve(match.group(2), own)
    if target is None or target.startswith('sim/version'):
        return
    if folder == 'sim/scenario' and os.path.basename(path).startswith('param') \
            and target not in PARAMETER_FILES:
        complain(path, number, f'the machinery of parameters may not include {target}')
    if folder_of(target) == folder:
        return
    if not any(target == rung or target.startswith(rung + '/') for rung in LADDER[folder]):
        complain(path, number, f'{folder} may not include {target}')
    elif target.startswith('device/') and not folder.startswith('device') \
            and target not in FIRMWARE_DOORS:
        complain(path, number, f'{target} is inside the firmware')


def check_functions(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
        elif line == '}' and start is not None:
            if number - start - 1 > FUNCTION_LINES_MAX and not path.endswith('_table.c'):
                complain(path, start, f'function of {number - start - 1} lines')
            start = None


def check_file(path, folder):
    with open(path, encoding='utf-8') as file:
        lines = file.read().split('\n')
    # split() leaves an empty piece after the last line.
    if len(lines) - 1 > (TEST_FILE_LINES_MAX if folder is None else FILE_LINES_MAX):
        complain(path, 1, f'file of {len(lines) - 1} lines')
    if not lines[0].startswith('/* ') or ' * SPDX-License-Identifier: MIT' not in lines[:4]:
        complain(path, 1, 'starts with no sentence of purpose and SPDX line')
    formatted = True
    for number, line in enumerate(lines, 1):
        if 'clang-format off' in line:
            formatted = False
        if len(line) > LINE_COLUMNS_MAX and formatted:
            complain(path, number, f'line of {len(line)} columns')
        if 'clang-format on' in line:
            formatted = True
        if re.search(r'\bTODO\b|\bFIXME\b|\bXXX\b', line):
            complain(path, number, 'unfinished')
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        code = re.sub(r'/\*.*?(\*/|$)|^ \*.*', '', code)
        banned = BANNED.search(code)
        if banned is None and folder is not None and (folder.startswith('models')
                                                       or folder in ('sim/engine', 'device')):
            banned = BANNED_MODEL.search(code)
        if banned:
            complain(path, number, f'calls {banned.group(1)}()')
        if folder is not None:
            check_include(path, number, line, folder)
    check_functions(path, lines)


def check_density(top, floor):
    assertions = functions = 0
    for folder, _, names in os.walk(os.path.join(ROOT, top)):
        for name in names:
            if name.endswith(('.c', '.h')):
                with open(os.path.join(folder, name), encoding='utf-8') as file:
                    text = file.read()
                assertions += len(ASSERTION.findall(text))
                functions += len(re.findall(r'^\{$', text, re.MULTILINE))
    density = assertions / functions
    print(f'{top}: {assertions} assertions in {functions} functions, {density:.2f} each')
    if density < floor:
        complain(os.path.join(ROOT, top), 1, f'fewer than {floor} assertions per function')


def main():
    for top in ('device', 'models', 'sim', 'viz', 'tests'):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith(('.c', '.h')):
                    path = os.path.join(folder, name)
                    relative = os.path.relpath(path, ROOT)
                    check_file(path, None if top == 'tests' else folder_of(relative))
    for top, floor in DENSITY_FLOORS.items():
        check_density(top, floor)
    for complaint in complaints:
        print(complaint)
    print(f'{len(complaints)} complaints')
    return 1 if complaints else 0


sys.exit(main())
