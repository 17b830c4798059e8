#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page_test.py MONITOR PAGE FOLDER [REPORT]: the status page in headless Chromium, of pages made up here
and of the real monitor, and the page of a report. Screenshots go to the folder. Exit code 77: a tool is
missing."""
import copy
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    print("skipped: no selenium (Debian: python3-selenium)")
    sys.exit(77)
if not shutil.which("chromium") or not shutil.which("chromedriver"):
    print("skipped: there is no chromium, or no chromedriver")
    sys.exit(77)

MONITOR, PAGE = sys.argv[1], pathlib.Path(sys.argv[2])
FOLDER = pathlib.Path(sys.argv[3])
REPORT = sys.argv[4] if len(sys.argv) > 4 else None
FOLDER.mkdir(parents=True, exist_ok=True)
failures = 0


def check(what, good, *more):
    global failures
    if not good:
        failures += 1
        print("FAILED:", what, *more, flush=True)


def host(name, score, ms, **more):
    eligible = more.pop("state", "eligible") == "eligible"
    return {"host": name, "address": "192.0.2.1:862", "site": "here", "state": "eligible" if eligible else "silent",
            "chosen": False, "verdict": {"eligible": eligible, "score": score}, "why": f"score {score}",
            "metrics": {"latency_ms": ms, "packet_loss": 0.012, "jitter_ms": 1.5, "bandwidth_mbps": 20.0},
            "rtt_ms": {"p95": ms * 1.1, "recent": [ms, None, ms * 1.1, ms * 0.9]}, **more}


def decision(sequence, line, moved=True):
    return {"sequence": sequence, "at": "2026-05-01T10:00:00Z", "moved": moved, "line": line}


HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
FIRST = {
    "/hosts": {"at": "2026-05-01T10:00:05Z", "chosen": "paris", "backups": ["london"], "alerts": [],
               "hosts": [host("oslo", 0, 0.0, state="silent"), host("london", 71, 41.0),
                         host("paris", 93.2, 18.0, chosen=True), host(HOSTILE, 40, 120.0), host("madrid", 95, 15.0)]},
    "/decisions": {"chosen": "paris", "moves": 0, "decisions": [decision(1, "the session starts here, on paris")]}}


class Stub:
    """Serves the page and what it asks for; remembers every request."""

    def __init__(self):
        self.pages, self.asked, self.works = copy.deepcopy(FIRST), [], True
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                stub.asked.append(self.path)
                if self.path == "/":
                    body, kind = PAGE.read_bytes(), "text/html; charset=utf-8"
                elif self.path in stub.pages and stub.works:
                    body, kind = json.dumps(stub.pages[self.path]).encode(), "application/json"
                else:
                    return self.send_error(503)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


class Browser:
    def __init__(self, dark=False):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                         "--hide-scrollbars", "--lang=en"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.scheme("dark" if dark else "light")

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def size(self, width, height, phone=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone})

    def text(self, selector):
        return [e.text for e in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def until(self, what, condition, seconds=15):
        end = time.time() + seconds
        while time.time() < end:
            try:
                if condition():
                    return
            except Exception:  # the page changes while it is read
                pass
            time.sleep(0.1)
        check(what, False, self.text("main")[:1], self.errors())

    def row(self, name):
        for row in self.driver.find_elements(By.CSS_SELECTOR, "#hosts tr"):
            if name in row.find_element(By.TAG_NAME, "th").text:
                return row
        return None

    def colour(self, element):
        return tuple(int(x) for x in re.findall(r"\d+", element.value_of_css_property("color"))[:3])

    def errors(self):
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] == "SEVERE"]

    def shoot(self, name):
        path = str(FOLDER / f"{name}.png")
        self.driver.save_screenshot(path)


def made_up(browser):
    stub = Stub()
    browser.size(1280, 800)
    browser.driver.get(stub.url)
    browser.until("it is live", lambda: browser.text("#connection") == ["live"])
    check("the title names the host", browser.driver.title == "paris – hostpick", browser.driver.title)
    check("the chosen host and its backup", "paris" in browser.text("#choice")[0] and
          "if it fails: london" in browser.text("#choice")[0], browser.text("#choice"))
    names = [t.split("\n")[0] for t in browser.text("#hosts th")]
    check("the chosen one first, then by score", names[0] == "★ paris" and names[1:3] == ["madrid", "london"] and names[-1] == "oslo", names)
    check("markup is text", HOSTILE in names and browser.driver.find_elements(By.CSS_SELECTOR, "td img, th img, th script") == [], names)
    cells = [c.text for c in browser.row("paris").find_elements(By.TAG_NAME, "td")]
    check("the numbers", cells[:7] == ["chosen", "93.2 good", "18.0 ms", "19.8 ms", "1.50 ms", "1.20 %", "20.0 Mbps"], cells)
    drawn = browser.row("paris").find_element(By.TAG_NAME, "svg").get_attribute("aria-label")
    check("the sparkline says what it shows", drawn == "3 answers, 16 to 20 ms, 1 missing", drawn)
    red, green, blue = browser.colour(browser.row("oslo").find_element(By.TAG_NAME, "th"))
    check("a silent host is red, and said to be", red > 2 * green and "does not answer" in browser.row("oslo").text, (red, green, blue))
    red, green, blue = browser.colour(browser.row("paris").find_element(By.TAG_NAME, "th"))
    check("a good one is not", red < 60, (red, green, blue))

    # Degraded: an alert, and a move.
    page = stub.pages["/hosts"]
    page["hosts"][2].update(host("paris", 44, 310.0))
    page["hosts"][1]["chosen"], page["chosen"], page["backups"] = True, "london", []
    page["alerts"] = [{"host": "paris", "rule": "HostpickLatencyCritical", "severity": "critical", "state": "firing",
                       "since": "2026-05-01T10:01:00Z", "text": "latency above 200.00 ms: 310.00 ms"}]
    stub.pages["/decisions"]["decisions"].insert(0, decision(2, "the session moves: this host is better, on london, no longer on paris"))
    browser.until("the move appears", lambda: "no longer on paris" in browser.text("#decisions li")[0] and
                  "london" in browser.text("#choice strong")[0])
    stub.pages["/decisions"]["decisions"].insert(0, decision(3, "the session stays: no host is better", False))
    browser.until("what is decided next appears", lambda: "stays" in browser.text("#decisions li")[0])
    check("the move remains the reason", "no longer on paris" in browser.text("#choice")[0], browser.text("#choice"))
    browser.until("the alert appears", lambda: "critical: paris" in browser.text("#alerts")[0] and
                  "310.00 ms" in browser.text("#alerts")[0])
    check("a time of another day has a date", "2026" in browser.text("#alerts time")[0], browser.text("#alerts time"))
    page["alerts"][0]["since"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    browser.until("one of today has none", lambda: ":" in browser.text("#alerts time")[0] and "20" + time.strftime("%y") not in browser.text("#alerts time")[0])
    red, green, blue = browser.colour(browser.row("paris").find_element(By.TAG_NAME, "th"))
    check("the degraded host is red, in words too", red > 2 * green and "critical" in browser.row("paris").text, (red, green, blue))
    check("the title follows", browser.driver.title == "london – hostpick")

    # By keyboard alone: the filter can be reached, and finds.
    focused = []
    for _ in range(12):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        focused.append(browser.driver.switch_to.active_element.get_attribute("id") or
                       browser.driver.switch_to.active_element.get_attribute("role") or
                       browser.driver.switch_to.active_element.get_attribute("href"))
    check("all can be reached by keyboard", {"filter", "region"} <= set(focused) and any("/metrics" in str(f) for f in focused), focused)
    entry = browser.driver.find_element(By.ID, "filter")
    entry.send_keys("LON")
    check("the filter finds", [t for t in browser.text("#hosts th")] == ["★ london"], browser.text("#hosts th"))
    entry.send_keys("x")
    check("and says when there is none", browser.text("#hosts th") == [] and "No host" in browser.text("#hidden")[0])
    entry.send_keys(Keys.BACKSPACE * 4)

    check("nothing goes wrong", browser.errors() == [], browser.errors())
    stub.works = False
    browser.until("it says that the connection is lost", lambda: "no connection since" in browser.text("#connection")[0])
    check("what was known stays", "london" in browser.text("#choice")[0])
    stub.works = True
    browser.until("it comes back", lambda: browser.text("#connection") == ["live"])
    browser.errors()
    check("nothing else is asked for", set(stub.asked) == {"/", "/hosts", "/decisions"}, set(stub.asked))

    # A thousand hosts.
    page["hosts"] = [host(f"host-{n}", 90 - n / 20, 10.0 + n) for n in range(1000)]
    browser.until("many hosts are cut off", lambda: len(browser.text("#hosts th")) == 200 and "200 of 1000" in browser.text("#hidden")[0])
    took = browser.driver.execute_script("const b = performance.now(); for (let n = 0; n < 5; ++n) showAll(); return (performance.now() - b) / 5;")
    check("and drawn soon enough", took < 200, took)
    page["hosts"] = []
    page["chosen"] = None
    browser.until("none at all", lambda: browser.text("#choice strong") == ["Nobody is chosen"] and browser.text("#hosts th") == [])
    check("still nothing goes wrong", browser.errors() == [])


CONTRAST = """
const luminance = (c) => { const [r, g, b] = c.map((x) => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
                           return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const parse = (c) => c.match(/[\\d.]+/g).map(Number);
const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
const low = [];
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.closest("script, style, caption")) continue;
  const a = luminance(parse(getComputedStyle(e).color).slice(0, 3)), b = luminance(ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) low.push([e.textContent.trim().slice(0, 30), ratio]);
}
return low;
"""
# Nothing sticks out of the page sideways but what scrolls by itself.
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


def looks(browser, page):
    """Light and dark, wide and narrow: nothing is too pale, or sticks out."""
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        for name, width, height, phone in (("desk", 1280, 900, False), ("phone", 360, 780, True)):
            browser.size(width, height, phone)
            time.sleep(0.3)
            browser.shoot(f"{page}-{name}-{scheme}")
            low = browser.driver.execute_script(CONTRAST)
            check(f"{page}: contrast, {name}, {scheme}", low == [], low)
            wide = browser.driver.execute_script(OVERFLOW)
            check(f"{page}: nothing sticks out, {name}", wide <= 0, wide)
    browser.scheme("light")


def real(browser):
    with tempfile.TemporaryFile("w+") as log:
        monitor = subprocess.Popen([MONITOR, "--listen", "127.0.0.1:0"], stdout=log, stderr=log)
        try:
            found = None
            while not found:
                time.sleep(0.1)
                log.seek(0)
                found = re.search(r"look at (http://\S+/) ", log.read())
            browser.size(1280, 900)
            browser.driver.get(found.group(1))
            browser.until("the real monitor chooses", lambda: browser.text("#choice strong")[0] in ("fibre", "cable"), 40)
            first = browser.text("#choice strong")[0]
            urllib.request.urlopen(urllib.request.Request(f"{found.group(1)}demo/impair?host={first}&delay_ms=400&loss=0.3", method="POST"))
            browser.until("it moves", lambda: browser.text("#choice strong")[0] != first, 30)
            browser.until("an alert of it is shown", lambda: f"critical: {first}" in browser.text("#alerts")[0], 30)
            looks(browser, "status")
            check("the real page has no error", browser.errors() == [], browser.errors())
            monitor.terminate()
            monitor.wait(10)
            browser.until("it notices that the monitor is gone", lambda: "no connection since" in browser.text("#connection")[0])
        finally:
            monitor.kill()


# Of each text of a drawing: is it inside?
CLIPPED = """
const out = [];
for (const svg of document.querySelectorAll("svg")) {
  const [x, y, w, h] = svg.getAttribute("viewBox").split(" ").map(Number);
  for (const t of svg.querySelectorAll("text")) {
    const b = t.getBBox();
    if (b.x < x || b.y < y || b.x + b.width > x + w || b.y + b.height > y + h) out.push([t.textContent, b.x, b.x + b.width]);
  }
}
return out;
"""


def report(browser):
    """The page of a report: of weeks that are made up, and of any number of days."""
    weeks = pathlib.Path(__file__).parents[2] / "examples/report/made_up_weeks.py"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, weeks, folder], check=True)
        of = [REPORT, "--history", folder + "/weeks.db"]
        subprocess.run([*of, "import", folder + "/weeks.csv"], check=True, stdout=subprocess.DEVNULL)
        for days in (56, 1, 7, 25, 29, 57):
            subprocess.run([*of, "--from", "2026-09-28", "--days", str(days), "--html", folder + "/page.html"], check=True,
                           stdout=subprocess.DEVNULL)
            browser.size(1280, 900)
            browser.driver.get(f"file://{folder}/page.html")
            clipped = browser.driver.execute_script(CLIPPED)
            check(f"report of {days} days: no word is cut off", clipped == [], clipped)
            if days != 56:
                continue
            looks(browser, "report")
            still = browser.driver.execute_script(
                "return [...document.querySelectorAll('.scroll')].filter((e) => e.tabIndex !== 0 || !e.getAttribute('aria-label')).length")
            check("report: what scrolls can be reached by keyboard, and has a name", still == 0, still)
            check("report: the charts are there", len(browser.driver.find_elements(By.TAG_NAME, "svg")) == 10)
            axes = browser.driver.execute_script(
                "return [...document.querySelectorAll('svg')].map((s) => [...s.querySelectorAll('.grid')].map((l) => l.nextElementSibling)"
                ".filter((t) => t && t.tagName === 'text' && t.getAttribute('text-anchor') === 'end').map((t) => [Number(t.textContent), Number(t.getAttribute('y'))]))")
            for axis in (a for a in axes if len(a) > 2 and not any(x != x for x, _ in a)):
                steps = {round((b[0] - a[0]) / (a[1] - b[1]), 4) for a, b in zip(axis, axis[1:])}
                check("report: numbers beside an axis are where they belong", max(steps) - min(steps) < 0.02 * max(steps), axis)
            check("report: nothing goes wrong", browser.errors() == [], browser.errors())


chromium = Browser()
try:
    made_up(chromium)
    if REPORT:
        report(chromium)
    if os.path.exists(MONITOR):
        real(chromium)
finally:
    chromium.driver.quit()
print("all as it should be" if failures == 0 else f"{failures} failed")
sys.exit(failures > 0)
