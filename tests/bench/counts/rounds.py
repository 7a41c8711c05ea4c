"""Runs a case and says what an event, and an item, costs.

A round is made so that what a transaction holds does not depend on how fast the machine
is: while the worker stands still, the events are published; then it finds all of them due,
claims them together, and its outcomes gather behind a lock.
"""

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

from cases import (
    BY_THE_CLOCK,
    BY_THE_CONNECTION,
    WRITERS_BY_THE_CLOCK,
    Case,
)
import account
import postgres
import processes
from counted_installation import CountedInstallation, HeldLock
from feeds import Published
from installation import BenchError

ROOT = pathlib.Path(__file__).resolve().parents[3]
SQL = ROOT / "common" / "store" / "postgres" / "sql"

def statement_names() -> dict[str, str]:
    """The first line of each statement's file → its name."""
    return {file.read_text(encoding="utf-8").splitlines()[0].strip(): file.stem
            for file in SQL.glob("*.sql")}


def name_of(query: str, names: dict[str, str]) -> str:
    first = query.strip().splitlines()[0].strip()
    return names.get(first, first[:60])


@dataclasses.dataclass
class Costs:
    """Of some phases together."""
    calls: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    wal: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    commits: int = 0
    allocations: int = 0
    heap_bytes: int = 0

    def figures(self, count: int) -> dict[str, float]:
        """By one of `count`."""
        return {"statements": self.calls.total() / count,
                "commits": self.commits / count,
                "wal_bytes": self.wal.total() / count,
                "allocations": self.allocations / count,
                "heap_bytes": self.heap_bytes / count}


class Meter:
    """Adds up what one program does between begin and end."""

    def __init__(self, counted: CountedInstallation, program: str,
                 names: dict[str, str]):
        self.costs = Costs()
        self._postgres = counted.postgres
        self._page = counted.pages[program]
        self._names = names
        self._lsn = ""
        self._heap = (0, 0)

    def begin(self) -> None:
        self._lsn, _ = self._look()
        self._heap = (self._page.allocations, self._page.bytes)

    def end(self) -> None:
        heap = (self._page.allocations, self._page.bytes)
        lsn, statements = self._look()
        self.costs.allocations += heap[0] - self._heap[0]
        self.costs.heap_bytes += heap[1] - self._heap[1]
        commits = self._commits(self._lsn, lsn) - 1  # one is that of _look
        for statement in statements:
            name = name_of(statement["query"], self._names)
            if name in WRITERS_BY_THE_CLOCK:
                commits -= statement["calls"]
            if name not in BY_THE_CLOCK and not name.startswith(BY_THE_CONNECTION):
                self.costs.calls[name] += statement["calls"]
                self.costs.wal[name] += statement["wal_bytes"]
        self.costs.commits += commits

    def _look(self) -> tuple[str, list[dict]]:
        """Where the log is, and what was run since the last look. The message brings all
        of the log before it to the file."""
        rows = self._postgres.query(f"""
            SELECT pg_current_wal_insert_lsn();
            SELECT coalesce(jsonb_agg(json_build_object('query', query, 'calls', calls,
                                                       'wal_bytes', wal_bytes)), '[]')
            FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
            WHERE s.toplevel AND r.rolname = '{postgres.ROLE}';
            SELECT pg_stat_statements_reset();
            SELECT pg_logical_emit_message(true, 'counts', '')""")
        return rows[0][0], json.loads(rows[1][0])

    def _commits(self, begin: str, end: str) -> int:
        """Transactions that wrote something."""
        done = subprocess.run(
            [postgres.BIN / "pg_waldump", "-p",
             self._postgres.data / "data" / "pg_wal", "-s", begin, "-e", end, "-r",
             "Transaction", "--stats=record"],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"pg_waldump: {done.stderr.strip()}")
        found = re.search(r"^Transaction/COMMIT\s+(\d+)", done.stdout, re.MULTILINE)
        return int(found[1]) if found else 0


class Rounds:
    def __init__(self, counted: CountedInstallation):
        self._counted = counted
        self._case = counted.case
        self._worker = counted.pid("worker")
        self._due = 0  # items
        names = statement_names()
        self.publish = Meter(counted, "server", names)
        self.deliver = Meter(counted, "worker", names)

    def run(self) -> dict:
        """The publisher's last answer."""
        # A webhook that never answered is sent one request. Then a whole round, which
        # opens the connections and fills the caches.
        for events in (self._case.call, self._case.events):
            self._round(events)
        self.publish.costs, self.deliver.costs = Costs(), Costs()
        for _ in range(self._case.rounds):
            published = self._round(self._case.events)
        return published

    def _round(self, events: int) -> dict:
        counted = self._counted
        with self._standing_still():
            self.publish.begin()
            published = counted.publish(events)
            self.publish.end()
            self.deliver.begin()
        self._due += events * self._case.scenario.webhooks
        with HeldLock(counted.postgres):
            os.kill(self._worker, signal.SIGCONT)
            counted.wait(lambda: counted.installation.page["items"] >= self._due,
                         "the sink gets all that was published")
            self._await_quiet()
        counted.wait(lambda: counted.postgres.records()["pending"] == 0,
                     "all outcomes are recorded")
        self._await_quiet()
        self.deliver.end()
        return published

    @contextlib.contextmanager
    def _standing_still(self):
        os.kill(self._worker, signal.SIGSTOP)
        try:
            yield
        except BaseException:
            os.kill(self._worker, signal.SIGCONT)
            raise

    def _await_quiet(self) -> None:
        """Until the worker has taken in what it was sent, and takes no more CPU."""
        quiet, before = 0, -1.0
        until = time.monotonic() + 60
        while quiet < 3 and time.monotonic() < until:
            now = processes.usage(self._worker).cpu_s
            quiet = quiet + 1 if now - before < 0.005 else 0
            before = now
            time.sleep(0.03)


def run(case: Case, bin_folder: pathlib.Path) -> dict:
    """Figures by phase, and what kept them from counting."""
    with tempfile.TemporaryDirectory(prefix="windrow-counts-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        with CountedInstallation(case, bin_folder, folder) as counted:
            rounds = Rounds(counted)
            published = rounds.run()
            problems = account.problems([Published(case.scenario.feed, published)],
                                        counted.installation.sink_stats(),
                                        counted.postgres.records())
    return {"case": case.name, "problems": problems, **_shown(case, rounds)}


def _shown(case: Case, rounds: Rounds) -> dict:
    events = case.events * case.rounds
    costs = {"publish": (rounds.publish.costs, events),
             "deliver": (rounds.deliver.costs, events * case.scenario.webhooks)}
    return {"figures": {phase: cost.figures(count)
                        for phase, (cost, count) in costs.items() if phase in case.phases},
            "statements": {phase: {name: {"calls": calls, "wal_bytes": cost.wal[name]}
                                   for name, calls in cost.calls.most_common()}
                           for phase, (cost, _) in costs.items()}}
