#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a history loses where the program is killed, the disk is full, or the database goes away:
nothing that was taken, but at most a batch of a killed one. And whoever measures never waits.

usage: faults_test.py DRIVER REPORT"""
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from private_mariadb import PrivateMariadb

DRIVER, REPORT = sys.argv[1:3]
START_MS, BATCH, WAIT_S = 1_704_067_200_000, 500, 0.2  # as the driver has them
faults = 0


def check(what, fine, *more):
    global faults
    if not fine:
        faults += 1
        print("WRONG:", what, *more)


class Run:
    """A driver that writes samples as they would come, and what it says of them."""

    def __init__(self, target, seconds, rate, most_waiting=100_000, keep_hours=0, prepare=None):
        self.process = subprocess.Popen(
            [DRIVER, "run", target, str(seconds), str(rate), str(most_waiting), str(keep_hours)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=prepare)
        self.said, self.complaints = [], []
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.listen)]
        for t in self.threads:
            t.start()

    def read(self):
        for line in self.process.stdout:
            try:
                self.said.append(json.loads(line))
            except ValueError:
                pass  # killed in the middle of a line

    def listen(self):
        self.complaints = list(self.process.stderr)

    def wait_for(self, what, seconds=15):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.said and what(self.said[-1]):
                return True
            time.sleep(0.02)
        return False

    def end(self):
        self.process.wait(timeout=60)
        for t in self.threads:
            t.join()
        return self.said[-1] if self.said else {}

    def slowest_ms(self):
        """The longest time that it took to hand over what had come since the time before."""
        return float(self.complaints[-1].split()[1])


def times(file):
    with contextlib.closing(sqlite3.connect(file)) as db:
        check("the database is sound", db.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        return [t - START_MS for (t,) in db.execute("SELECT at_ms FROM samples ORDER BY at_ms")]


def all_written(name, run, rows, refused=False):
    """Of a run that was not killed."""
    last = run.end()
    check(f"{name}: all that was taken is written", last and last["written"] == last["taken"] and
          last["waiting"] == 0 and len(rows()) == last["written"], last, len(rows()))
    check(f"{name}: it ends well", run.process.returncode == 0, run.complaints[-5:])
    check(f"{name}: all is counted", last["taken"] + last["refused"] == last["given"], last)
    check(f"{name}: refused only where too much waits", (last["refused"] > 0) == refused, last)
    check(f"{name}: there was trouble, and it is over", last["failures"] > 0 and
          not last["trouble"], last)
    check(f"{name}: nobody waited", run.slowest_ms() < 250, run.slowest_ms())
    lines = [c for c in run.complaints if c.startswith("history") and "refused" not in c]
    check(f"{name}: a refusal is said once", sum("too much is waiting" in c for c in run.complaints) == refused,
          run.complaints)
    # A file that may not grow takes a batch now and then, where a checkpoint makes room.
    check(f"{name}: said when it begins and ends, in turn",
          lines and len(lines) % 2 == 0 and
          [("again" in line) for line in lines] == [False, True] * (len(lines) // 2), lines)


def killed(folder):
    rate = 5000
    for n in range(4):
        file = os.path.join(folder, f"killed{n}.db")
        run = Run(file, 30, rate)
        check("killed: it writes", run.wait_for(lambda s: s["written"] > 0))
        time.sleep(random.Random(n).random() / 2)
        run.process.kill()
        last = run.end()
        rows = times(file)
        check("killed: no hole", rows == list(range(len(rows))))
        check("killed: what was said to be written is there", len(rows) >= last["written"], last)
        # It may have been given more since it last said so, 50 ms before at most.
        allowed = BATCH + rate * (WAIT_S + 0.15)
        check("killed: at most the last batch is lost", last["given"] - len(rows) <= allowed,
              last["given"] - len(rows))
    before = len(times(file))
    run = Run(file, 0.3, 1000)
    last = run.end()
    check("killed: it goes on", last["written"] > 0 and not last["failures"] and
          len(times(file)) == max(before, last["written"]), last)


def full_by_limit(folder):
    file = os.path.join(folder, "limited.db")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    run = Run(file, 2.5, 8000, prepare=limit)
    check("limited: it fails", run.wait_for(lambda s: s["failures"] > 2))
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    all_written("limited", run, lambda: times(file))


def full_disk(folder):
    disk = os.path.join(folder, "disk")
    os.mkdir(disk)
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2M", "tmpfs", disk], capture_output=True)
    if not mounted or mounted.returncode != 0:
        print("a full disk left out: a small one cannot be mounted")
        return
    try:
        file, ballast = os.path.join(disk, "full.db"), os.path.join(disk, "ballast")
        with open(ballast, "wb") as f:
            f.write(bytes(1_500_000))
        run = Run(file, 2.5, 8000, most_waiting=2000)
        check("full disk: it fails", run.wait_for(lambda s: s["failures"] > 2))
        check("full disk: what does not fit is counted", run.wait_for(lambda s: s["refused"] > 0))
        os.remove(ballast)
        all_written("full disk", run, lambda: times(file), refused=True)
    finally:
        subprocess.run(["umount", disk], check=True)


def locked(folder):
    """Another program holds the database, and a report reads it."""
    file = os.path.join(folder, "locked.db")
    run = Run(file, 2, 2000)
    check("locked: it writes", run.wait_for(lambda s: s["written"] > 0))
    other = sqlite3.connect(file, isolation_level=None, timeout=10)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(0.5)
    done = subprocess.run([REPORT, "--history", file, "--from", "2024-01-01", "--days", "1",
                           "--format", "json"], capture_output=True, text=True)
    check("locked: a report is made all the same", done.returncode == 0 and
          json.loads(done.stdout)["days"][0]["samples"] > 0, done.stderr)
    other.execute("ROLLBACK")
    other.close()
    last = run.end()
    check("locked: nothing is lost", last["written"] == last["given"] == len(times(file)), last)
    check("locked: the writer's thread waits for its turn", last["failures"] == 0, last)
    check("locked: nobody waited", run.slowest_ms() < 250, run.slowest_ms())


def replaced(folder):
    """A file that is no database, until somebody takes it away."""
    file = os.path.join(folder, "replaced.db")
    with open(file, "w", encoding="utf-8") as f:
        f.write("this is no database, whatever its name says; " * 20)
    run = Run(file, 1.5, 2000)
    check("replaced: it fails", run.wait_for(lambda s: s["failures"] > 2))
    os.remove(file)
    all_written("replaced", run, lambda: times(file))


def deleted(folder):
    """Somebody deletes the file to start anew: what comes later is in the new one."""
    file = os.path.join(folder, "deleted.db")
    run = Run(file, 2, 2000)
    check("deleted: it writes", run.wait_for(lambda s: s["written"] > 500))
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(file + end)
    last = run.end()
    rows = times(file)
    check("deleted: the rest is written, without a hole", last["written"] == last["given"] and len(rows) > 1500 and
          rows == list(range(rows[0], last["given"])), last, rows[:1], len(rows))
    check("deleted: it is said", any("was deleted" in c for c in run.complaints), run.complaints)


def made_anew(folder):
    """Deleted, and at once made anew by another program."""
    file = os.path.join(folder, "anew.db")
    run = Run(file, 2, 2000)
    check("anew: it writes", run.wait_for(lambda s: s["written"] > 500))
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(file + end)
    subprocess.run([DRIVER, "fill", file, "1", "5", "1"], check=True)
    last = run.end()
    with contextlib.closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT COUNT(*), MAX(at_ms) FROM samples JOIN hosts ON id = host_id WHERE name = 'a'").fetchone()
    check("anew: the rest is written", last["written"] == last["given"] and rows[0] > 1500 and
          rows[1] == START_MS + last["given"] - 1, last, rows)


def migrated(folder):
    file = os.path.join(folder, "old.db")
    db = sqlite3.connect(file)
    db.executescript(f"""
        CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY) WITHOUT ROWID;
        INSERT INTO schema_version VALUES (1);
        CREATE TABLE hosts (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE)
            WITHOUT ROWID;
        CREATE TABLE samples (host_id BIGINT NOT NULL, at_ms BIGINT NOT NULL,
            latency_ms DOUBLE PRECISION, jitter_ms DOUBLE PRECISION, packet_loss DOUBLE PRECISION,
            bandwidth_mbps DOUBLE PRECISION, score DOUBLE PRECISION, failed SMALLINT NOT NULL,
            PRIMARY KEY (host_id, at_ms)) WITHOUT ROWID;
        INSERT INTO hosts VALUES (7, 'a');
        INSERT INTO samples VALUES (7, {START_MS - 1}, 12.5, NULL, NULL, NULL, NULL, 0);""")
    db.close()
    report = [REPORT, "--history", file, "--from", "2023-12-31", "--days", "2"]
    done = subprocess.run(report, capture_output=True, text=True)
    check("an old schema is not read as a new one", done.returncode == 2 and
          "version 1" in done.stderr, done.stderr)
    last = Run(file, 0.2, 1000).end()
    check("an old schema is brought to the new", len(times(file)) == last["written"] + 1 and
          not last["failures"], last)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("DELETE FROM schema_version WHERE version = 3")
        db.execute("DROP TABLE seen_hours")
    done = subprocess.run(report, capture_output=True, text=True)
    check("one that has all that is asked for is read", done.returncode == 0, done.stderr)
    last = Run(file, 0.2, 1000).end()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        check("and remembers when", db.execute("SELECT version FROM schema_version").fetchall() ==
              [(1,), (2,), (3,)] and db.execute("SELECT COUNT(*) FROM decisions").fetchone() == (0,))
        check("and in which hours something was seen", db.execute("SELECT at_ms FROM seen_hours ORDER BY 1").fetchall() ==
              [(START_MS - 3_600_000,), (START_MS,)])
        db.execute("INSERT INTO schema_version VALUES (99)")
    done = subprocess.run(report, capture_output=True, text=True)
    check("a schema of tomorrow is left alone", done.returncode == 2 and "99" in done.stderr)
    last = Run(file, 0.2, 1000).end()
    check("also by who writes", last["written"] == 0 and last["failures"] > 0, last)


def forgotten(folder):
    file = os.path.join(folder, "forgotten in \'time\' = 1.db")  # what a name may hold
    subprocess.run([DRIVER, "fill", file, "2", "15000", "1000"], check=True)
    # Two hosts were seen in five hours, the last of which is kept, and what comes after that was done.
    last = Run(file, 1, 2000, keep_hours=1).end()
    rows = times(file)
    filled = [t for t in rows if t > 5000]
    check("what is too old is deleted, a part at a time", last["written"] == last["given"] and
          min(filled) == 14_400_000 and len(filled) == 2 * 600 and 0 < len(rows) - len(filled) < last["given"],
          filled[:1], len(filled), len(rows), last)
    with contextlib.closing(sqlite3.connect(file)) as db:
        hours = db.execute("SELECT at_ms FROM seen_hours ORDER BY 1").fetchall()
    check("hours are forgotten too", hours in ([(START_MS + 14_400_000,)], [(START_MS,), (START_MS + 14_400_000,)]), hours)


def import_at_once(name, store, environment):
    """Four programs write different hosts, and one that all know, into one history that is new."""
    running = []
    with tempfile.TemporaryDirectory() as folder:
        for n in range(4):
            file = os.path.join(folder, f"{n}.csv")
            with open(file, "w", encoding="utf-8") as f:
                f.write("time,host,latency_ms\n" + "".join(
                    f"{1_700_000_000 + k},{'all' if k % 3 == 0 else f'{n}-{k % 7}'},{n}\n" for k in range(12_000)))
            running.append(subprocess.Popen([REPORT, "--history", store, "import", file, "--time-unit", "seconds"],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment))
        for n, process in enumerate(running):
            out, err = process.communicate(timeout=60)
            check(f"{name}: {n} of four at once is written", process.returncode == 0 and "12000 written" in out, out, err)
    done = subprocess.run([REPORT, "--history", store, "--from", "2023-11-14", "--days", "2", "--format", "json"],
                          capture_output=True, text=True, env=environment)
    samples = {h["host"]: h["samples"] for h in json.loads(done.stdout)["hosts"]} if done.returncode == 0 else {}
    check(f"{name}: all of it is there", len(samples) == 29 and samples["all"] == 4000 and
          sum(samples.values()) == 4000 + 4 * 8000, samples, done.stderr)


def at_once(folder):
    for n in range(3):
        import_at_once("SQLite", os.path.join(folder, f"at once {n}.db"), None)


def away(folder):
    missing = PrivateMariadb.missing()
    if missing:
        print(f"MariaDB left out: there is no {missing}")
        return
    db = PrivateMariadb(folder)
    rows = lambda: db.run("SELECT at_ms FROM hostpick.samples").stdout.split()
    try:
        for name, how in [("stopped", signal.SIGTERM), ("killed", signal.SIGKILL)]:
            db.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
            run = Run(db.target, 3, 2000)
            check("it writes", run.wait_for(lambda s: s["written"] > 0))
            db.stop(how)
            check("it fails", run.wait_for(lambda s: s["failures"] > 2))
            db.start()
            all_written("MariaDB " + name, run, rows)
        db.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
        run = Run(db.target, 2, 2000)
        check("it writes", run.wait_for(lambda s: s["written"] > 0))
        db.process.send_signal(signal.SIGSTOP)  # it hangs
        time.sleep(1)
        db.process.send_signal(signal.SIGCONT)
        last = run.end()
        check("MariaDB hangs: nothing is lost", last["written"] == last["given"] == len(rows()),
              last, len(rows()))
        check("MariaDB hangs: nobody waited", run.slowest_ms() < 250, run.slowest_ms())
        # Names that differ where their bytes do, and the password from the environment.
        db.run("CREATE USER m@localhost IDENTIFIED BY 'it\\'s'; GRANT ALL ON hostpick.* TO "
               "m@localhost")
        target = db.target.replace("user=root", "user=m")
        wrong = subprocess.run([DRIVER, "dump", target], capture_output=True, text=True)
        right = subprocess.run([DRIVER, "dump", target], capture_output=True, text=True,
                               env={**os.environ, "HOSTPICK_HISTORY_PASSWORD": "it's"})
        check("a password", wrong.returncode == 2 and right.returncode == 0 and
              right.stdout.count("\n") == len(rows()), wrong.stderr, right.stderr)
        check("no password is shown", "it's" not in wrong.stderr + right.stderr)
        for _ in range(3):
            db.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
            import_at_once("MariaDB", db.target, None)
        # Who holds rows for longer than the server lets others wait.
        db.run("SET GLOBAL innodb_lock_wait_timeout = 1")
        file = os.path.join(folder, "held.csv")
        with open(file, "w", encoding="utf-8") as f:
            f.write("time,host,latency_ms\n1700000000,all,77\n")
        holder = threading.Thread(target=db.run, args=[
            "USE hostpick; BEGIN; SELECT * FROM samples FOR UPDATE; SELECT SLEEP(2.5); COMMIT"])
        holder.start()
        time.sleep(0.5)
        began = time.monotonic()
        done = subprocess.run([REPORT, "--history", db.target, "import", file, "--time-unit", "seconds"],
                              capture_output=True, text=True)
        check("rows that are held: it is written in the end", done.returncode == 0 and time.monotonic() - began > 1.2,
              done.stderr, time.monotonic() - began)
        holder.join()
        check("and is there", db.run("SELECT MAX(latency_ms) FROM hostpick.samples").stdout.strip() == "77")
        db.run("DROP DATABASE hostpick; CREATE DATABASE hostpick")
        file = os.path.join(folder, "names.csv")
        with open(file, "w", encoding="utf-8") as f:
            f.write("time,host,latency_ms\n" + "".join(f"{1_700_000_000 + n},{h},1\n" for n, h in enumerate(
                ["a", "A", "ä", "123", "1e3", "'; DROP TABLE hosts; --", "\U0001F3AE", ":v"])))
        for store in [os.path.join(folder, "names.db"), target]:
            done = subprocess.run([REPORT, "--history", store, "import", file, "--time-unit",
                                   "seconds"], capture_output=True, text=True,
                                  env={**os.environ, "HOSTPICK_HISTORY_PASSWORD": "it's"})
            check("names", done.returncode == 0, done.stderr)
        names = set(db.run("SELECT name FROM hostpick.hosts").stdout.split("\n")) - {""}
        with contextlib.closing(sqlite3.connect(os.path.join(folder, "names.db"))) as lite:
            same = {n for (n,) in lite.execute("SELECT name FROM hosts")}
        check("each name is one", len(same) == 8 and "123" in same, same)
        check("in both", names == same, names, same)
    finally:
        db.stop()


with tempfile.TemporaryDirectory() as folder:
    for test in [killed, full_by_limit, full_disk, locked, replaced, deleted, made_anew, migrated, forgotten, at_once, away]:
        began = time.monotonic()
        test(folder)
        print(f"{test.__name__}: {time.monotonic() - began:.1f} s")
print("wrong:" if faults else "all as it should be", faults or "")
sys.exit(1 if faults else 0)
