"""A throw-away PostgreSQL 15 with durability on, and what its statistics say."""

import contextlib
import dataclasses
import json
import os
import pathlib
import pwd
import re
import subprocess
import time

BIN = pathlib.Path(os.environ.get("WINDROW_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
ROLE = "windrow"      # what Windrow connects as; the bench itself is postgres
DATABASE = "windrow"

# What an operator of a small machine would set. Durability is as PostgreSQL has it by
# default, and is named so that the output shows it.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "lz4",
    "max_connections": "100",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "1000",
    "listen_addresses": "",
    "logging_collector": "off",
}


@dataclasses.dataclass
class Counters:
    statements: int
    commits: int
    wal_bytes: int

    def __sub__(self, other: "Counters") -> "Counters":
        return Counters(self.statements - other.statements, self.commits - other.commits,
                        self.wal_bytes - other.wal_bytes)


def _as_postgres() -> dict:
    """How to start what must not run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres:
    """`settings` come over SETTINGS."""

    def __init__(self, folder: pathlib.Path, settings: dict[str, str] | None = None):
        self.log = folder / "postgres.log"
        self.data = folder / "pg"
        self.data.mkdir()
        if os.geteuid() == 0:
            os.chown(self.data, pwd.getpwnam("postgres").pw_uid, -1)
        self._run("initdb", "-D", self.data / "data", "-U", "postgres", "-A", "trust",
                  "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = (SETTINGS | {"unix_socket_directories": str(self.data)}
                    | (settings or {}))
        with (self.data / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
            for name, value in settings.items():
                conf.write(f"{name} = '{value}'\n")
        self.start()
        self.query(f"CREATE ROLE {ROLE} LOGIN")
        self.query(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        self.query("CREATE EXTENSION pg_stat_statements")

    def start(self) -> None:
        with self.log.open("ab") as log:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                [BIN / "postgres", "-D", self.data / "data"], stdout=log, stderr=log,
                cwd=self.data, **_as_postgres())
        self._await_ready()

    @property
    def url(self) -> str:
        return f"postgresql:///{DATABASE}?host={self.data}&user={ROLE}"

    def _run(self, program: str, *args, **options) -> str:
        done = subprocess.run([BIN / program, *args], capture_output=True, text=True,
                              cwd=self.data, check=False, **_as_postgres(), **options)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")
        return done.stdout

    def _await_ready(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                self.query("SELECT 1")
                return
            except RuntimeError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def query(self, sql: str, database: str = "postgres") -> list[list[str]]:
        """Rows of texts. The default database is apart from Windrow's, so that what the
        bench asks is not in Windrow's counts."""
        out = self._run("psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h",
                        self.data, "-U", "postgres", "-d", database, "-c", sql)
        return [line.split("\t") for line in out.splitlines()]

    @contextlib.contextmanager
    def relaxed(self):
        """While something is set up, commits do not wait for the disk: nothing is measured
        meanwhile, and durability is as before when it ends."""
        self._set_commit("off")
        try:
            yield
        finally:
            self._set_commit("on")
            self.query("CHECKPOINT")

    def _set_commit(self, value: str) -> None:
        self.query(f"ALTER SYSTEM SET synchronous_commit = {value}")
        self.query("SELECT pg_reload_conf()")
        until = time.monotonic() + 10
        while self.query("SHOW synchronous_commit") != [[value]]:
            if time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL does not take synchronous_commit = {value}")
            time.sleep(0.05)

    def counters(self) -> Counters:
        """Backends hand their numbers on when a transaction ends, at most once a second."""
        row = self.query(f"""
            SELECT (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s
                    JOIN pg_roles r ON r.oid = s.userid
                    WHERE s.toplevel AND r.rolname = '{ROLE}'),
                   xact_commit, pg_current_wal_insert_lsn() - '0/0'
            FROM pg_stat_database WHERE datname = '{DATABASE}'""")[0]
        return Counters(*map(int, row))

    def statement_costs(self, limit: int) -> list[dict]:
        rows = self.query(f"""
            SELECT json_build_object('query', query, 'calls', calls, 'rows', rows,
                                     'total_ms', total_exec_time, 'wal_bytes', wal_bytes,
                                     'dirtied', shared_blks_dirtied)
            FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
            WHERE r.rolname = '{ROLE}' ORDER BY total_exec_time DESC LIMIT {limit}""")
        return [json.loads(row[0]) for row in rows]

    def reset_statements(self) -> None:
        self.query("SELECT pg_stat_statements_reset()")

    def commit_milliseconds(self) -> dict:
        """How long one small durable transaction takes, nothing else running."""
        self.query("CREATE TABLE commit_probe (n int8)")
        script = self.data / "commit.sql"
        script.write_text("INSERT INTO commit_probe VALUES (1);\n", encoding="utf-8")
        self._run("pgbench", "-n", "-M", "prepared", "-c", "1", "-t", "500", "-l",
                  "--log-prefix", self.data / "commit", "-f", script, "-h", self.data,
                  "-U", "postgres", "postgres")
        micros = []
        for log in self.data.glob("commit.[0-9]*"):
            micros += [int(re.split(" ", line)[2]) for line in log.read_text().splitlines()]
        micros.sort()
        return {"p50": micros[len(micros) // 2] / 1e3,
                "p99": micros[len(micros) * 99 // 100] / 1e3}

    def records(self) -> dict:
        """What the delivery records and the queue hold: in one statement, so that a
        delivery that ends just now is in one of the two."""
        succeeded = 5
        row = self.query(f"""
            SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM windows),
                   count(*) FILTER (WHERE state = {succeeded}),
                   coalesce(sum(item_count) FILTER (WHERE state = {succeeded}), 0),
                   count(*) FILTER (WHERE state <> {succeeded})
            FROM deliveries""", DATABASE)[0]
        return dict(zip(("events", "pending", "succeeded", "items", "others"),
                        map(int, row)))

    def stop(self) -> None:
        self.process.send_signal(2)  # SIGINT: a fast shutdown
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.send_signal(3)  # SIGQUIT: at once
            self.process.wait(30)
