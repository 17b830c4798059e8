#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""against_parsers.py PAGES: pages of hostile names and odd numbers, read by promtool and by both
parsers of Prometheus' Python client: nothing is refused, and what is read is what was written."""
import json
import math
import shutil
import struct
import subprocess
import sys

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
    from prometheus_client.parser import text_string_to_metric_families as text
except ImportError:
    print("skipped: no prometheus_client (Debian: python3-prometheus-client)")
    sys.exit(77)


def shown(name):
    """Bytes that are no UTF-8 become U+FFFD, one each."""
    out, at = "", 0
    while at < len(name):
        for size in (1, 2, 3, 4):
            try:
                out += name[at:at + size].decode("utf-8")
                at += size
                break
            except UnicodeDecodeError:
                continue
        else:
            out += "\ufffd"
            at += 1
    return out


def samples(families):
    found = {}
    for family in families:
        for sample in family.samples:
            key = (sample.name, sample.labels.get("host"), sample.labels.get("le"))
            assert key not in found, key
            found[key] = sample.value
    return found


def main():
    promtool = shutil.which("promtool")
    for seed in range(40):
        for kind, parse in (("text", text), ("openmetrics", openmetrics)):
            run = subprocess.run([sys.argv[1], kind, str(seed)], capture_output=True, check=True)
            page = run.stdout.decode("utf-8")  # all of it is UTF-8
            found = samples(parse(page))
            hosts = [json.loads(line) for line in run.stderr.decode().splitlines()]
            for number, host in enumerate(hosts):
                name = shown(bytes.fromhex(host["name"]))
                there = number < 19
                def value(metric, le=None):
                    return found.get((metric, name, le)) if there else None
                want = host.get("count") if there else None
                assert value("hostpick_rtt_seconds_count") == want, (seed, kind, name)
                assert value("hostpick_rtt_seconds_bucket", "+Inf") == want
                assert value("hostpick_rtt_seconds_bucket", "0.2") == (host.get("within_200") if there else None)
                sent = float(host["sent"]) if there and "sent" in host else None
                read = value("hostpick_probes_sent_total")
                assert (None if read is None else float(read)) == sent, (seed, kind, name)
                score = value("hostpick_quality_score")
                if there and "score_bits" in host:
                    wanted = struct.unpack("<d", struct.pack("<Q", host["score_bits"]))[0]
                    assert score == wanted or (math.isnan(score) and math.isnan(wanted)), (seed, kind, name)
                else:
                    assert score is None
            assert found[("hostpick_hosts_left_out", None, None)] == 1
            if promtool and kind == "text":
                check = subprocess.run([promtool, "check", "metrics"], input=run.stdout, capture_output=True)
                complaints = [line for line in check.stderr.decode().splitlines()
                              if "network_" not in line]  # early names, which are not in base units
                assert check.returncode in (0, 3) and not complaints, (seed, complaints)
    print("all pages read back" + ("" if promtool else "; promtool is not installed"))


if __name__ == "__main__":
    main()
