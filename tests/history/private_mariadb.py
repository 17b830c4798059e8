# SPDX-License-Identifier: MIT
"""A MariaDB of a test's own: on a socket in a temporary folder, and gone when the test is."""
import getpass
import os
import shutil
import signal
import subprocess
import time


def find(*names):
    """The first of the programs that is there, or None."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return next((p for p in (shutil.which(n, path=path) for n in names) if p), None)


class PrivateMariadb:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "mariadb")
        self.socket = os.path.join(self.folder, "s")
        self.server = find("mariadbd", "mysqld")
        self.process = None
        user = ["--user=" + getpass.getuser()]
        self.options = ["--no-defaults", "--datadir=" + self.folder] + user
        subprocess.run([find("mariadb-install-db", "mysql_install_db")] + self.options +
                       ["--auth-root-authentication-method=normal", "--skip-test-db"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start()
        self.run("CREATE DATABASE hostpick")

    @staticmethod
    def missing():
        """What there has to be and is not, or None."""
        for names in [("mariadbd", "mysqld"), ("mariadb-install-db", "mysql_install_db"),
                      ("mariadb", "mysql")]:
            if not find(*names):
                return names[0]
        return None

    @property
    def target(self):
        return f"mariadb:db=hostpick user=root unix_socket={self.socket}"

    def start(self):
        self.process = subprocess.Popen(
            [self.server] + self.options +
            ["--socket=" + self.socket, "--skip-networking", "--innodb-flush-log-at-trx-commit=2",
             "--innodb-buffer-pool-size=32M"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError("mariadbd ended")
            if self.run("SELECT 1", check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("mariadbd does not answer")

    def run(self, sql, check=True):
        return subprocess.run([find("mariadb", "mysql"), "--no-defaults", "-uroot",
                               "--socket=" + self.socket,
                               "--default-character-set=utf8mb4", "-N", "-B", "-e", sql],
                              check=check, capture_output=True, text=True)

    def stop(self, how=signal.SIGTERM):
        if self.process:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None
