#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# coordinator_from_prometheus beside an API of our own that answers as real ones do, right and wrong;
# and, where there is a Prometheus, from end to end: monitor, Prometheus, coordinator.
# coordinator_from_prometheus_test.py COORDINATOR MONITOR
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

COORDINATOR, MONITOR = sys.argv[1:3]
failures = 0


def check(what, good, *more):
    global failures
    if not good:
        failures += 1
        print("FAILED:", what, *more, flush=True)


def coordinate(*args):
    done = subprocess.run([COORDINATOR, *args], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def vector(**values):
    return {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"host": name}, "value": [1700000000.123, value]} for name, value in values.items()]}}


GOOD = {"latency": vector(a="0.02", b="0.04", c="NaN", d="0.01"), "jitter": vector(a="0.002"),
        "loss": vector(a="0.001", b="0", d="0"), "capacity": vector(a="2500000", b="1.25e6", d="1250000"),
        "age": vector(a="1.5", b="2", c="+Inf", d="500")}
QUERIES = [part for name in GOOD for part in ("--" + name, "query_of_" + name)]


class Api(http.server.BaseHTTPRequestHandler):
    answers, status, seen = GOOD, 200, []

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        query = urllib.parse.parse_qs(url.query)
        Api.seen.append((url.path, query, dict(self.headers)))
        answer = Api.answers
        if isinstance(answer, dict) and "latency" in answer:
            answer = answer[query["query"][0].replace("query_of_", "")]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(Api.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def beside_our_own():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d" % server.server_port

    code, out, err = coordinate(url + "/prometheus/", *QUERIES, "--header", "X-Scope-OrgID: games")
    check("somebody is chosen", code == 0 and "chosen: a, 95.80 points; if it fails: b (92.00)" in out, out, err)
    check("who is silent for long has failed", re.search(r"d .* not eligible: did not answer", out), out)
    check("the path before the API's", all(path == "/prometheus/api/v1/query" for path, _, _ in Api.seen), Api.seen)
    check("one moment for all", len({q["time"][0] for _, q, _ in Api.seen}) == 1)
    check("the header", all(h.get("X-Scope-OrgID") == "games" for _, _, h in Api.seen))
    code, out, _ = coordinate(url, *QUERIES, "--format", "json")
    report = json.loads(out)
    check("as JSON", report["chosen"] == "a" and [h["host"] for h in report["hosts"]] == ["a", "b", "d"], out)
    check("what is known", report["hosts"][0]["metrics"] == {
        "latency_ms": 20.0, "bandwidth_mbps": 20.0, "packet_loss": 0.001, "jitter_ms": 2.0}, report["hosts"][0])
    code, out, _ = coordinate(url, *QUERIES, "--max-packet-loss", "0.0005")
    check("limits", code == 0 and "chosen: b" in out, out)
    code, out, _ = coordinate(url, *QUERIES, "--max-age-s", "1")
    check("nobody is eligible", code == 1 and "no host is eligible, of 3" in out, out)

    for age in ("NaN", "+Inf", None):
        Api.answers = dict(GOOD, age=vector(b="2", **({"a": age} if age else {})))
        code, out, _ = coordinate(url, *QUERIES)
        check("who has an age of %s has failed" % age, code == 0 and "chosen: b" in out and
              re.search(r"a .* not eligible: did not answer", out), out)
    Api.answers = GOOD
    code, out, err = coordinate(url, *QUERIES[:-1], "")
    check("unless no age is asked", code == 0 and "chosen: d" in out and "did not answer" not in out, out, err)

    def refused(what, answer, pattern, status=200):
        Api.answers, Api.status = answer, status
        code, out, err = coordinate(url, *QUERIES)
        check(what, code == 2 and re.search(pattern, err), code, out, err)

    refused("an error of the API", {"status": "error", "errorType": "bad_data", "error": "parse error"},
            "status 400, bad_data: parse error\n  of the query query_of_latency", 400)
    refused("no JSON", b"<html>gateway timeout</html>", "status 504, not an answer of a Prometheus API", 504)
    refused("nothing", b"", "not an answer")
    refused("a matrix", {"status": "success", "data": {"resultType": "matrix", "result": []}}, "found a matrix")
    refused("another shape", {"status": "success", "data": {"resultType": "vector", "result": [{"metric": 1}]}}, "not an answer")
    twice = vector(a="1")
    twice["data"]["result"] *= 2
    refused("two series of a host", twice, 'two series with host="a"')
    Api.answers, Api.status = dict(vector(), warnings=["store 7 is away"]), 200
    code, out, err = coordinate(url, *QUERIES)
    check("warnings are said", code == 1 and "store 7 is away" in err, err)
    server.shutdown()
    code, _, err = coordinate("http://127.0.0.1:1")
    check("nobody listens", code == 2 and "no answer" in err, err)
    mute = socket.create_server(("127.0.0.1", 0))
    begun = time.time()
    code, _, err = coordinate("http://127.0.0.1:%d" % mute.getsockname()[1], "--timeout-s", "0.5")
    check("nobody answers", code == 2 and time.time() - begun < 3, err)
    check("bad header", coordinate(url, "--header", "x")[0] == 2)


def from_end_to_end():
    work = tempfile.mkdtemp()
    programs = []
    try:
        log = open(os.path.join(work, "monitor"), "w+")
        programs.append(subprocess.Popen([MONITOR, "--listen", "127.0.0.1:0"], stdout=log))
        found = None
        while not found:
            time.sleep(0.1)
            log.seek(0)
            found = re.search(r"look at http://(\S+)/ ", log.read())
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        config = os.path.join(work, "prometheus.yml")
        with open(config, "w") as f:
            f.write("""global: {scrape_interval: 1s}
scrape_configs:
  - job_name: hostpick
    static_configs: [{targets: ["%s"]}]
""" % found.group(1))
        programs.append(subprocess.Popen(
            ["prometheus", "--config.file=" + config, "--storage.tsdb.path=" + os.path.join(work, "data"),
             "--web.listen-address=127.0.0.1:%d" % port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        url = "http://127.0.0.1:%d" % port
        end, out = time.time() + 60, ""
        while time.time() < end:
            time.sleep(1)
            code, out, err = coordinate(url, "--format", "json")
            if code == 0 and all(len(h["metrics"]) == 4 for h in json.loads(out)["hosts"]):
                break
        hosts = json.loads(urllib.request.urlopen("http://%s/hosts" % found.group(1)).read())
        report = json.loads(out) if code == 0 else {"hosts": []}
        check("all four are known by Prometheus", len(report["hosts"]) == 4, code, out, err)
        ours = {h["host"]: h["metrics"] for h in hosts["hosts"]}
        for host in report["hosts"]:
            name, m = host["host"], host["metrics"]
            check("the round trip of " + name, abs(m["latency_ms"] - ours[name]["latency_ms"]) < 8, m, ours[name])
            check("the bandwidth of " + name, abs(m["bandwidth_mbps"] / ours[name]["bandwidth_mbps"] - 1) < 0.2, m, ours[name])
        check("a near one is chosen", report.get("chosen") in ("fibre", "cable"), report.get("chosen"))
        health = json.loads(urllib.request.urlopen(url + "/api/v1/targets").read())["data"]["activeTargets"]
        check("Prometheus has no complaint", [t["lastError"] for t in health] == [""], health)
    finally:
        for p in programs:
            p.send_signal(signal.SIGTERM)
            p.wait(10)
        shutil.rmtree(work, ignore_errors=True)


beside_our_own()
if shutil.which("prometheus"):
    from_end_to_end()
else:
    print("a part was skipped: there is no prometheus")
print("all as it should be" if failures == 0 else "%d failed" % failures)
sys.exit(failures > 0)
