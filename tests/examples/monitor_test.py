#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The monitor as a program: what it measures of hosts whose paths are known, and what neither hostile
# packets nor hostile HTTP, nor broken configurations, can do to it.
# monitor_test.py MONITOR REFLECTOR
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from monitor_programs import MONITOR, Monitor, Program, check, configure, reflect, run_tests, work


def run(*args):
    done = subprocess.run([MONITOR, *args], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def command_line():
    code, out, _ = run("--help")
    check("--help", code == 0 and "SIGHUP" in out)
    code, out, _ = run("--example-config")
    check("--example-config", code == 0 and len(json.loads(out)["hosts"]) == 2)
    example = os.path.join(work, "example.json")
    with open(example, "w") as f:
        f.write(out)
    code, out, _ = run("--check", example)
    check("--check of the example", code == 0 and "good, 2 hosts" in out, out)
    example = os.path.join(os.path.dirname(__file__), "../../examples/monitor/hosts.example.json")
    code, out, err = run("--check", example)
    check("--check of the example's file", code == 0 and "good, 3 hosts" in out, out, err)
    code, _, err = run("--check", configure([{"name": "a", "address": "x:1", "port": 1}]))
    check("--check of a bad one", code == 2 and "at /hosts/0/port: expected no such key" in err, err)
    for args, pattern in ((["--check"], "which file"), (["nowhere.json"], "cannot be opened"),
                          ([work], "cannot be"), (["--no-such-option"], "no-such-option"),
                          (["--listen", "9464"], "expected NAME:PORT"),
                          (["--listen", "192.0.2.1:9464"], "cannot listen there")):
        code, out, err = run(*args)
        check(" ".join(args), code == 2 and pattern in out + err, code, out, err)


def port_in_use():
    taken = socket.create_server(("127.0.0.1", 0))
    where = "127.0.0.1:%d" % taken.getsockname()[1]
    code, _, err = run("--listen", where)
    check("a port in use", code == 2 and where + ": cannot listen there: Address already in use" in err, err)
    taken.close()
    first = Monitor()
    code, _, err = run("--listen", "127.0.0.1:%d" % first.port)
    check("the port of another monitor", code == 2 and "Address already in use" in err, err)
    check("the first one stops", first.stop()[0] == 0)


def measuring():
    near, near_at = reflect("--delay-ms", "10", "--rate-mbps", "30")
    far, far_at = reflect("--delay-ms", "60", "--loss", "0.1", "--rate-mbps", "5", "--seed", "4")
    m = Monitor(configure([{"name": "near", "address": near_at, "site": "here"},
                           {"name": "far", "address": far_at},
                           {"name": "nowhere", "address": "host.invalid:862"},
                           {"name": "silent", "address": "127.0.0.1:9", "bandwidth_mbps": 50}]))
    page, hosts = m.until("both are tested", lambda p, h: p["chosen"] and all(
        h[n]["full_tests"]["ended"] > 0 for n in ("near", "far")))
    check("the nearest is chosen", page["chosen"] == "near" and hosts["near"]["chosen"], page["chosen"])
    check("and the other is its backup", page["backups"] == ["far"], page["backups"])
    near_m, far_m = hosts["near"]["metrics"], hosts["far"]["metrics"]
    check("the round trip", 9.9 < near_m["latency_ms"] < 16 and 59 < far_m["latency_ms"] < 70, near_m, far_m)
    check("the bandwidth", 22 < near_m["bandwidth_mbps"] < 34 and 3.5 < far_m["bandwidth_mbps"] < 6, near_m, far_m)
    check("the loss", near_m["packet_loss"] < 0.01 and 0.04 < far_m["packet_loss"] < 0.2, near_m, far_m)
    check("a name that does not resolve", hosts["nowhere"]["state"] == "not_found" and
          "does not resolve" in hosts["nowhere"]["trouble"] and "latency_ms" not in hosts["nowhere"]["metrics"])
    check("a host that does not answer", hosts["silent"]["state"] == "silent" and
          not hosts["silent"]["verdict"]["eligible"], hosts["silent"])
    check("recent round trips", len(hosts["near"]["rtt_ms"]["recent"]) > 20)
    check("states", hosts["near"]["state"] == "eligible" and "why" in hosts["near"])

    check("metrics of a host", 9.9e-3 < m.metric("hostpick_rtt_seconds_sum", host="near") /
          m.metric("hostpick_rtt_seconds_count", host="near") < 16e-3)
    check("chosen, as a metric", m.metric("hostpick_chosen_host", host="near") == 1)
    check("nothing of what is unknown", m.metric("hostpick_jitter_seconds", host="silent") is None and
          m.metric("hostpick_last_success_timestamp_seconds", host="silent") is None)
    check("counters of what is sent", m.metric("hostpick_probes_sent_total", host="silent") > 10)
    check("the two pages of metrics", "hostpick_quality_score{" in m.get("/metrics/network")[1])
    check("no infinity, no NaN", not re.search(r"(?i) [+-]?(nan|inf)", m.get("/metrics")[1]))

    # The chosen host dies: the session moves. It comes back, and is measured again.
    near.stop()
    page, _ = m.until("the session moves", lambda p, h: p["chosen"] == "far", 15)
    decisions = json.loads(m.get("/decisions")[1])
    check("why it moved", decisions["decisions"][0]["moved"] and decisions["moves"] == 1 and
          "failed" in decisions["decisions"][0]["reason"], decisions["decisions"][:1])
    check("so it was logged", "moves: its host failed" in m.text() and "near: does not answer" in m.text())
    near, again_at = reflect("--delay-ms", "10", "--rate-mbps", "30", listen=near_at)
    check("a reflector at the same place", again_at == near_at)
    m.until("it answers again and is chosen", lambda p, h: p["chosen"] == "near", 25)
    check("that was logged", "near: answers again" in m.text())
    code, seconds = m.stop()
    check("it stops at once", code == 0 and seconds < 2, code, seconds)


class Host:
    """A host of our own that answers STAMP, and knows where the monitor sends from."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.at = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.asker, self.answers, self.copies = None, [], 1
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            packet, self.asker = self.socket.recvfrom(65536)
            now = struct.pack(">Q", int((time.time() + 2208988800) * 2**32))
            answer = packet[:4] + now + packet[12:16] + now + packet[:14] + bytes(2) + b"\xff" + bytes(3)
            self.answers.append(answer)
            for _ in range(self.copies):
                self.socket.sendto(answer + bytes(len(packet) - len(answer)), self.asker)


def hostile_packets():
    host = Host()
    m = Monitor(configure([{"name": "a", "address": host.at}], full_test={"interval_s": 600, "packets": 10}))
    m.until("it is measured", lambda p, h: h["a"]["probes"]["sent"] > 20)
    rtt = m.hosts()[1]["a"]["metrics"]["latency_ms"]
    received = m.metric("hostpick_rtt_seconds_count", host="a")
    chance = random.Random(5)
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    begun = time.time()
    for n in range(20000):
        which = n % 5
        if which == 0:
            packet = chance.randbytes(chance.randrange(200))
        elif which == 1:  # a forged answer to a session that there is
            packet = chance.randbytes(24) + chance.randbytes(20)
            packet = packet[:14] + host.answers[-1][14:16] + packet[16:]
        elif which == 2:  # a true answer again
            packet = chance.choice(host.answers[-50:])
        elif which == 3 and n % 500 == 3:
            packet = chance.randbytes(65507)
        else:
            packet = b""
        (host.socket if n % 2 else stranger).sendto(packet, host.asker)
        if n % 200 == 0:
            time.sleep(0.01)
    host.copies = 5
    time.sleep(2)
    host.copies = 1
    page, hosts = m.hosts()
    took = time.time() - begun
    check("it is measured as before", abs(hosts["a"]["metrics"]["latency_ms"] - rtt) < 20 and
          not hosts["a"]["metrics"].get("failed"), hosts["a"]["metrics"])
    grown = m.metric("hostpick_rtt_seconds_count", host="a") - received
    check("no answer counts twice", grown < took * 10 * 1.3 + 5, grown, took)
    for reason in ("malformed", "no_session", "wrong_address", "no_question", "duplicate"):
        check("refused: " + reason, m.metric("hostpick_packets_refused_total", reason=reason) > 0)
    code, _ = m.stop()
    check("it stops", code == 0, code)


def raw(port, data, seconds=8):
    """What comes back for some bytes, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        try:
            s.sendall(data)
            got = b""
            while True:
                piece = s.recv(65536)
                if not piece:
                    return got
                got += piece
        except (ConnectionError, TimeoutError) as e:
            return repr(e).encode()


def memory(program):
    """Of a program, in kB."""
    with open("/proc/%d/status" % program.process.pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def hostile_http():
    m = Monitor()
    time.sleep(2)
    status, body, answer = m.get("/metrics")
    check("the type of metrics", answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8",
          answer.getheader("Content-Type"))
    status, body, answer = m.get("/hosts", "HEAD")
    check("HEAD", status == 200 and body == "" and int(answer.getheader("Content-Length")) > 100)
    status, body, _ = m.get("/health")
    check("/health", status == 200 and json.loads(body) == {"status": "ok", "hosts": 4}, body)
    for path in ("/nothing", "/metrics/", "/hosts/a", "/../etc/passwd", "/%00", "//metrics"):
        check("404 of " + path, m.get(path)[0] == 404, m.get(path)[0])
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        status, _, answer = m.get("/metrics", method)
        check("405 of " + method, status == 405 and answer.getheader("Allow") == "GET, HEAD", status)
    check("405 of GET", m.get("/demo/impair")[0] == 405)
    for query in ("", "?host=nobody", "?host=fibre&delay_ms=x", "?host=fibre&loss=2", "?host=fibre&speed=1",
                  "?host=fibre&delay_ms=nan", "?host=fibre&delay_ms=-1"):
        check("400 of impair" + query, m.get("/demo/impair" + query, "POST")[0] == 400)
    check("a query that nobody asked for", m.get("/hosts?a=b&c")[0] == 200)

    for data in (b"garbage\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 10000, b"\x16\x03\x01\x02\x00",
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                 b"GET /hosts HTTP/1.1\r\nX: " + b"b" * 100000 + b"\r\n\r\n",
                 b"GET /hosts HTTP/1.1\r\nRange: bytes=" + b"0-0," * 1900 + b"0-0\r\n\r\n",
                 b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n" + b"x" * 1000,
                 b"GET /hosts HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n"):
        raw(m.port, data)
        check("alive after " + repr(data[:30]), m.get("/health")[0] == 200)
    check("no part of a page", raw(m.port, b"GET /hosts HTTP/1.1\r\nRange: bytes=0-3\r\n\r\n").startswith(b"HTTP/1.1 416"))

    # Header lines without end, all at once or now and then: the connection is cut.
    before = memory(m)
    with socket.create_connection(("127.0.0.1", m.port)) as s:
        sent = 0
        with contextlib.suppress(OSError):
            s.sendall(b"GET /hosts HTTP/1.1\r\n")
            while sent < 50e6:
                s.sendall(b"A: " + b"b" * 1000 + b"\r\n")
                sent += 1005
        check("header lines have an end", sent < 20e6, sent)
    check("they take no memory", memory(m) - before < 5000, before, memory(m))

    # Those who are slow: others are served all the same.
    slow = []
    for n in range(12):
        s = socket.create_connection(("127.0.0.1", m.port))
        s.sendall(b"GET /hosts HT" if n % 2 else b"GET /hosts HTTP/1.1\r\nHost: x\r\n")
        slow.append(s)
    begun = time.time()
    check("served beside the slow", m.get("/metrics")[0] == 200 and time.time() - begun < 1, time.time() - begun)
    for n in range(40):
        slow.append(socket.create_connection(("127.0.0.1", m.port)))
    check("served after many who say nothing", m.get("/metrics")[0] == 200)
    check("requests are counted", m.metric("hostpick_http_requests_total", path="/metrics", status="200") >= 3 and
          m.metric("hostpick_http_requests_total", path="other", status="404") > 5)
    slow.append(socket.create_connection(("127.0.0.1", m.port)))
    slow[-1].sendall(b"GET /hosts HT")
    code, seconds = m.stop()
    check("it stops beside a slow one", code == 0 and seconds < 2.2, code, seconds)


def slow_readers():
    """Pages that do not fit into the buffers of a connection, and clients who read little of them or nothing."""
    _, at = reflect("--delay-ms", "5")
    hosts = [{"name": "live", "address": at}]
    hosts += [{"name": "host-%d" % n, "address": "127.0.0.1:9"} for n in range(2999)]
    m = Monitor(configure(hosts, probe={"interval_ms": 1000, "timeout_ms": 800, "window_s": 10}, metrics={"max_hosts": 3000}))
    m.until("it is measured", lambda p, h: h["live"]["probes"]["sent"] > 3)
    size = len(m.get("/metrics")[1])
    check("a page of more than a buffer", size > 3e6, size)
    before, readers = memory(m), []
    for n in range(30):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", m.port))
        s.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        s.settimeout(0.01)
        readers.append([s, 0, False])
    slowest, grown, end = 0, 0, time.time() + 11
    while time.time() < end and not all(over for _, _, over in readers):
        for n, reader in enumerate(readers):
            if n % 2 == 0 or reader[2]:
                continue  # it never reads
            try:
                got = len(reader[0].recv(100))
                reader[1] += got
                reader[2] = got == 0
            except TimeoutError:
                pass
            except ConnectionError:
                reader[2] = True
        begun = time.time()
        check("others are served", m.get("/health")[0] == 200)
        slowest, grown = max(slowest, time.time() - begun), max(grown, memory(m) - before)
        time.sleep(0.1)
    check("and at once", slowest < 1, slowest)
    check("a slow reader holds one page at most", grown < len(readers) * size / 1000 * 1.5 + 20000, grown)
    for n, (s, got, over) in enumerate(readers):
        s.settimeout(5)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while piece := b"" if over else s.recv(1 << 20):
                got += len(piece)
        s.close()
        check("slow readers do not get all of it", got < size, n, got, size)
    page, hosts = m.hosts()
    check("measuring goes on", hosts["live"]["probes"]["lost"] == 0 and hosts["live"]["probes"]["sent"] > 5,
          hosts["live"]["probes"])
    code, seconds = m.stop()
    check("it stops", code == 0 and seconds < 2.2, code, seconds)


def hostile_names():
    """Every page with hosts of hostile names, read by other people's programs."""
    _, at = reflect("--delay-ms", "5")
    names = ['"', "\\", '\\"', "\\n", 'a"b', '{host="b"} 1', "}", "# HELP hostpick_hosts no", " a ", "=,", "NaN", "é💥", "\u2028",
             "\u0085", "x" * 200, "<script>alert(1)</script>", "' OR 1=1", "%s%n", "../../x", "${x}", "\ufeff", "\u202e", "a\u0301"]
    m = Monitor(configure([{"name": n, "address": at, "site": n} for n in names],
                          full_test={"interval_s": 10, "packets": 20, "spacing_ms": 2, "trains": 1, "at_once": 23},
                          metrics={"original_names": True}))
    page, hosts = m.until("all are tested", lambda p, h: all(h[n]["full_tests"]["ended"] > 0 for n in names))
    check("names in /hosts", [h["host"] for h in page["hosts"]] == names)
    check("names in /decisions", json.loads(m.get("/decisions")[1])["chosen"] in names)
    check("names in /alerts", "alerts" in json.loads(m.get("/alerts")[1]))
    try:
        from prometheus_client.parser import text_string_to_metric_families as parse
    except ImportError:
        print("skipped: the parsers of metrics (Debian: python3-prometheus-client)")
        return check("it stops", m.stop()[0] == 0)

    def series(text):
        def labels(s):
            return tuple(sorted((k, repr(float(v)) if k == "le" else v) for k, v in s.labels.items()))
        return {(s.name, labels(s)) for f in parse(text) for s in f.samples}

    pages = [m.get(path)[1] for path in ("/metrics", "/metrics/network")]
    for text in pages:
        found = {}
        for name, labels in series(text):
            if "host" in dict(labels):
                found.setdefault(name, set()).add(dict(labels)["host"])
        check("python3-prometheus-client reads every name", found["hostpick_probes_sent_total"] == set(names), found)
        check("and no other", all(hosts <= set(names) for hosts in found.values()), found)
    node_exporter = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if not node_exporter:
        print("skipped: there is no node_exporter")
        return check("it stops", m.stop()[0] == 0)
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    folder = tempfile.mkdtemp(dir=work)
    Program(node_exporter, "--collector.disable-defaults", "--collector.textfile",
            "--collector.textfile.directory=" + folder, "--web.listen-address=127.0.0.1:%d" % port)
    for text in pages:
        with open(os.path.join(folder, "new"), "w", newline="") as f:
            f.write(text)
        os.replace(os.path.join(folder, "new"), os.path.join(folder, "hostpick.prom"))
        end, passed_on = time.time() + 20, ""
        while time.time() < end and not passed_on:
            with contextlib.suppress(OSError):
                passed_on = urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10).read().decode()
            time.sleep(0.1)
        check("node_exporter takes the page", "\nnode_textfile_scrape_error 0\n" in passed_on, passed_on[:2000])
        check("and passes on all of it", not series(text) - series(passed_on), series(text) - series(passed_on))
    check("it stops", m.stop()[0] == 0)


def reload():
    one, one_at = reflect("--delay-ms", "10")
    two, two_at = reflect("--delay-ms", "5")
    path = configure([{"name": "one", "address": one_at}])
    m = Monitor(path)
    _, hosts = m.until("it is measured", lambda p, h: h["one"]["probes"]["sent"] > 20)
    sent = hosts["one"]["probes"]["sent"]
    for broken, why in (('{"hosts": [', "parse error"), ('{"hosts": [], "x": 1}', "at /hosts"), ("", "parse error")):
        with open(path, "w") as f:
            f.write(broken)
        before = m.metric("hostpick_config_reloads_total", result="failed")
        m.process.send_signal(signal.SIGHUP)
        m.until("it says why", lambda p, h: m.metric("hostpick_config_reloads_total", result="failed") == before + 1, 5)
        check("why it was not reloaded: " + why, "not reloaded, all stays as it was" in m.text() and why in m.text())
        check("the hosts stay", list(m.hosts()[1]) == ["one"])
    check("the last reload failed", m.metric("hostpick_config_last_reload_successful") == 0)
    configure([{"name": "one", "address": one_at}, {"name": "two", "address": two_at}])
    m.process.send_signal(signal.SIGHUP)
    _, hosts = m.until("there are two", lambda p, h: len(h) == 2 and h["two"]["probes"]["sent"] > 5, 10)
    check("who stays keeps its history", hosts["one"]["probes"]["sent"] > sent and "latency_ms" in hosts["one"]["metrics"])
    check("the reload is counted", m.metric("hostpick_config_reloads_total", result="ok") == 1 and
          m.metric("hostpick_config_last_reload_successful") == 1)
    configure([{"name": "two", "address": two_at}])
    m.process.send_signal(signal.SIGHUP)
    m.until("there is one", lambda p, h: list(h) == ["two"], 5)
    check("no series of who is gone", m.metric("hostpick_probes_sent_total", host="one") is None)
    for _ in range(20):
        m.process.send_signal(signal.SIGHUP)
        time.sleep(0.02)
    m.until("it is still alive", lambda p, h: list(h) == ["two"], 5)
    check("it stops", m.stop()[0] == 0)


def stop_in_a_test():
    _, at = reflect("--delay-ms", "5")
    m = Monitor(configure([{"name": "a", "address": at}, {"name": "b", "address": "host.invalid:1"}],
                          full_test={"interval_s": 60, "packets": 1000, "spacing_ms": 20}))
    m.until("a test is under way", lambda p, h: h["a"]["full_tests"]["under_way"])
    code, seconds = m.stop()
    check("it stops in the midst of a full test", code == 0 and seconds < 2, code, seconds)
    m = Monitor(configure([{"name": "a", "address": at}]))
    code, seconds = m.stop(signal.SIGINT)
    check("and by Ctrl-C", code == 0 and seconds < 2, code, seconds)


def health_checks():
    _, at = reflect("--delay-ms", "5")

    def serve(answer, dribble=False):
        server = socket.create_server(("127.0.0.1", 0))

        def loop():
            while True:
                s, _ = server.accept()
                threading.Thread(target=talk, args=(s,), daemon=True).start()

        def talk(s):
            with contextlib.suppress(OSError):
                s.recv(4096)
                if dribble:
                    for _ in range(1000):
                        s.sendall(b"a")
                        time.sleep(0.1)
                elif answer:
                    s.sendall(answer)
                else:
                    time.sleep(1000)
                s.close()

        threading.Thread(target=loop, daemon=True).start()
        return "http://127.0.0.1:%d/health" % server.getsockname()[1]

    ok = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    error = serve(b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno")
    moved = serve(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    endless = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1000000)
    urls = {"ok": ok, "error": error, "moved": moved, "endless": endless, "mute": serve(None),
            "dribble": serve(None, True), "closed": "http://127.0.0.1:1/", "no_url": None}
    hosts = [{"name": n, "address": at, **({"health_url": u} if u else {})} for n, u in urls.items()]
    m = Monitor(configure(hosts, health={"interval_s": 0.5, "timeout_ms": 500, "failures": 2}))
    bad = ("error", "moved", "endless", "mute", "dribble", "closed")
    page, hosts = m.until("who is not well has failed", lambda p, h: all(
        h[n]["state"] == "unhealthy" for n in bad) and h["ok"]["state"] == h["no_url"]["state"] == "eligible", 25)
    check("the status", hosts["error"]["health"]["trouble"] == "status 500" and hosts["ok"]["health"]["ok"])
    check("the reasons", hosts["mute"]["health"]["trouble"] == "no answer in time", hosts["mute"]["health"])
    check("they are not chosen", page["chosen"] in ("ok", "no_url", None))
    check("as metrics", m.metric("hostpick_health_check_success", host="ok") == 1 and
          m.metric("hostpick_health_check_success", host="mute") == 0 and
          m.metric("hostpick_health_check_success", host="no_url") is None)
    code, seconds = m.stop()
    check("it stops beside checks that hang", code == 0 and seconds < 2, code, seconds)

    # A check is under way while its URL is replaced: what comes of it says nothing about the new one.
    how = {"interval_s": 0.5, "timeout_ms": 3000, "failures": 1}
    m = Monitor(configure([{"name": "a", "address": at, "health_url": urls["mute"]}], health=how))
    time.sleep(1.8)
    configure([{"name": "a", "address": at, "health_url": urls["ok"]}], health=how)
    m.process.send_signal(signal.SIGHUP)
    m.until("the new one is asked", lambda p, h: h["a"].get("health", {}).get("ok"), 10)
    time.sleep(3)
    check("the old one is forgotten", "not healthy" not in m.text(), m.text()[-1000:])
    check("it stops", m.stop()[0] == 0)


def of_its_own():
    m = Monitor()
    page, _ = m.until("somebody is chosen", lambda p, h: p["chosen"], 40)
    first = page["chosen"]
    check("a near one", first in ("fibre", "cable"), first)
    check("the log names it", "the session starts here, on " + first in m.text())
    status, _, _ = m.get("/demo/impair?host=%s&delay_ms=400&loss=0.3" % first, "POST")
    check("it is degraded", status == 200, status)
    page, hosts = m.until("the session moves", lambda p, h: p["chosen"] != first, 30)
    check("and that is logged", re.search("the session moves: .*, on %s, no longer on %s" % (page["chosen"], first), m.text()))
    check("the counter of moves", m.metric("hostpick_moves_total") == 1)
    page, _ = m.until("an alert fires", lambda p, h: any(
        a["host"] == first and a["severity"] == "critical" and a["state"] == "firing" for a in p["alerts"]), 20)
    alerts = json.loads(m.get("/alerts")[1])["alerts"]
    grave = [("info", "warning", "critical").index(a["severity"]) for a in alerts if a["state"] == "firing"]
    check("the gravest comes first", grave == sorted(grave, reverse=True), alerts)
    check("it says why", all(re.search("(above|below) .*: ", a["text"]) for a in alerts), alerts)
    check("it is logged", "%s: ALERT Hostpick" % first in m.text())
    check("and counted", m.metric("hostpick_alerts_firing", severity="critical") >= 1)
    m.get("/demo/impair?host=%s&delay_ms=12&loss=0" % first, "POST")
    m.until("the alerts are over", lambda p, h: not any(
        a["host"] == first and a["state"] == "firing" for a in p["alerts"]), 60)
    check("that is logged too", "%s: alert resolved, HostpickLatencyCritical" % first in m.text())
    m.process.send_signal(signal.SIGHUP)
    m.says("there is no configuration file")
    if shutil.which("promtool"):
        lint = subprocess.run(["promtool", "check", "metrics"], input=m.get("/metrics")[1], capture_output=True, text=True)
        check("promtool", lint.returncode == 0, lint.stdout, lint.stderr)
    check("it stops", m.stop()[0] == 0)


run_tests((command_line, port_in_use, measuring, hostile_packets, hostile_http, slow_readers, hostile_names, reload,
           stop_in_a_test, health_checks, of_its_own), sys.argv[3:])
