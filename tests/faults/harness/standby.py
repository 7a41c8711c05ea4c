"""A streaming standby of a cluster, and what fail-over takes."""

import os
import pathlib
import pwd

import postgres

from .cluster import Cluster
from .waiting import wait_until

NAME = "standby"


class Standby(Cluster):
    """Commits of the primary wait for it from here on."""

    # pylint: disable-next=super-init-not-called
    def __init__(self, primary: Cluster, folder: pathlib.Path):
        self._databases = 0
        self.log = folder / f"{NAME}.log"
        self.data = folder / NAME
        self.data.mkdir()
        if os.geteuid() == 0:
            os.chown(self.data, pwd.getpwnam("postgres").pw_uid, -1)
        self._run("pg_basebackup", "-h", primary.data, "-U", "postgres", "-X", "stream",
                  "-c", "fast", "--no-sync",
                  "-D", self.data / "data")
        with (self.data / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"unix_socket_directories = '{self.data}'\n"
                       f"cluster_name = '{NAME}'\n"
                       f"primary_conninfo = 'host={primary.data} user=postgres'\n")
        signal_file = self.data / "data" / "standby.signal"
        signal_file.touch()
        self.start()
        primary.query(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
        primary.query("SELECT pg_reload_conf()")
        wait_until(lambda: primary.query("SELECT count(*) FROM pg_stat_replication "
                                         "WHERE sync_state = 'sync'") == [["1"]],
                   "the standby does not stream")

    def promote(self) -> None:
        self.query("SELECT pg_promote()")
        wait_until(lambda: self.query("SELECT pg_is_in_recovery()") == [["f"]],
                   "the standby was not promoted")


def url_of_both(primary: Cluster, standby: Standby, database: str) -> str:
    """As an operator writes it: Windrow finds the one that takes writes."""
    return (f"postgresql:///{database}?host={primary.data},{standby.data}"
            f"&user={postgres.ROLE}")
