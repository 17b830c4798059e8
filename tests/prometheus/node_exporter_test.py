#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""node_exporter_test.py PAGES: the textfile collector of node_exporter takes pages of hostile names and
odd numbers, and passes on every series of them. Exit code 77: a tool is missing."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

try:
    from prometheus_client.parser import text_string_to_metric_families as parse
except ImportError:
    print("skipped: no prometheus_client (Debian: python3-prometheus-client)")
    sys.exit(77)


def series(page):
    """NaN is not equal to itself, so numbers are compared as text; a bound may be written in other ways."""
    def labels(s):
        return tuple(sorted((k, repr(float(v)) if k == "le" else v) for k, v in s.labels.items()))
    return {(s.name, labels(s), repr(s.value)) for f in parse(page) for s in f.samples}


def main():
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if not program:
        print("skipped: there is no node_exporter")
        sys.exit(77)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        exporter = subprocess.Popen([program, "--collector.disable-defaults", "--collector.textfile",
                                     f"--collector.textfile.directory={folder}",
                                     f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.PIPE, text=True)

        def scrape():
            for _ in range(100):
                try:
                    return urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
                except ConnectionRefusedError:
                    time.sleep(0.1)
                except urllib.error.URLError as e:
                    if not isinstance(e.reason, ConnectionRefusedError):
                        raise
                    time.sleep(0.1)
            sys.exit(f"node_exporter does not answer: {exporter.poll()}")

        try:
            passed_on = 0
            for seed in range(20):
                page = subprocess.run([sys.argv[1], "text", str(seed)], capture_output=True, check=True).stdout
                with open(os.path.join(folder, "new"), "wb") as f:
                    f.write(page)
                os.replace(os.path.join(folder, "new"), os.path.join(folder, "hostpick.prom"))
                found = scrape()
                assert "\nnode_textfile_scrape_error 0\n" in found, (seed, exporter.stderr)
                missing = series(page.decode()) - series(found)
                assert not missing, (seed, sorted(missing)[:5])
                passed_on += len(series(page.decode()))
            with open(os.path.join(folder, "hostpick.prom"), "a") as f:
                f.write("hostpick_broken{ 1\n")
            assert "\nnode_textfile_scrape_error 1\n" in scrape()
            print(f"{passed_on} series of 20 pages passed on")
        finally:
            exporter.kill()


main()
