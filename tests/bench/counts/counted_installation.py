"""The bench's installation, with the heap of its programs counted."""

import json
import os
import pathlib
import shlex
import subprocess
import time

from cases import Case
import postgres
from heap_page import HeapPage
from installation import BenchError, Installation

COUNTED = ("server", "worker")
# Counts do not depend on the disk. What would write at times of its own is off.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off",
            "checkpoint_timeout": "1d", "bgwriter_lru_maxpages": "0"}


class CountedInstallation:
    """`with` starts all but the publisher, and ends all."""

    def __init__(self, case: Case, bin_folder: pathlib.Path, folder: pathlib.Path):
        self._bin = bin_folder
        self._folder = folder
        self.pages = {}
        wrapped = folder / "bin"
        wrapped.mkdir()
        for program in bin_folder.iterdir():
            (wrapped / program.name).symlink_to(program)
        for name in COUNTED:
            self.pages[name] = HeapPage(folder / f"{name}.page")
            self._wrap(wrapped / f"windrow-{name}", name, case)
        self.installation = Installation(case.scenario, wrapped, folder)
        self._publisher: subprocess.Popen | None = None
        self.case = case

    def _wrap(self, script: pathlib.Path, name: str, case: Case) -> None:
        """In place of a program: itself, counted."""
        program = script.resolve()
        script.unlink()
        variables = {
            "COUNTED_HEAP": self._folder / f"{name}.page",
            "LD_PRELOAD": self._bin / "windrow-counted-heap.so",
            # Room for a whole round, also where the endpoint counts as slow.
            "WINDROW_CONCURRENCY": case.deliveries,
            "WINDROW_MAX_IN_FLIGHT": 4 * case.deliveries,
        }
        lines = [f"export {key}={shlex.quote(str(value))}"
                 for key, value in variables.items()
                 if name == "worker" or not key.startswith("WINDROW_")]
        lines.append(f'exec {shlex.quote(str(program))} "$@"')
        script.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n", encoding="utf-8")
        script.chmod(0o755)

    def __enter__(self) -> "CountedInstallation":
        self.installation.__enter__()
        try:
            for name, value in SETTINGS.items():
                self.postgres.query(f"ALTER SYSTEM SET {name} = '{value}'")
            self.postgres.query("SELECT pg_reload_conf()")
            self.installation.start()
        except BaseException as error:
            self.__exit__(error)
            raise
        return self

    def __exit__(self, error, *_) -> None:
        if self._publisher is not None:
            self._publisher.stdin.close()
            self._publisher.wait(60)
            self._publisher.stdout.close()
        self.installation.__exit__(error)

    @property
    def postgres(self) -> postgres.Postgres:
        return self.installation.postgres

    def pid(self, name: str) -> int:
        return self.installation.processes[name].pid

    def publish(self, events: int) -> dict:
        """What all answers so far said."""
        if self._publisher is None:
            # pylint: disable-next=consider-using-with
            self._publisher = subprocess.Popen(
                [self._bin / "windrow-counts-publisher", "--server",
                 self.installation.server, "--batch", str(self.case.call), "--matched",
                 str(self.case.scenario.webhooks), "--object-bytes",
                 str(self.case.scenario.event_bytes)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._publisher.stdin.write(f"{events}\n")
        self._publisher.stdin.flush()
        line = self._publisher.stdout.readline()
        if not line:
            raise BenchError("the publisher ended")
        return json.loads(line)

    def wait(self, condition, what: str, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while not condition():
            self.installation.check_alive()
            if time.monotonic() > until:
                raise BenchError(f"{what}: not within {seconds} s")
            time.sleep(0.02)


class HeldLock:
    """What records outcomes waits while this is held, so that they gather behind the first
    ones: a second batch has all the others, on a fast machine and on a slow one."""

    def __init__(self, database: postgres.Postgres):
        # pylint: disable-next=consider-using-with
        self._psql = subprocess.Popen(
            [postgres.BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", database.data,
             "-U", "postgres", "-d", postgres.DATABASE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)

    def __enter__(self) -> "HeldLock":
        self._say("BEGIN; LOCK TABLE deliveries IN SHARE MODE; SELECT 'held';")
        if self._psql.stdout.readline().strip() != "held":
            raise BenchError("the lock was not given")
        return self

    def __exit__(self, *_) -> None:
        self._psql.communicate("ROLLBACK;\n", timeout=30)

    def _say(self, sql: str) -> None:
        self._psql.stdin.write(sql + "\n")
        self._psql.stdin.flush()
