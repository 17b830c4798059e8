#!/usr/bin/env python3
"""Measure example hosts on loopback and write them as JSON and CSV.

Every host is one irtt server seen through its own relay.py, which gives it the
delay, jitter, loss and upload rate of the table HOSTS. The numbers written are
what irtt and a UDP flood measured, not the table. Needs the command `irtt`.
"""

import argparse
import contextlib
import csv
import datetime
import json
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

LOOPBACK = "127.0.0.1"
RELAY = pathlib.Path(__file__).with_name("relay.py")

# Round trips: the interval is at least twice the largest jitter_ms below, so the
# relay never has to hold a packet back to keep the order.
PROBES, PROBE_INTERVAL_MS, PROBE_BYTES = 1000, 30, 100

# Flood: offered well above the fastest upload below, so the upload is what limits.
FLOOD_S, FLOOD_MBPS, FLOOD_BYTES = 2.0, 45, 1200

# Relay settings of every host; a host that drops everything does not answer at all.
HOSTS = {
    "frankfurt-1.example":   {"delay_ms": 18, "jitter_ms": 1, "drop": 0, "rate_mbps": 24},
    "london-1.example":      {"delay_ms": 28, "jitter_ms": 2, "drop": 0.001, "rate_mbps": 20},
    "virginia-1.example":    {"delay_ms": 92, "jitter_ms": 2, "drop": 0.002, "rate_mbps": 30},
    "singapore-1.example":   {"delay_ms": 180, "jitter_ms": 4, "drop": 0.005, "rate_mbps": 20},
    "satellite-1.example":   {"delay_ms": 600, "jitter_ms": 12, "drop": 0.01, "rate_mbps": 10},
    "wifi-peer-1.example":   {"delay_ms": 32, "jitter_ms": 6, "drop": 0.03, "rate_mbps": 16},
    "slow-upload-1.example": {"delay_ms": 22, "jitter_ms": 2, "drop": 0, "rate_mbps": 2},
    "mobile-peer-1.example": {"delay_ms": 55, "jitter_ms": 15, "drop": 0.01, "rate_mbps": 8},
    "silent-1.example":      {"delay_ms": 40, "jitter_ms": 1, "drop": 1, "rate_mbps": 20},
}
BANDWIDTH_NOT_MEASURED = {"singapore-1.example"}

COLUMNS = ["host", "latency_ms", "bandwidth_mbps", "packet_loss", "jitter_ms", "failed"]


class MeasureError(Exception):
    pass


@contextlib.contextmanager
def child(command, **options):
    """Run a command, and end it when the block is left, however it is left."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def irtt_server(port, log_path):
    # -i 0: jitter brings packets closer together than the client sent them, and
    # the server's default minimum interval would answer some of those not at all.
    with open(log_path, "w") as log:
        with child(["irtt", "server", "-b", f"{LOOPBACK}:{port}", "-i", "0"], stdout=log, stderr=log) as server:
            deadline = time.monotonic() + 5
            while "[ListenerStart]" not in log_path.read_text():
                if server.poll() is not None or time.monotonic() > deadline:
                    raise MeasureError(f"irtt server did not start: {log_path.read_text().strip()}")
                time.sleep(0.05)
            # A server that cannot bind its port may say it starts and end right after.
            time.sleep(0.2)
            if server.poll() is not None:
                raise MeasureError(f"irtt server did not start: {log_path.read_text().strip()}")
            yield


@contextlib.contextmanager
def relay(settings, seed, to):
    """Start a relay on a free port and yield that port."""
    command = [sys.executable, str(RELAY), "--listen", "0", "--to", str(to), "--seed", str(seed)]
    for name, value in settings.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    with child(command, stdout=subprocess.PIPE, text=True) as process:
        ready = process.stdout.readline()
        if not ready:
            raise MeasureError("relay.py did not start, see its message above")
        yield int(ready.rsplit(":", 1)[1])
        if process.poll() is not None:
            raise MeasureError(f"relay.py ended early with status {process.returncode}")


def round_trips(process, result_path, log_path):
    """Wait for an irtt client and return its record, or None if no host answered."""
    process.wait(timeout=90)
    log = log_path.read_text()
    if "[OpenTimeout]" in log:
        return None
    if process.returncode != 0:
        raise MeasureError(f"irtt client failed: {log.strip()}")
    stats = json.loads(result_path.read_text())["stats"]
    if stats["packets_received"] == 0:
        return None
    return {
        "latency_ms": round(stats["rtt"]["mean"] / 1e6, 3),
        "packet_loss": round(1 - stats["packets_received"] / stats["packets_sent"], 6),
        # Mean absolute difference of consecutive round trips; a pair with a lost one does not count.
        "jitter_ms": round(stats["ipdv_round_trip"]["mean"] / 1e6, 3),
    }


def measure_round_trips(directory, irtt_port):
    """Probe all hosts at the same time, without other load."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(irtt_server(irtt_port, directory / "server.log"))
        clients = {}
        for seed, (host, settings) in enumerate(HOSTS.items(), start=1):
            port = stack.enter_context(relay(settings, seed, irtt_port))
            result, log_path = directory / f"{host}.json", directory / f"{host}.log"
            command = ["irtt", "client", "-Q", "-i", f"{PROBE_INTERVAL_MS}ms",
                       "-d", f"{PROBES * PROBE_INTERVAL_MS}ms", "-l", str(PROBE_BYTES),
                       "-o", str(result), f"{LOOPBACK}:{port}"]
            log = stack.enter_context(open(log_path, "w"))
            clients[host] = stack.enter_context(child(command, stdout=log, stderr=log)), result, log_path
        return {host: round_trips(*client) for host, client in clients.items()}


def flood(host_socket, player_socket, relay_address):
    """Send from the host to the player for FLOOD_S; return (time, bytes) of all arrivals."""
    arrivals = []
    payload = bytes(FLOOD_BYTES)
    per_second = FLOOD_MBPS * 1e6 / (8 * FLOOD_BYTES)
    sent = 0
    begin = last_activity = time.monotonic()
    # After the last datagram one second of silence ends it; no host is that far away.
    while (now := time.monotonic()) - last_activity < 1:
        if now - begin < FLOOD_S:
            last_activity = now
            while sent < (now - begin) * per_second:
                host_socket.sendto(payload, relay_address)
                sent += 1
        select.select([player_socket], [], [], 0.001)
        with contextlib.suppress(BlockingIOError):
            while True:
                size = len(player_socket.recv(65535, socket.MSG_DONTWAIT))
                last_activity = time.monotonic()
                arrivals.append((last_activity, size))
    return arrivals


def measure_bandwidth(host, settings, seed):
    """Goodput in Mbit/s (10^6 bit/s of UDP payload) from the host to a player."""
    with contextlib.ExitStack() as stack:
        host_socket, player_socket = (
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2))
        host_socket.bind((LOOPBACK, 0))
        player_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        port = stack.enter_context(relay(settings, seed, host_socket.getsockname()[1]))

        # The host learns the way to the player from a greeting; the relay may lose some.
        deadline = time.monotonic() + 5
        while not select.select([host_socket], [], [], 0.2)[0]:
            if time.monotonic() > deadline:
                raise MeasureError(f"{host}: answered irtt but got no greeting for the flood")
            player_socket.sendto(b"hello", (LOOPBACK, port))
        relay_address = host_socket.recvfrom(65535)[1]
        arrivals = flood(host_socket, player_socket, relay_address)

    if len(arrivals) < 2:
        raise MeasureError(f"{host}: the flood did not arrive")
    # The first arrival starts the clock, so its own bytes do not count.
    seconds = arrivals[-1][0] - arrivals[0][0]
    mbps = 8 * sum(size for _, size in arrivals[1:]) / seconds / 1e6
    if mbps > 0.9 * FLOOD_MBPS:
        raise MeasureError(f"{host}: {mbps:.1f} Mbit/s arrived of {FLOOD_MBPS} sent; "
                           "the flood is too slow to find the limit")
    return round(mbps, 2)


def measure(irtt_port):
    with tempfile.TemporaryDirectory() as directory:
        print(f"round trips of {len(HOSTS)} hosts ...", file=sys.stderr)
        found = measure_round_trips(pathlib.Path(directory), irtt_port)
    records = []
    for seed, (host, settings) in enumerate(HOSTS.items(), start=1):
        record = {"host": host}
        if found[host] is None:
            record["failed"] = True
        else:
            record.update(found[host])
            if host not in BANDWIDTH_NOT_MEASURED:
                print(f"bandwidth of {host} ...", file=sys.stderr)
                record["bandwidth_mbps"] = measure_bandwidth(host, settings, seed)
        ordered = {column: record[column] for column in COLUMNS if column in record}
        records.append({**ordered, "relay": settings})
    return records


def as_json(records, date, tool):
    measured = {
        "date": date,
        "how": f"About {PROBES} irtt round trips of {PROBE_BYTES} bytes, one every {PROBE_INTERVAL_MS} ms, "
               f"and a UDP flood of {FLOOD_S:g} s from the host to the player, on loopback through relay.py. "
               "The key relay of a host holds the settings of its relay, which are not measured.",
        "tool": tool,
    }
    header = json.dumps(measured, indent=4).replace("\n}", "\n  }")
    rows = ",\n".join("    " + json.dumps(record) for record in records)    # one host per line
    return f'{{\n  "measured": {header},\n  "hosts": [\n{rows}\n  ]\n}}\n'


def write_csv(records, path):
    with open(path, "w", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
        rows.writeheader()
        for record in records:
            rows.writerow({**record, "failed": "true" if record.get("failed") else ""})


def main():
    parser = argparse.ArgumentParser(description="measure example hosts on loopback")
    parser.add_argument("--output", metavar="FILE", help="write the JSON here, not to standard output")
    parser.add_argument("--csv", metavar="FILE", help="write the same hosts as CSV, too")
    parser.add_argument("--irtt-port", type=int, default=2112, metavar="PORT", help="port for the irtt server (2112)")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))    # leaves through every finally

    if not shutil.which("irtt"):
        sys.exit("measure.py: the command irtt is missing (Debian package: irtt)")
    version = subprocess.run(["irtt", "version"], capture_output=True, text=True, check=True).stdout
    tool = "irtt " + version.split()[2]    # "irtt version: 0.9.0 ..."
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        records = measure(args.irtt_port)
        text = as_json(records, date, tool)
        if args.output:
            pathlib.Path(args.output).write_text(text)
        else:
            print(text, end="")
        if args.csv:
            write_csv(records, args.csv)
    except (MeasureError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"measure.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
