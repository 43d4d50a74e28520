#!/usr/bin/env python3
"""Lets tshark, which shares no code with this project, judge every frame of a whole campaign.

Keys are those that --pcap exports. Data frames of devices and of the multicast group: MIC by tshark,
whose settings are the exported folder. Join-requests: MIC by tshark, one AppKey at a time (Wireshark
4.0 finds it by the JoinEUI, which all devices share). Join-accepts, which tshark leaves encrypted:
by openssl. A capture by gateway holds the frames of the one of the air, with what gateways measured.

    test_wireshark.py        FLEETCAST in the environment; 77: tshark is missing
"""
import collections
import os
import shutil
import subprocess
import sys
import tempfile

SEED = 5
DEVICES = 6
SCENARIO = f'''
name: capture
seed: {SEED}
duration: 6 h
area: {{radius: 700 m}}
propagation: {{penetration: 12 dB, shadowing: {{sigma: 3 dB}}}}
gateways: {{count: 2, radius: 300 m}}
devices: [{{name: d, count: {DEVICES}, boot: {{spread: 5 min}}, report: {{period: 10 min}}}}]
firmware: {{image: generated, size: 3 KiB}}
campaign: {{start: 15 min, set_up: {{window: 30 min}}, correction: {{timeout: 20 min}},
           confirm_timeout: 1 h}}
expect: {{devices.confirmed: "== {DEVICES}"}}
'''
# An attacker moves McFCnt ahead, and the server sets the group up again, under another key.
RESTARTED = SCENARIO.replace('timeout: 20 min}', 'timeout: 1 h}, defences: {restart_group: 1}')
RESTARTED = RESTARTED.split('expect:', maxsplit=1)[0] + '''
adversaries: [{kind: counter-jump, x: 200 m, height: 10 m, power: 27 dBm}]
'''
JOIN_REQUEST, JOIN_ACCEPT, DATA_UP, DATA_DOWN = 0, 1, 2, 3
GOOD = '1'
failures = []


def expect(condition, text):
    if not condition:
        failures.append(text)
        print('FAILED:', text)


def tshark(pcap, fields, records=(), only=None, settings=None):
    """Rows of field values, one a frame; with records of keys, or with a folder of settings."""
    command = ['tshark', '-n', '-r', pcap, '-T', 'fields', '-E', 'separator=|']
    for field in fields:
        command += ['-e', field]
    for record in records:
        command += ['-o', f'uat:encryption_keys_lorawan:{record}']
    if only:
        command += ['-Y', only]
    environment = dict(os.environ, WIRESHARK_CONFIG_DIR=settings) if settings else None
    out = subprocess.run(command, capture_output=True, text=True, env=environment)
    expect(out.returncode == 0, f'tshark: {out.stderr}')
    return [line.split('|') for line in out.stdout.splitlines()]


def aes_encrypt(key, blocks):
    return subprocess.run(['openssl', 'enc', '-aes-128-ecb', '-nopad', '-K', key.hex()],
                          input=blocks, capture_output=True, check=True).stdout


def cmac(key, data):
    out = subprocess.run(['openssl', 'mac', '-cipher', 'aes-128-cbc', '-macopt',
                          f'hexkey:{key.hex()}', '-in', '-', 'CMAC'],
                         input=data, capture_output=True, check=True).stdout
    return bytes.fromhex(out.decode().strip())


def frames_of(pcap):
    """PHY payloads, read without tshark: 24 bytes of header, 16 a record, LoRaTap in front."""
    data = open(pcap, 'rb').read()
    at, frames = 24, []
    while at < len(data):
        size = int.from_bytes(data[at + 8:at + 12], sys.byteorder)
        packet = data[at + 16:at + 16 + size]
        frames.append(packet[int.from_bytes(packet[2:4], 'big'):])
        at += 16 + size
    return frames


def data_mic_is_good(frame, nwk_s_key):
    """LoRaWAN 1.0.4 section 4.4; these runs are too short for counters beyond 16 bits."""
    message = frame[:-4]
    down = frame[0] >> 5 in (3, 5)
    b0 = (b'\x49\0\0\0\0' + bytes([down]) + frame[1:5] + frame[6:8] + b'\0\0\0'
          + bytes([len(message)]))
    return cmac(nwk_s_key, b0 + message)[:4] == frame[-4:]


def undissected_is_good(frame, nwk_s_key):
    """tshark 4.0 does not know DeviceTimeAns (0x0d) in FOpts, takes the first byte of the MIC of a
    frame that ends with FOpts for an FPort, and checks no MIC of the one and the other: then openssl
    does."""
    options = frame[8:8 + (frame[5] & 0x0f)]
    is_known = 0x0d in options or len(frame) == 12 + len(options)
    return is_known and data_mic_is_good(frame, nwk_s_key)


def check_data(pcap, frames, records):
    keys = {}
    kinds = collections.Counter()
    for record in records:
        address, nwk_s_key, _, _ = [word.strip('"') for word in record.split(',')]
        keys[address] = bytes.fromhex(nwk_s_key)
    groups = list(keys)[DEVICES:]
    rows = tshark(pcap, ['lorawan.mhdr.mtype', 'lorawan.mic.status', 'frame.number'],
                  settings=pcap + '.keys')
    for kind, status, number in rows:
        if int(kind) in (JOIN_REQUEST, JOIN_ACCEPT):
            continue
        frame = frames[int(number) - 1]
        address = frame[1:5].hex()
        kinds[address if address in groups else int(kind)] += 1
        if address not in keys:
            expect(False, f'frame {number}: no key for {address}')
        elif status == '':
            kinds['by openssl'] += 1
            expect(undissected_is_good(frame, keys[address]), f'frame {number}: not dissected')
        else:
            expect(status == GOOD, f'frame {number} (type {kind}): MIC status {status}')
    print('data frames checked:', dict(kinds))
    for kind in (DATA_UP, DATA_DOWN, *groups):
        expect(kinds[kind] > 0, f'no frame of kind {kind}')
    return len(groups)


def check_a_wrong_key_shows(pcap, records):
    address, nwk, app, eui = records[0].split(',')
    wrong = ','.join([address, '"' + '00' * 16 + '"', app, eui])
    rows = tshark(pcap, ['lorawan.mic.status'], [wrong],
                  f'lorawan.fhdr.devaddr == 0x{bytes.fromhex(address[1:-1])[::-1].hex()}')
    # Frames that tshark does not dissect have no status (see undissected_is_good()).
    statuses = {row[0] for row in rows} - {''}
    expect(statuses == {'0'}, f'a wrong key went unnoticed: {statuses}')


def check_join_requests(pcap, devices):
    count = 0
    for number, (dev_eui, join_eui, app_key) in enumerate(devices):
        def statuses(key):
            record = f'"ffffffff","{bytes(16).hex()}","{key.hex()}","{join_eui}"'
            # tshark shows an EUI as a number written as text; filter on what is on air.
            text = ':'.join(dev_eui[i:i + 2] for i in range(0, 16, 2))
            return [row[0] for row in tshark(
                pcap, ['lorawan.mic.status'], [record],
                f'lorawan.mhdr.mtype == {JOIN_REQUEST} && frame contains {text}')]
        found = statuses(app_key)
        expect(found, f'device {dev_eui} sent no join-request')
        expect(set(found) <= {GOOD}, f'join-requests of {dev_eui}: MIC statuses {found}')
        if number == 0:
            expect(set(statuses(bytes(16))) == {'0'}, 'a wrong AppKey went unnoticed')
        count += len(found)
    print('join-requests checked by tshark:', count)
    return count


def check_join_accepts(frames, devices, records):
    """LoRaWAN 1.0.4 section 6.2.3: AES encryption undoes the server's decryption. Session keys are
    derived again, and the last ones of a device are those of the .keys file."""
    count, sessions = 0, {}
    nonces = {}
    for frame in frames:
        kind = frame[0] >> 5
        if kind == JOIN_REQUEST:
            nonces.setdefault(frame[9:17].hex(), set()).add(frame[17:19])
        if kind != JOIN_ACCEPT:
            continue
        count += 1
        for dev_eui, _, app_key in devices:
            plain = frame[:1] + aes_encrypt(app_key, frame[1:])
            if cmac(app_key, plain[:-4])[:4] == plain[-4:]:
                nonce_net, address = plain[1:7], plain[7:11].hex()
                sessions[address] = [aes_encrypt(app_key, (b'\x01' + nonce_net + dev_nonce)
                                                 .ljust(16, b'\0')).hex()
                                     for dev_nonce in nonces[dev_eui]]
                break
        else:
            expect(False, f'join-accept {frame.hex()} has the MIC of no device')
    print('join-accepts checked by openssl:', count)
    expect(count >= DEVICES, 'too few join-accepts')
    for record in records[:DEVICES]:
        address, nwk_s_key = [word.strip('"') for word in record.split(',')[:2]]
        expect(nwk_s_key in sessions.get(address, []), f'NwkSKey of {address} is another one')


def check_radio(pcap):
    rows = tshark(pcap, ['loratap.channel.frequency', 'loratap.channel.sf', 'loratap.syncword',
                         'loratap.channel.bandwidth'])
    for frequency, factor, sync, bandwidth in rows:
        expect(863000000 <= int(frequency) <= 870000000, f'frequency {frequency}')
        expect(7 <= int(factor) <= 12, f'spreading factor {factor}')
        expect(int(sync, 0) == 0x34, f'sync word {sync}')
        expect(int(bandwidth, 0) == 1, f'bandwidth {bandwidth}')
    expect(len({row[1] for row in rows}) >= 2, 'one spreading factor only')
    return len(rows)


def words_of(path):
    with open(path) as file:
        return [[word.strip('"') for word in line.strip().split(',')] for line in file]


def check_keys(folder):
    """Wireshark since 4.2 reads other tables, with the bytes of EUIs and addresses as people write
    them; tshark 4.0 cannot judge these, so they are held to the ones that it can."""
    old = words_of(os.path.join(folder, 'encryption_keys_lorawan'))
    new = words_of(os.path.join(folder, 'session_keys_lorawan'))
    expect([[bytes.fromhex(a)[::-1].hex(), n, p] for a, n, p, _ in old] == new,
           'session_keys_lorawan has other keys')
    expect(len(old) == DEVICES + 1, f'{len(old)} records of keys')


def devices_of(folder, frames):
    """DevEUI and JoinEUI as on air, AppKey."""
    requests = {frame[9:17].hex(): frame[1:9].hex() for frame in frames
                if frame[0] >> 5 == JOIN_REQUEST}
    roots = [(bytes.fromhex(eui)[::-1].hex(), bytes.fromhex(key))
             for eui, key in words_of(os.path.join(folder, 'root_keys_lorawan'))]
    expect(sorted(requests) == sorted(eui for eui, _ in roots), 'root keys of other devices')
    return [(eui, requests[eui], key) for eui, key in roots]


def check_gateways(pcap, frames):
    """What gateways heard is a part of what was on the air, what they sent is all of it."""
    rows = tshark(pcap, ['frame.interface_name', 'frame.packet_flags_direction',
                         'loratap.rssi.packet', 'loratap.rssi.snr', 'lorawan.mic.status',
                         'lorawan.mhdr.mtype', 'frame.time_epoch'], settings=pcap + '.keys')
    down, gateways, times = 0, set(), []
    for gateway, direction, rssi, snr, status, kind, time in rows:
        gateways.add(gateway)
        times.append(float(time))
        inbound = int(direction, 0) == 1
        is_up = int(kind) in (JOIN_REQUEST, DATA_UP)
        expect(inbound == is_up, f'type {kind} with direction {direction}')
        down += not inbound
        if inbound:
            # Uplinks have 14 dBm of EIRP or less; SF12 is received down to -20 dB of SNR.
            expect(-139 <= int(rssi) - 139 < 14, f'RSSI {rssi}')
            expect(int(snr) < 128 or int(snr) >= 256 - 4 * 24, f'SNR {snr}')
        else:
            expect(rssi == '255', f'a gateway measured its own frame: {rssi}')
        if int(kind) == DATA_UP:
            expect(status == GOOD, f'an uplink has MIC status {status}')
    expect(gateways == {'gateway 0', 'gateway 1'}, f'interfaces: {gateways}')
    expect(times == sorted(times), 'packets are not in the order of time')
    sent = sum(frame[0] >> 5 in (JOIN_ACCEPT, DATA_DOWN) for frame in frames)
    expect(down == sent, f'gateways sent {down} frames, {sent} were on the air')
    up = len(rows) - down
    expect(0 < up <= 2 * (len(frames) - sent), f'{up} uplinks at two gateways')
    print('packets of gateways checked:', len(rows))


def run(scenario, *arguments):
    done = subprocess.run([os.environ['FLEETCAST'], 'run', '--quiet', '-', *arguments],
                          input=scenario, capture_output=True, text=True)
    expect(done.returncode == 0, f'run: {done.stderr}')


def records_of(pcap):
    with open(pcap + '.keys/encryption_keys_lorawan') as file:
        return file.read().splitlines()


def check_restarted_group(pcap):
    """Keys of a group from before it was set up again, and from then on."""
    run(RESTARTED, '--pcap', pcap)
    groups = check_data(pcap, frames_of(pcap), records_of(pcap))
    expect(groups > 1, f'{groups} group, which was not set up again')


def main():
    if shutil.which('tshark') is None or shutil.which('openssl') is None:
        print('tshark or openssl is missing')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        pcap = os.path.join(folder, 'air.pcap')
        heard = os.path.join(folder, 'heard.pcapng')
        run(SCENARIO, '--pcap', pcap)
        run(SCENARIO, '--pcap', heard, '--pcap-form', 'gateways')
        records = records_of(pcap)
        frames = frames_of(pcap)
        devices = devices_of(pcap + '.keys', frames)
        expect(check_radio(pcap) == len(frames), 'tshark reads another number of frames')
        check_keys(pcap + '.keys')
        expect(check_data(pcap, frames, records) == 1, 'more than one group')
        check_a_wrong_key_shows(pcap, records)
        requests = check_join_requests(pcap, devices)
        expect(requests == sum(frame[0] >> 5 == JOIN_REQUEST for frame in frames),
               'join-requests of strangers')
        check_join_accepts(frames, devices, records)
        check_gateways(heard, frames)
        check_restarted_group(os.path.join(folder, 'restarted.pcap'))
    print(f'{len(frames)} frames, {len(failures)} failures')
    return 1 if failures else 0


sys.exit(main())
