"""A PostgreSQL for faults: a database for each, made from one that is migrated."""

import os
import pathlib
import signal
import subprocess

import postgres

from .waiting import Failure

TEMPLATE = postgres.DATABASE


class Cluster(postgres.Postgres):
    """Lasts for one fault or for many; close() ends it. `bin_folder` has `windrow`."""

    def __init__(self, folder: pathlib.Path, bin_folder: pathlib.Path,
                 settings: dict[str, str] | None = None):
        self._databases = 0
        # Else a start after a crash opens every file of every fault's database.
        super().__init__(folder, {"recovery_init_sync_method": "syncfs"} | (settings or {}))
        try:
            self._migrate(bin_folder)
        except BaseException:
            self.close()
            raise

    def _migrate(self, bin_folder: pathlib.Path) -> None:
        done = subprocess.run([bin_folder / "windrow", "migrate"], capture_output=True,
                              env=os.environ | {"WINDROW_DATABASE_URL": self.url_of(TEMPLATE)},
                              text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Failure(f"windrow migrate: {done.stderr.strip()}")

    @property
    def socket(self) -> pathlib.Path:
        """Where it listens."""
        return self.data / ".s.PGSQL.5432"

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def url_of(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.data}&user={postgres.ROLE}"

    def new_database(self) -> str:
        """Migrated and empty."""
        self._databases += 1
        name = f"windrow_{self._databases}"
        self.query(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {postgres.ROLE}")
        return name

    def drop(self, database: str) -> None:
        """Else what is left to tidy in it (vacuum, writing pages) falls into the next fault,
        which may measure time."""
        self.query(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def dump(self, database: str, file: pathlib.Path) -> None:
        file.write_text(self._run("pg_dump", "-h", self.data, "-U", "postgres", database),
                        encoding="utf-8")

    def crash(self) -> None:
        """As `pg_ctl stop -m immediate`: what is not on disk is gone."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def restart(self) -> None:
        """As `pg_ctl restart -m immediate`; returns when it answers."""
        self.crash()
        self.start()

    def close(self) -> None:
        if self.running:
            self.crash()
