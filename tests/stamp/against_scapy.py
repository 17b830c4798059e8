#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random STAMP packets through scapy's implementation and ours, both ways.

usage: against_scapy.py PROGRAM [PACKETS]"""
import random
import subprocess
import sys

try:
    from scapy.contrib.stamp import (
        ErrorEstimate, STAMPSessionReflectorTestUnauthenticated,
        STAMPSessionSenderTestUnauthenticated)
    from scapy.layers.inet import UDP
except ImportError:
    print("skipped: there is no scapy for " + sys.executable)
    sys.exit(77)

random.seed(42)
ours = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
packets = int(sys.argv[2]) if len(sys.argv) > 2 else 2000


def ask(line):
    ours.stdin.write(line + "\n")
    ours.stdin.flush()
    return ours.stdout.readline().strip()


def error():
    return [random.randrange(2), 0, random.randrange(64), random.randrange(1, 256)]


def time():
    """A point in time that scapy's floating-point numbers can hold, and its 64 bits."""
    units = random.randrange(2 ** 52)
    return units / 2 ** 20, units << 12


def estimate(e):
    return ErrorEstimate(S=e[0], Z=e[1], scale=e[2], multiplier=e[3])


def parsed(kind, payload):
    """What scapy reads of a datagram; it takes the length of the TLVs from UDP's header."""
    datagram = UDP(len=8 + len(payload)) / kind(payload, _parent=UDP(len=8 + len(payload)))
    return datagram[kind]


for n in range(packets):
    seq, ssid = random.randrange(2 ** 32), random.randrange(2 ** 16)
    (ts, ts_bits), e = time(), error()
    size = random.choice([44, 48, 100, 1250])

    theirs = bytes(STAMPSessionSenderTestUnauthenticated(
        seq=seq, ts=ts, err_estimate=estimate(e), ssid=ssid))
    fields = [seq, ts_bits, *e, ssid]
    text = " ".join(map(str, fields))
    assert ask("sender? " + theirs.hex()) == text, (text, theirs.hex())
    assert bytes.fromhex(ask(f"sender 44 {text}")) == theirs
    padded = bytes.fromhex(ask(f"sender {size} {text}"))
    read = parsed(STAMPSessionSenderTestUnauthenticated, padded)
    assert (read.seq, read.ssid, read.mbz) == (seq, ssid, 0)
    assert len(read.tlv_objects) == (size > 44)
    if size > 44:
        assert (read.tlv_objects[0].type, read.tlv_objects[0].len) == (1, size - 48)

    (rx, rx_bits), (back, back_bits), e2 = time(), time(), error()
    seq2, ttl = random.randrange(2 ** 32), random.randrange(256)
    theirs = bytes(STAMPSessionReflectorTestUnauthenticated(
        seq=seq, ts=ts, err_estimate=estimate(e), ssid=ssid, ts_rx=rx, seq_sender=seq2,
        ts_sender=back, err_estimate_sender=estimate(e2), ttl_sender=ttl))
    fields += [rx_bits, seq2, back_bits, *e2, ttl]
    text = " ".join(map(str, fields))
    assert ask("reflector? " + theirs.hex()) == text, (text, theirs.hex())
    assert bytes.fromhex(ask(f"reflector 44 {text}")) == theirs
    read = parsed(STAMPSessionReflectorTestUnauthenticated,
                  bytes.fromhex(ask(f"reflector {size} {text}")))
    assert (read.seq, read.ssid, read.seq_sender, read.ttl_sender) == (seq, ssid, seq2, ttl)
    assert len(read.tlv_objects) == (size > 44)

print(f"{packets} packets of either kind, both ways, are the same")
