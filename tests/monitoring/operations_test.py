#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is shipped beside the rules: the runbook, provisioning, containers and the service agree with
each other. Exit code 77: this Python has no PyYAML."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("skipped: this Python has no PyYAML")
    sys.exit(77)

SHIPPED = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "monitoring"
failures = 0


def check(what, good, *more):
    global failures
    if not good:
        failures += 1
        print("FAILED:", what, *more)


def load(name):
    return yaml.safe_load((SHIPPED / name).read_text())


def runbook():
    sections = set(re.findall(r"^## (\w+)$", (SHIPPED / "runbook.md").read_text(), re.M))
    alerts = {rule["alert"]: rule for group in load("rules/alerts.yml")["groups"] for rule in group["rules"]}
    check("a section of the runbook for each alert, and no other", sections == set(alerts),
          sections ^ set(alerts))
    for name, rule in alerts.items():
        check(f"the link of {name}", rule["annotations"]["runbook_url"].endswith("runbook.md#" + name.lower()))


def provisioning(compose):
    (source,) = load("grafana/provisioning/datasources/hostpick.yml")["datasources"]
    check("the data source is the Prometheus of compose.yml",
          f"--web.listen-address={source['url'].removeprefix('http://')}" in compose["prometheus"]["command"])
    scrape = load("prometheus.yml")["global"]["scrape_interval"]
    check("the data source knows the interval", source["jsonData"]["timeInterval"] == scrape)
    (provider,) = load("grafana/provisioning/dashboards/hostpick.yml")["providers"]
    mounted = [v for v in compose["grafana"]["volumes"] if v == f"./grafana/dashboards:{provider['options']['path']}:ro"]
    check("the dashboards are where the provider looks", len(mounted) == 1)
    home = compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    check("the first dashboard", (SHIPPED / "grafana/dashboards" / pathlib.Path(home).name).is_file() and
          home.startswith(provider["options"]["path"]))
    for path in (SHIPPED / "grafana/dashboards").glob("*.json"):
        dashboard = json.loads(path.read_text())
        check(f"{path.name} chooses its data source", dashboard["templating"]["list"][0]["type"] == "datasource")


def containers(compose):
    for name, service in compose.items():
        check(f"{name} has a fixed version", re.fullmatch(r"[\w/]+:v?\d+\.\d+\.\d+", service["image"]), service["image"])
        check(f"{name} publishes nothing", "ports" not in service and service["network_mode"] == "host")
        check(f"{name} may do nothing", service["cap_drop"] == ["ALL"])
        for volume in service["volumes"]:
            source, *_, mode = volume.split(":")
            if source.startswith("."):
                check(f"{name} only reads {source}", mode == "ro" and (SHIPPED / source).exists())
    addresses = [word.split("=", 1)[1] for s in compose.values() for word in s.get("command", [])
                 if word.startswith("--web.listen-address=")]
    check("all listen on the loopback", addresses and all(a.startswith("127.0.0.1:") for a in addresses) and
          compose["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1")
    targets = {t for job in load("prometheus.yml")["scrape_configs"] for c in job["static_configs"] for t in c["targets"]}
    check("what is scraped is there", set(addresses) <= targets, addresses, targets)


def service():
    tool = shutil.which("systemd-analyze")
    if not tool:
        print("not tried: the service, as there is no systemd-analyze")
        return
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "hostpick-monitor.service"
        unit.write_text((SHIPPED / "systemd" / unit.name).read_text().replace(
            "/usr/local/bin/hostpick-monitor", "/bin/true"))
        verified = subprocess.run([tool, "verify", "--man=no", unit], capture_output=True, text=True)
        check("the service is well-formed", verified.returncode == 0 and
              "hostpick" not in verified.stderr, verified.stderr)
        security = subprocess.run([tool, "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True)
        exposure = re.search(r"exposure level for .*: ([\d.]+)", security.stdout)
        check("the service can do little else", exposure and float(exposure.group(1)) <= 2.0, security.stdout[-300:])


services = load("compose.yml")["services"]
runbook()
provisioning(services)
containers(services)
service()
print("all as it should be" if failures == 0 else f"{failures} failed")
sys.exit(failures > 0)
