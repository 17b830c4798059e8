#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped configuration with a real Prometheus and a real Alertmanager, thirty times as fast.

    stack_test.py hostpick-monitor --listen '127.0.0.1:{port}'

Every recording rule and every query of the dashboards returns series; a host is impaired, its alerts
fire and reach a webhook; it is healed, and they clear; some alerts silence others; the exporter
dies, and that is an alert as well. PROMETHEUS names another Prometheus than the one in PATH.
Exit code 77: a tool is missing.
"""
import contextlib
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TESTS = pathlib.Path(__file__).resolve().parent
SHIPPED = TESTS.parent.parent / "examples" / "monitoring"
SPEED = 30
PATIENCE = 120
HOST = "fibre"
IMPAIRED, HEALED = "delay_ms=300&loss=0.5", "delay_ms=12&loss=0"

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"(\d+)(ms|[smhd])")
TIMES = {"for", "keep_firing_for", "interval", "scrape_interval", "scrape_timeout",
         "evaluation_interval", "group_wait", "group_interval", "repeat_interval"}


def faster(text):
    number, unit = DURATION.fullmatch(text).groups()
    return f"{max(1000, int(int(number) * UNITS[unit] * 1000 / SPEED))}ms"


def hastened(value, key=None):
    """The same configuration with every time in it divided by SPEED, but none below a second."""
    if isinstance(value, dict):
        return {k: hastened(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [hastened(v) for v in value]
    if key in TIMES:
        return faster(value)
    if key == "expr":
        return re.sub(r"\[(\w+)\]", lambda match: f"[{faster(match.group(1))}]", value)
    return value


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def request(url, body=None, method=None):
    headers = {"Content-Type": "application/json"} if body else {}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method),
                                timeout=10) as answer:
        return answer.read().decode()


class Webhook:
    """Takes what Alertmanager sends, and remembers the last status of each alert."""

    def __init__(self, port):
        self.alerts = {}
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in message["alerts"]:
                    labels = alert["labels"]
                    webhook.alerts[labels["alertname"], labels.get("instance"),
                                   labels.get("host")] = alert
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Stack:
    def __init__(self, scratch):
        self.scratch, self.processes = scratch, {}
        self.exporter_port, self.prometheus_port, self.alertmanager_port, webhook = free_ports(4)
        self.webhook = Webhook(webhook)
        ports = {9464: self.exporter_port, 9090: self.prometheus_port,
                 9093: self.alertmanager_port, 9465: webhook}
        for name in ("prometheus.yml", "alertmanager.yml", "rules/recording.yml", "rules/alerts.yml"):
            text = re.sub(r"127\.0\.0\.1:(\d+)", lambda m: f"127.0.0.1:{ports[int(m.group(1))]}",
                          (SHIPPED / name).read_text())
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(yaml.safe_dump(hastened(yaml.safe_load(text))))

    def start_all(self, command):
        scratch = self.scratch
        self.start("exporter", *(word.format(port=self.exporter_port) for word in command))
        self.start("alertmanager", "prometheus-alertmanager",
                   f"--config.file={scratch}/alertmanager.yml", f"--storage.path={scratch}/alertmanager",
                   f"--web.listen-address=127.0.0.1:{self.alertmanager_port}",
                   "--cluster.listen-address=")
        self.start("prometheus", PROMETHEUS, f"--config.file={scratch}/prometheus.yml",
                   f"--storage.tsdb.path={scratch}/prometheus",
                   f"--web.listen-address=127.0.0.1:{self.prometheus_port}")

    def start(self, name, *command):
        log = open(self.scratch / f"{name}.log", "w")
        self.processes[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT,
                                                stdin=subprocess.DEVNULL)

    def stop(self, name):
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self):
        for name in list(self.processes):
            self.stop(name)
        self.webhook.server.shutdown()

    def check_alive(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                fail(f"{name} has stopped:\n" + (self.scratch / f"{name}.log").read_text()[-4000:])

    def notified(self, alertname, host=HOST):
        """What the webhook was told last of an alert of the exporter."""
        instance = f"127.0.0.1:{self.exporter_port}"
        return self.webhook.alerts.get((alertname, instance, host), {"status": "never"})

    def impair(self, how):
        request(f"http://127.0.0.1:{self.exporter_port}/demo/impair?host={HOST}&{how}", method="POST")

    def prometheus(self, path, **parameters):
        url = f"http://127.0.0.1:{self.prometheus_port}/api/v1/{path}"
        try:
            answer = json.loads(request(f"{url}?{urllib.parse.urlencode(parameters, doseq=True)}"))
        except urllib.error.HTTPError as e:
            fail(f"{parameters}: {e.read().decode()}")
        return answer["data"]

    def returns_series(self, expr, instant=True):
        """Whether the query returns a series with a number in it."""
        if instant:
            series = [[s["value"]] for s in self.prometheus("query", query=expr)["result"]]
        else:
            now = time.time()
            found = self.prometheus("query_range", query=expr, start=now - 20, end=now, step=2)
            series = [s["values"] for s in found["result"]]
        return any(math.isfinite(float(value)) for values in series for _, value in values)


def fail(what):
    raise SystemExit(f"FAILED: {what}")


def eventually(stack, what, condition):
    """Waits until the condition returns something true, or fails with what it said last."""
    begun = time.monotonic()
    while True:
        stack.check_alive()
        result = None
        with contextlib.suppress(OSError):
            result = condition()
            if result:
                print(f"{time.monotonic() - START:5.1f} s  {what}", flush=True)
                return result
        if time.monotonic() - begun > PATIENCE:
            logs = "".join(f"\n-- {p.name}\n{p.read_text()[-1500:]}" for p in stack.scratch.glob("*.log"))
            fail(f"{what}, within {PATIENCE} s: {result!r}{logs}")
        time.sleep(0.3)


class All:
    """True where nothing is missing; says otherwise what is."""

    def __init__(self, missing):
        self.missing = missing

    def __bool__(self):
        return not self.missing

    def __repr__(self):
        return "missing: " + "\n  ".join(self.missing)


def with_values(text):
    for name, value in {"$__rate_interval": "10s", "$__range": "60s", "$job": ".+", "$instance": ".+",
                        "$host": ".+"}.items():
        text = text.replace(name, value)
    return text


def dashboards():
    for path in sorted((SHIPPED / "grafana" / "dashboards").glob("*.json")):
        yield json.loads(path.read_text())


def dashboard_queries():
    for dashboard in dashboards():
        for panel in (p for top in dashboard["panels"] for p in [top, *top.get("panels", [])]):
            for target in panel.get("targets", []):
                name = f"{dashboard['title']}, {panel['title']}, query {target['refId']}"
                yield name, with_values(target["expr"]), target["instant"]


def recorded_names():
    groups = yaml.safe_load((SHIPPED / "rules" / "recording.yml").read_text())["groups"]
    return [rule["record"] for group in groups for rule in group["rules"]]


def test_series(stack):
    eventually(stack, "every target is up", lambda: len(
        [t for t in stack.prometheus("targets")["activeTargets"] if t["health"] == "up"]) == 3)
    groups = stack.prometheus("rules")["groups"]
    shipped = sum(text.count("- alert:") + text.count("- record:")
                  for text in (p.read_text() for p in (SHIPPED / "rules").glob("*.yml")))
    if sum(len(group["rules"]) for group in groups) != shipped:
        fail("not every rule was loaded")
    names = recorded_names()
    eventually(stack, f"{len(names)} recording rules return series",
               lambda: All([name for name in names if not stack.returns_series(name)]))
    queries = [q for q in dashboard_queries() if not q[0].startswith("hostpick: overview, What fires")]
    # A machine may have no interface but the loopback, of which nothing is shown.
    if "hostpick_interface_" not in request(f"http://127.0.0.1:{stack.exporter_port}/metrics/network"):
        queries = [q for q in queries if "hostpick_interface_" not in q[1]]
    eventually(stack, f"{len(queries)} queries of the dashboards return series", lambda: All(
        [f"{name}: {expr}" for name, expr, instant in queries
         if not stack.returns_series(expr, instant)]))
    for variable in (v for d in dashboards() for v in d["templating"]["list"] if v["type"] == "query"):
        series, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]).groups()
        values = stack.prometheus(f"label/{label}/values", **{"match[]": with_values(series)})
        if not values or (label == "host" and HOST not in values):
            fail(f"the variable {variable['name']} has the values {values}")


def test_alerts(stack):
    kinds = ("HostpickLatencyCritical", "HostpickPacketLossCritical")
    early = [key for key in stack.webhook.alerts if HOST in key]
    if early:
        fail(f"before anything was impaired the webhook got {early}")
    stack.impair(IMPAIRED)
    eventually(stack, "impaired: the webhook gets both alerts", lambda: All(
        [kind for kind in kinds if stack.notified(kind)["status"] != "firing"]))
    for kind in kinds:
        alert = stack.notified(kind)
        if (alert["labels"]["severity"] != "critical" or HOST not in alert["annotations"]["summary"] or
                not alert["annotations"]["runbook_url"].endswith("#" + kind.lower())):
            fail(f"an alert that says too little: {alert}")
    (query,) = [q for q in dashboard_queries() if q[0].startswith("hostpick: overview, What fires")]
    if not stack.returns_series(query[1]):
        fail("the dashboard does not show what fires")
    stack.impair(HEALED)
    eventually(stack, "healed: the webhook hears that both are over", lambda: All(
        [kind for kind in kinds if stack.notified(kind)["status"] != "resolved"]))


def test_inhibition(stack):
    def alert(name, **labels):
        return {"labels": {"alertname": name, "job": "hostpick", "instance": "elsewhere", **labels}}

    speaking = [alert("HostpickLatencyCritical", host="a"), alert("HostpickPacketLossCritical", host="b"),
                alert("HostpickHostSilent", host="c"), alert("HostpickHostNeverAnswered", host="d"),
                alert("HostpickLatencyWarning", host="e"), alert("HostpickPacketLossWarning", host="a"),
                alert("HostpickMonitorDown", instance="dead")]
    silenced = [alert("HostpickLatencyWarning", host="a"), alert("HostpickPacketLossWarning", host="b"),
                alert("HostpickPacketLossCritical", host="c"), alert("HostpickLatencyCritical", host="c"),
                alert("HostpickPacketLossCritical", host="d"),
                alert("HostpickChosenHostPoor", instance="dead", host="a"),
                alert("HostpickHostSilent", instance="dead", host="a")]
    api = f"http://127.0.0.1:{stack.alertmanager_port}/api/v2/alerts"
    request(api, json.dumps(speaking + silenced).encode())

    def states():
        found = {frozenset(a["labels"].items()): a["status"]["state"] for a in json.loads(request(api))}
        state = [(a["labels"], found.get(frozenset(a["labels"].items()))) for a in speaking + silenced]
        return All([f"{labels} is {is_now}" for i, (labels, is_now) in enumerate(state)
                    if is_now != ("active" if i < len(speaking) else "suppressed")])

    eventually(stack, f"{len(silenced)} alerts are silenced by others, {len(speaking)} are not", states)


def test_dead_monitor(stack):
    stack.stop("exporter")
    eventually(stack, "the monitor is dead: the webhook hears of it",
               lambda: stack.notified("HostpickMonitorDown", None)["status"] == "firing")


def main(command):
    with contextlib.ExitStack() as cleaning:
        scratch = pathlib.Path(cleaning.enter_context(
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        stack = Stack(scratch)
        cleaning.callback(stack.close)
        stack.start_all(command)
        test_series(stack)
        test_alerts(stack)
        test_inhibition(stack)
        test_dead_monitor(stack)
    print("passed")


if __name__ == "__main__":
    START = time.monotonic()
    PROMETHEUS = os.environ.get("PROMETHEUS", "prometheus")
    try:
        import yaml
    except ImportError:
        print("skipped: this Python has no PyYAML")
        sys.exit(77)
    for tool in (PROMETHEUS, "prometheus-alertmanager"):
        if shutil.which(tool) is None:
            print(f"skipped: there is no {tool}")
            sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    main(sys.argv[1:])
