#!/usr/bin/env python3
"""Writes the seeds of fuzz_downlink, fuzz_packages and fuzz_uplinks into corpus/: frames and
messages of the protocol's published examples ("device D" of the reference set), in the targets'
own input form.
And those of fuzz_journal and fuzz_candidate: flash as a reset may find it; of fuzz_patch: delta
images; of fuzz_records and fuzz_delta: flash as resets, cuts and changed bytes leave it; of
fuzz_server: what devices answer, right and wrong.

    make_corpus.py [FOLDER]       default: corpus/ beside this file
"""
import os
import sys

ROOT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), 'corpus')


def h(text):
    return bytes.fromhex(text.replace(' ', ''))


def write(target, name, data):
    os.makedirs(os.path.join(ROOT, target), exist_ok=True)
    with open(os.path.join(ROOT, target, name), 'wb') as file:
        file.write(data)


def block(data):
    return bytes([len(data)]) + data


# --- fuzz_downlink: joined?, then messages of head = place * 16 + kind ---------------------------
RX1, RX2, RXC = 0, 16, 32
RAW, UNICAST, MULTICAST, JOIN_ACCEPT, WAIT = range(5)
CONFIRMED, NO_PORT, AHEAD, FOPTS, PENDING, ACK = 1, 2, 4, 8, 0x10, 0x20


def raw(place, frame):
    return bytes([place + RAW]) + block(frame)


def data(kind, place, flags=0, port=0, payload=b'', fopts=b'', ahead=0):
    out = bytes([place + kind, flags | (FOPTS if fopts else 0)])
    out += b'' if flags & NO_PORT else bytes([port])
    out += bytes([ahead]) if flags & AHEAD else b''
    out += block(fopts) if fopts else b''
    return out + (b'' if flags & NO_PORT else block(payload))


def join_accept(settings, delay, cflist=b''):
    return bytes([RX1 + JOIN_ACCEPT, settings, delay, 0]) + block(cflist)


CFLIST = h('184f84e85684b85e84886684586e8400')
MC_FRAMES = {
    'reference-7': h('60aa00ff01000700c9f437d9560bccf061ad9462129baa8e2b39'),
    'reference-17': h('60aa00ff01001100c90ba49e8c48736555980b6f77bc537ec404'),
    'reference-10007': h('60aa00ff01000700c9e83de1ad9d7620af3735b481e5c25a44c6'),
}
UNICAST_FRAME = h('60da1b01262603000d0094357780ca9d705f76e61a2fc8f601')
COMMANDS = {
    'link-check': '02 1403', 'link-adr': '03 5007 0001', 'link-adr-block': '03 50ff0051 03 51070001',
    'duty-cycle': '04 07', 'rx-param': '05 03 d2ad84', 'dev-status': '06',
    'new-channel': '07 03 184f84 50', 'rx-timing': '08 05', 'tx-param': '09 1d',
    'dl-channel': '0a 03 e85684', 'device-time': '0d 0094357780', 'ping-slot': '10 07',
    'beacon-freq': '13 d2ad84', 'unknown': 'ff 00', 'cut-short': '03 50 07',
}


def downlink_seeds():
    write('downlink', 'join-accepts', b'\0' + raw(RX1, h('20e68dc1abfeae757f749212908e1b0e46'))
          + join_accept(0x03, 1, CFLIST) + data(UNICAST, RX1, 0, 1, b'after the join'))
    write('downlink', 'join-accept-odd', b'\0' + join_accept(0x7f, 0xff, bytes(15) + b'\1')
          + join_accept(0x35, 0, b'\xff' * 15 + b'\0'))
    for name, frame in MC_FRAMES.items():
        write('downlink', f'multicast-{name}', b'\1' + raw(RXC, frame) + raw(RXC, frame))
    write('downlink', 'unicast-of-another-session', b'\1' + raw(RX1, UNICAST_FRAME)
          + raw(RX2, UNICAST_FRAME) + raw(RXC, UNICAST_FRAME))
    for name, text in COMMANDS.items():
        commands = h(text)
        write('downlink', f'command-{name}', b'\1'
              + data(UNICAST, RX1, NO_PORT, fopts=commands) + data(UNICAST, RX2, 0, 0, commands)
              + data(UNICAST, RX1, CONFIRMED | PENDING | ACK, 202, b'\1', commands))
    write('downlink', 'commands-many', b'\1' + data(UNICAST, RX1, 0, 0, b''.join(
        map(h, list(COMMANDS.values())[:12]))))
    write('downlink', 'class-c', b'\1' + data(UNICAST, RXC, CONFIRMED, 10, b'x' * 51)
          + data(MULTICAST, RXC, 0, 201, h('08 0140 00010203040506070809'))
          + data(MULTICAST, RXC, AHEAD, 201, b'\x08' * 242, ahead=200)
          + data(MULTICAST, RX1, 0, 200, b'\1') + bytes([WAIT, 200]))
    write('downlink', 'multicast-forbidden', b'\1' + data(MULTICAST, RXC, CONFIRMED, 201, b'a')
          + data(MULTICAST, RXC, NO_PORT) + data(MULTICAST, RXC, 0, 0, b'\6')
          + data(MULTICAST, RXC, 0, 201, b'a', h('06')) + data(UNICAST, RXC, 0, 0, b'\6')
          + data(UNICAST, RX1, 0, 224, b'test') + data(UNICAST, RX1, 0, 255, b'x'))
    confine = '07 03 184f84 {0:x}{0:x} 03 {0:x}0 0800 01' # channel 3 of one data rate, and it alone
    for rate in (1, 5, 6):
        write('downlink', f'confined-to-dr{rate}', b'\1'
              + data(UNICAST, RX1, NO_PORT, fopts=h(confine.format(rate))))
    write('downlink', 'confined-and-removed', b'\1' + data(UNICAST, RX1, NO_PORT, fopts=h(
        confine.format(6))) + data(UNICAST, RX1, NO_PORT, fopts=h('07 03 000000 00')))
    write('downlink', 'duty-cycle-15', b'\1'
          + data(UNICAST, RX1, NO_PORT, fopts=h('04 0f 03 5007 000f')))
    write('downlink', 'headers', b'\1' + b''.join(
        raw(RX1 if i % 2 else RXC, bytes([i * 32]) + h('da1b0126') + bytes(i * 2))
        for i in range(8)) + raw(RX1, b''))


# --- fuzz_packages: steps --------------------------------------------------------------------
(P200, P201, P202, ANY, SET_UP, FRAGMENTS, WAIT_TICKS, CLOCK, RESET, TABLE, P204,
 BLOCK_DATA, PROVE, SIGNED_TABLE) = range(14)
UNI, GROUP_0, GROUP_1 = 0, 1, 2


def message(step, group, text):
    return bytes([step, group]) + block(h(text))


def wait(ticks, shift):
    return bytes([WAIT_TICKS, ticks, shift])


def set_up(fragments, size, padding, control, count, version):
    return bytes([SET_UP, fragments - 1, size - 1, padding, control, count & 255, count >> 8,
                  version - 1])


def fragments(first, count, group=GROUP_0):
    return bytes([FRAGMENTS, first, count, group])


MC_GROUP = '02 00 aa00ff01 d9a5c8c8b25a5c06666c1a400a50a601 00000000 ffffffff'


def packages_seeds():
    write('packages', 'versions', message(P200, UNI, '00') + message(P201, UNI, '00')
          + message(P202, UNI, '00') + message(P201, GROUP_0, '00'))
    write('packages', 'group', message(P200, UNI, MC_GROUP) + message(P200, UNI, '01 0f')
          + message(P200, UNI, '01 00') + message(P200, UNI, '03 00') + message(P200, UNI, '03 03'))
    write('packages', 'class-c-session', bytes([CLOCK, 0, 0]) + message(P200, UNI, MC_GROUP
          + '04 00 806d7c4d 0b d2ad84 03') + wait(200, 15) + wait(200, 19))
    write('packages', 'class-c-late', bytes([CLOCK, 255, 255]) + message(P200, UNI, MC_GROUP
          + '04 00 004e7253 0b d2ad84 03 04 00 00000000 ff ffffff ff'))
    write('packages', 'class-b-session', message(P200, UNI, MC_GROUP + '05 00 004e7253 45 d2ad84 03'))
    write('packages', 'clock', message(P202, UNI, '01 11000000 03') + message(P202, UNI, '02 05')
          + message(P202, UNI, '03 07') + message(P202, UNI, '01 ffffff7f 0f') + wait(255, 19))
    write('packages', 'fragment-set-up', message(P201, UNI, '02 11 0a00 0a 45 05 00010203 0500 '
          '9b749d5f') + message(P201, GROUP_0, '08 0140 00010203040506070809')
          + message(P201, GROUP_0, '08 0b40 686952535c5d76777071') + message(P201, GROUP_0, '01 03')
          + message(P201, UNI, '03 01'))
    write('packages', 'fragment-set-up-impossible', message(P201, UNI, '02 11 ffff ff 45 ff 00010203 '
          'ffff 9b749d5f') + message(P201, UNI, '02 3f 0000 00 7f 00 00000000 0000 00000000')
          + message(P201, UNI, '02 11 0a00'))
    for version in (1, 2):
        control = 0x40 if version == 2 else 0
        write('packages', f'whole-block-{version}', set_up(20, 16, 3, control, 1, version)
              + fragments(1, 20) + message(P201, GROUP_0, '01 01') + wait(255, 14))
        write('packages', f'decoded-{version}', set_up(30, 9, 0, control | 1, 2, version)
              + fragments(1, 7) + fragments(10, 15) + fragments(27, 4) + fragments(31, 25)
              + wait(255, 14))
    write('packages', 'reset-in-the-middle', set_up(25, 20, 1, 0x45, 3, 2) + fragments(2, 24)
          + bytes([RESET]) + fragments(26, 10) + bytes([RESET]) + fragments(36, 5) + wait(255, 19))
    write('packages', 'second-session', set_up(5, 40, 1, 0x40, 9, 2) + fragments(1, 5)
          + set_up(40, 48, 1, 0x40, 10, 2) + fragments(1, 60) + set_up(3, 1, 0, 0x40, 9, 2)
          + fragments(1, 9))
    write('packages', 'block-proof', set_up(20, 16, 3, 0x40, 1, 2) + fragments(1, 20)
          + message(P201, UNI, '05 01 00') + message(P201, UNI, '05 0100 01020304')
          + message(P201, UNI, '05'))
    # TS006 on 203, the block protocol on 204: every command, whole and cut short.
    for port in 203, 204:
        write('packages', f'port-{port}', b''.join(
            bytes([ANY, port, group]) + block(bytes([command]) + bytes(size))
            for command in range(8) for size in (0, 1, 4, 40) for group in (UNI, GROUP_0)))
    write('packages', 'fetched', set_up(12, 40, 3, 0x40, 9, 2) + message(P204, UNI, '00 01 00')
          + wait(5, 10) + bytes([BLOCK_DATA, 0, 5]) + bytes([BLOCK_DATA, 5, 5])
          + bytes([RESET]) + wait(9, 12) + bytes([BLOCK_DATA, 4, 5]) + bytes([BLOCK_DATA, 9, 3]))
    write('packages', 'fetch-stopped', set_up(12, 40, 3, 0x40, 9, 2) + message(P204, UNI, '01 00')
          + message(P204, UNI, '03 00') + message(P204, UNI, '02 0100' + '00' * 40))
    # A block whose receipt came is proved by CRC-64 and SHA-256; answers good, bad and cut short.
    whole = set_up(5, 40, 1, 0x40, 9, 2) + fragments(1, 5) + wait(255, 14)
    for name, demand, answers in (
            ('checksum', 1, '05 00'), ('accepted', 1, '05 01 00000000'),
            ('mic', 6, '05 01 00000000 05 41 00000000 05 40'), ('short', 4, '05 41 0000')):
        write('packages', f'proof-{name}', whole + message(P201, UNI, '04 00') + bytes([PROVE, demand])
              + wait(255, 14) + message(P201, UNI, answers) + bytes([RESET]) + wait(255, 14))
    # Hashes before the fragments: true ones, some of other fragments, and a table with a gap.
    for name, changed, first, count in ('true', 0, 0, 16), ('wrong', 0x15, 0, 16), ('gap', 2, 9, 7):
        write('packages', f'table-{name}', set_up(16, 32, 1, 0x40, 9, 2) + wait(9, 12)
              + bytes([SIGNED_TABLE, first, count, changed, UNI, SIGNED_TABLE, first, count, 0, UNI])
              + fragments(1, 12) + fragments(17, 20) + wait(255, 14))
        write('packages', f'table-{name}-late', set_up(16, 32, 1, 0x40, 9, 2) + wait(9, 12)
              + fragments(2, 12) + bytes([SIGNED_TABLE, first, count, changed, UNI]) + fragments(17, 20)
              + bytes([RESET]) + fragments(37, 9) + wait(255, 14))
    write('packages', 'management', b''.join(bytes([ANY, 203, UNI]) + block(h(text)) for text in (
        '00 01 04', '02 105c7253', '02 ffffffff', '03 640000', '05 17011973', '03 ffffff', '02 00'))
        + bytes([CLOCK, 0, 0, ANY, 203, UNI]) + block(h('02 105c7253 03 000010')) + bytes([RESET])
        + wait(255, 19) + bytes([ANY, 203, UNI]) + block(h('02 00000000 04 03 000000')))
    write('packages', 'ports', b''.join(bytes([ANY, port, UNI]) + block(b'\0\1\2')
                                        for port in (0, 1, 203, 223, 224, 255)))


# --- fuzz_journal: session, then steps ------------------------------------------------------------
MILESTONE, MARKS, SLOT, RAW_PAGE, ON_AIR, PAUSE, REBOOT = range(7)
FROZEN, COMPLETE, MIC_GOOD, MIC_BAD = range(4)


def session(fragments, size, version=2, acknowledged=0, raw=None):
    head = bytes([(raw is not None) | (version - 1) * 2 | acknowledged * 4, (fragments - 1) & 255,
                  (fragments - 1) >> 8, size - 1])
    return head + (block(raw) if raw is not None else b'')


def marks(cleared):
    return bytes([MARKS, 0]) + block(cleared)


def slot(at, n, data, right=1):
    return bytes([SLOT, at & 255, at >> 8, n & 255, n >> 8, right]) + block(data)


def on_air(first, count):
    return bytes([ON_AIR, first & 255, first >> 8, count])


def journal_seeds():
    row = bytes(range(20))
    frozen = session(30, 20) + bytes([MILESTONE, FROZEN]) + marks(b'\0\0\0\xe0')
    write('journal', 'gathering', session(30, 20) + marks(b'\0\0') + bytes([REBOOT])
          + on_air(17, 14) + on_air(1, 30))
    write('journal', 'frozen', frozen + slot(0, 31, row) + bytes([REBOOT]) + on_air(32, 40))
    write('journal', 'equal-slots', frozen + slot(0, 31, row) + slot(1, 31, row) + bytes([REBOOT]))
    write('journal', 'torn-slot', frozen + slot(0, 31, row, 0) + slot(1, 32, row) + bytes([REBOOT])
          + on_air(33, 9))
    write('journal', 'numbers', frozen + slot(0, 0, row) + slot(1, 65535, row) + slot(2, 1, row)
          + slot(3, 30, row) + slot(4, 16383, row) + bytes([REBOOT]) + on_air(40, 20))
    write('journal', 'occupied-slot', frozen + slot(0, 31, row) + slot(2, 40, row)
          + bytes([REBOOT]) + on_air(32, 60))
    write('journal', 'more-holes-than-rows', session(900, 60) + bytes([MILESTONE, FROZEN])
          + bytes([REBOOT]) + on_air(901, 20))
    write('journal', 'many-slots', session(200, 20) + bytes([MILESTONE, FROZEN])
          + b''.join(slot(i, 201 + i, row) for i in range(60)) + on_air(261, 60))
    write('journal', 'no-holes', session(8, 20) + bytes([MILESTONE, FROZEN]) + marks(b'\0')
          + on_air(9, 5))
    for name, step in ('complete', COMPLETE), ('good', MIC_GOOD), ('bad', MIC_BAD):
        write('journal', name, session(30, 20, acknowledged=1) + bytes([MILESTONE, COMPLETE,
              MILESTONE, step]) + bytes([REBOOT]) + on_air(1, 5))
    write('journal', 'record-of-ones', session(1, 1, raw=b'\xff' * 28) + on_air(1, 5))
    write('journal', 'record-of-zeros', session(1, 1, raw=b'') + on_air(1, 5))


# --- fuzz_candidate: steps ------------------------------------------------------------------------
CANDIDATE, RUNNING, RECORDS, BOOT_STATE, VERIFY, BOOT, NEW_IMAGE = range(7)


def change(area, at, mask):
    return bytes([area, at & 255, at >> 8]) + block(mask)


def candidate_seeds(target):
    install = bytes([VERIFY, BOOT])
    write(target, 'installed', install + bytes([BOOT]))
    for name, at in ('magic', 0), ('size', 8), ('version', 12), ('digest', 32), ('signature', 96), (
            'rest', 170), ('code', 700):
        write(target, f'candidate-{name}', change(CANDIDATE, at, b'\x01') + install)
        write(target, f'committed-{name}', bytes([VERIFY]) + change(CANDIDATE, at, b'\x80')
              + bytes([BOOT, BOOT]))
        write(target, f'waiting-{name}', bytes([VERIFY]) + change(NEW_IMAGE, at, b'\x80')
              + bytes([BOOT, VERIFY, BOOT]))
        write(target, f'running-{name}', change(RUNNING, at, b'\x04') + bytes([BOOT])
              + install + change(RUNNING, at, b'\x04') + bytes([BOOT]))
    write(target, 'records-header', bytes([VERIFY]) + change(RECORDS, 0, b'\xff' * 8)
          + bytes([BOOT]))
    write(target, 'records', bytes([VERIFY]) + change(RECORDS, 8, b'\x01' * 40) + bytes([BOOT]))
    write(target, 'boot-state', bytes([VERIFY]) + change(BOOT_STATE, 0, b'\xff' * 64)
          + bytes([119, BOOT]))


# --- fuzz_records: steps --------------------------------------------------------------------------
(N_CHANGE, N_BANK, N_RECORD, N_OPEN, N_WRITE, N_ERASE, N_FORGET, N_CUT) = range(8)


def n_write(number, data):  # NVM id less 1
    return bytes([N_WRITE, number]) + block(data)


def n_bank(bank, sequence):
    return bytes([N_BANK, bank, sequence & 255, sequence >> 8])


def n_record(bank, at, number, sequence, data):
    return (bytes([N_RECORD, bank, at & 255, at >> 8, number, sequence & 255, sequence >> 8])
            + block(data))


def records_seeds():
    few = b''.join(n_write(i % 16, bytes([i]) * (1 + i * 37 % 120)) for i in range(12))
    bank = b''.join(n_write(i % 5, bytes([i]) * 120) for i in range(29)) # the next ones compact
    write('records', 'nothing', b'')
    write('records', 'written', n_write(0, b'ab') + n_write(11, b'x' * 100) + bytes([N_OPEN])
          + bytes([N_ERASE, 0, N_OPEN]) + n_write(0, b'cd') + bytes([N_OPEN]))
    write('records', 'compacted', bank + few + bytes([N_OPEN]) + few + bytes([N_OPEN]))
    for tear in range(4):
        for first in range(0, 64, 8):
            write('records', f'cut-{tear}-{first}', bank + b''.join(
                bytes([N_CUT, first + i // 3, tear, i % 7]) + block(bytes([i]) * (60 + i)) + bytes([N_OPEN])
                for i in range(24)))
    write('records', 'rotten-header', few + bytes([N_CHANGE, 0, 0]) + block(b'\1')
          + bytes([N_OPEN]) + few)
    write('records', 'rotten-record', few + bytes([N_CHANGE, 40, 0]) + block(b'\x80')
          + bytes([N_OPEN, N_FORGET, N_OPEN]) + few)
    write('records', 'two-banks', n_bank(0, 7) + n_bank(1, 8) + n_record(1, 0, 12, 8, b'b' * 100)
          + n_record(0, 0, 12, 7, b'a' * 100) + bytes([N_OPEN]) + few)
    write('records', 'wrapped', n_bank(0, 65535) + n_bank(1, 0) + n_record(1, 0, 1, 0, b'ab')
          + few)
    write('records', 'far-apart', n_bank(0, 1) + n_bank(1, 0x8001) + few)
    write('records', 'later-firmware', n_bank(0, 1) + b''.join(
        n_record(0, 140 * i, 17 + i, 1, bytes(120)) for i in range(14)) + few)
    write('records', 'numbers', n_bank(0, 1) + n_record(0, 0, 31, 1, b'\xff\xff')
          + n_record(0, 12, 32, 1, b'x') + n_record(0, 24, 254, 1, b'x' * 128)
          + n_record(0, 160, 2, 1, b'x' * 128) + bytes([N_OPEN, N_FORGET]) + few)
    write('records', 'full-bank', n_bank(0, 1) + n_record(0, 3700, 5, 1, b'x' * 116) + few)


# --- fuzz_delta: steps ----------------------------------------------------------------------------
D_GO_ON, D_RESET, D_CUT, D_PATCH, D_STATES, D_TARGET, D_STATE = range(7)


def d_change(step, at, mask):
    return bytes([step, at & 255, at >> 8]) + block(mask)


def d_state(source, slot, at, mask):
    return bytes([D_STATE, source, slot, at & 255, at >> 8]) + block(mask)


# Where a state lies in its record, and members in it (device/update/patch.c).
D_READ, D_MEMBERS = 20, 24


def delta_seeds():
    write('delta', 'nothing', b'')
    write('delta', 'resets', b''.join(bytes([D_GO_ON, n, D_RESET]) for n in (3, 30, 90, 200, 250)))
    for tear in range(4):
        write('delta', f'cuts-{tear}', b''.join(bytes([D_CUT, n, tear]) for n in range(2, 80, 9)))
    write('delta', 'true-state', d_state(0, 0, 0, b'') + bytes([D_GO_ON, 50]) + d_state(1, 31, 0, b''))
    for at in range(D_READ, D_MEMBERS + 32, 2):
        write('delta', f'state-{at}', d_state(at // 2 % 2, at % 32, at, b'\xff\x7f'))
    write('delta', 'other-build', d_state(0, 0, 3, b'\1'))
    write('delta', 'torn-state', bytes([D_GO_ON, 250]) + d_change(D_STATES, 100, b'\1'))
    write('delta', 'target', bytes([D_GO_ON, 250]) + d_change(D_TARGET, 9000, b'\1\2\3'))
    for name, at in ('manifest', 0), ('sizes', 16), ('patch', 300), ('end', 700):
        write('delta', f'changed-{name}', d_change(D_PATCH, at, b'\x11\x22') + bytes([D_GO_ON, 200]))
    write('delta', 'shortened', d_change(D_PATCH, 20, b'\x08') + d_state(1, 2, 0, b''))


# --- fuzz_patch: the size of a piece less 1, then a delta image ------------------------------------
def lzss(*ops):
    """Bytes are literals, pairs are matches (distance, length)."""
    bits = ''
    for op in ops:
        if isinstance(op, bytes):
            bits += ''.join(f'1{byte:08b}' for byte in op)
        else:
            bits += f'0{op[0] - 1:08b}{op[1] - 2:04b}'
    bits += '0' * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, 'big')


def patch_seeds():
    whole = b'\xac\x02'  # 300: all of the base
    write('patch', 'same', b'\x0f' + lzss(whole + whole))
    write('patch', 'changed', b'\x00' + lzss(whole + b'\x64\x02\x01\xff\xc6\x01\x00\x00'))
    write('patch', 'extra', b'\xff' + lzss(b'\x00\xd0\x0fab', (2, 17), (1, 17), (256, 9)))
    write('patch', 'moves', b'\x03' + lzss(b'\x10\x10\x00\x14\x10\x10\x02xy\x33\x08\x08'))
    write('patch', 'manifest', b'\x20FIMG\xf0\x00\x01\x00' + h('d0070000 01000002 07000000'
          '01000000 2c010000 10000000') + bytes(208 + 16))


# --- fuzz_server: what the campaign demands, then steps ------------------------------------------
S_RAW, S_DATA, S_JOIN, S_AGAIN, S_WAIT, S_JUMP = range(6)
S_PLAIN, S_CRC64, S_SHA256, S_COMMON_TIME, S_UNICAST, S_RESTART = 0, 1, 2, 4, 8, 16
GOOD_RADIO = 5 + 8 * 25  # DR5, SNR 5 dB
SESSION = 122  # half minutes: the set-up lasts an hour
RESTART = 34   # from a jump in the session to the restart of the group
S_CONFIRMED, S_FOPTS, S_AHEAD = 1, 2, 4


def s_data(port, payload, flags=0, fopts=b'', ahead=0):
    out = bytes([S_DATA, flags | (S_FOPTS if fopts else 0), port])
    out += bytes([ahead & 255, ahead >> 8]) if flags & S_AHEAD else b''
    out += block(fopts) if fopts else b''
    return out + block(payload) + bytes([GOOD_RADIO])


def s_raw(frame):
    return bytes([S_RAW]) + block(frame) + bytes([GOOD_RADIO])


def s_join(nonce):
    return bytes([S_JOIN, nonce & 255, nonce >> 8, GOOD_RADIO])


def s_write(name, steps, options=S_PLAIN):
    write('server', name, bytes([options]) + steps)


def s_wait(half_minutes):
    return bytes([S_WAIT, half_minutes])


# Answers and requests of devices, by FPort (TS003, TS004, TS005), and of the MAC.
UPLINKS = {
    'clock': (202, ['00 01 01', '01 806d7c4d 10', '01 00000000 1f', '02 00', '01 80']),
    'multicast': (200, ['00 02 02', '01 00', '01 70 aa00ff01', '02 00', '02 04', '03 04',
                        '04 00 102030', '04 1c', '05 00 000000', '01 7f aa00ff01']),
    'fragments': (201, ['00 03 02', '01 00 0a00 00', '01 ff ffff ff', '02 40', '02 5f', '03 00',
                        '03 04', '04 00', '04 07', '02 00 02 10 02 08', '01 40 ffff 01']),
    'proof': (201, ['05 00 0011223344556677', '05 01 0000000000000000', '05 80 ' + 'ff' * 8, '05 c3 00',
                    '05 40 0011223344556677 05 00 0011223344556677', '05']),
    'management': (203, ['00 06 01', '01 00000002 07000000', '01 01000001 00000000', '02 105c7253',
                         '02 ffffffff', '03 640000', '03 ffffff', '04 00', '04 03 00000002', '04 03 00',
                         '04 01 04 02', '05 00', '05 02', '05 03', '01 00']),
    'blocks': (204, ['00 00', '00 cc', '01 01 00 0140 0a', '01 00 0100 0200 0300', '02 00', '03 00',
                     '01 ff ffff ffff', '01']),
    'report': (2, ['00000001' + '00' * 20, 'ffffffff' + 'ff' * 20, '00', '']),
}
MAC_ANSWERS = ['02', '03 07', '04', '05 07', '06 ff 3f', '06 00 20', '07 03', '08', '09', '0a 03',
               '0d', '10 07', '11 0000', '13', '03 00 03 00 03 00', '06', 'ff 00', '0b 01', '20']


def server_seeds():
    s_write('nothing', s_wait(0))
    for name, (port, texts) in UPLINKS.items():
        all_of = b''.join(s_data(port, h(text)) for text in texts)
        for options in S_CRC64 | S_SHA256 | S_COMMON_TIME, S_SHA256 | S_UNICAST:
            for half_minutes in 40, 160:
                s_write(f'{name}-with-{options}-after-{half_minutes}', s_wait(half_minutes) + all_of,
                        options)
        s_write(f'{name}-before', s_wait(2) + all_of)
        s_write(f'{name}-in-set-up', s_wait(40) + all_of + s_wait(4) + all_of)
        s_write(f'{name}-in-session', s_wait(SESSION) + all_of)
        s_write(f'{name}-after-session', s_wait(160) + all_of)
        s_write(f'{name}-confirmed', s_wait(40) + b''.join(
            s_data(port, h(text), S_CONFIRMED) + bytes([S_AGAIN, GOOD_RADIO]) for text in texts))
        # Counters are moved; answers come before the group is set up again, meanwhile, and later.
        s_write(f'{name}-in-restart', s_wait(SESSION) + bytes([S_JUMP]) + s_wait(RESTART) + all_of
                + all_of + s_wait(2) + all_of, S_RESTART)
    s_write('mac-answers', s_wait(4) + b''.join(
        s_data(2, b'x', 0, h(text)) for text in MAC_ANSWERS))
    s_write('mac-answers-port-0', s_wait(4) + b''.join(
        s_data(0, h(text)) for text in MAC_ANSWERS))
    s_write('adr', s_wait(4) + b''.join(
        s_data(2, b'x', 0xC0, h('03 07')) for _ in range(24)))
    s_write('counters', s_wait(4) + s_data(2, b'x', S_AHEAD, ahead=16000)
          + s_data(2, b'x', S_AHEAD, ahead=65535) + s_data(2, b'x') + s_join(7) + s_wait(1)
          + s_data(2, b'x'))
    s_write('joins', s_join(0) + s_join(0) + s_join(65535) + s_join(1) + s_wait(8)
          + s_join(65535) + s_join(2) + s_wait(100) + s_join(3))
    s_write('headers', s_wait(2) + b''.join(
        s_raw(bytes([i * 32]) + h('01000026') + bytes(i * 3)) for i in range(8))
        + s_raw(b'') + s_raw(b'\x40') + s_raw(bytes(255)))
    s_write('ports', s_wait(40) + b''.join(
        s_data(port, h('00 01 02')) for port in (0, 1, 2, 200, 201, 202, 203, 223, 224, 255)))
    s_write('long', s_wait(40) + b''.join(
        s_data(port, b'\x01' * 222) for port in (2, 200, 201, 202)))


# --- fuzz_uplinks: port less 200, version of TS004 less 1, payload ---------------------------------
def uplinks_seeds():
    for name, port, text in (
            ('group', 0, '02 00 04 00 102030'), ('group-status', 0, '01 1f 0011223344 01 55667788'),
            ('delete', 0, '03 04'), ('versions', 1, '00 03 02 02 40'),
            ('status', 1, '01 00 0a40 05 04 01'), ('clock', 2, '01 11223344 13'),
            ('block', 4, '01 01 02 0140 0a'), ('block-none', 4, '00 cc 01 01 06 02 0000 00'),
            ('cut-short', 4, '02 01')):
        write('uplinks', name, bytes([port, 1]) + h(text))


downlink_seeds()
packages_seeds()
uplinks_seeds()
journal_seeds()
candidate_seeds('candidate')
candidate_seeds('candidate_l4') # the other flash map
records_seeds()
delta_seeds()
patch_seeds()
server_seeds()
