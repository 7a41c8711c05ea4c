"""PostgreSQL that answers, but not as it should: and then is well again."""

import contextlib
import os
import pathlib
import subprocess
import tempfile

import postgres

from fault import Fault
from harness.cluster import Cluster
from harness.waiting import Failure, expect, wait_until

CONNECTIONS = 40


class Unwell(Fault):
    """Both programs say what is wrong, and go on by themselves."""
    number = 0
    kind = ""  # of windrow_database_errors_total

    def run(self, world):
        world.start_server()
        world.mix(timeout=5)
        world.start_worker()
        programs = dict(world.processes)
        with world.load(pace=100) as publisher:
            publisher.await_acknowledged(100)
            with self.trouble(world):
                for program in programs.values():
                    wait_until(lambda p=program: f'"kind":"{self.kind}"' in p.log_text(),
                               f"{program.name} does not tell of {self.kind}", 30)
                wait_until(lambda: any(e.refused for e in list(publisher.ledger.values())),
                           "no event was refused")
            publisher.await_acknowledged(200)
        expect(all(program.running for program in programs.values()),
               "a program ended with the database's trouble")
        return world.settle()

    def trouble(self, world):
        """A context: what is wrong is mended at its end."""
        raise NotImplementedError


class OutOfConnections(Unwell):
    number = 6
    name = "PostgreSQL out of connections"
    kind = "out_of_connections"
    settings = {"max_connections": str(CONNECTIONS)}

    @contextlib.contextmanager
    def trouble(self, world):
        eaters = []
        try:
            wait_until(lambda: self.eat(world, eaters), "connections are left", 60)
            yield
        finally:
            for eater in eaters:
                eater.kill()
                eater.wait()

    @staticmethod
    def eat(world, eaters: list) -> bool:
        """Takes what is free, and what Windrow has: true where it has none."""
        world.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name LIKE 'windrow%'")
        for _ in range(CONNECTIONS):
            # pylint: disable-next=consider-using-with
            eaters.append(subprocess.Popen(
                [postgres.BIN / "psql", "-XAtqw", world.cluster.url_of(world.database)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        theirs, ours = map(int, world.query("""
            SELECT count(*) FILTER (WHERE application_name = 'psql'),
                   count(*) FILTER (WHERE application_name LIKE 'windrow%')
            FROM pg_stat_activity""")[0])
        return ours == 0 and theirs > CONNECTIONS / 2


class ReadOnly(Unwell):
    number = 6
    name = "PostgreSQL read-only"
    kind = "read_only"
    settings = {"max_connections": "60"}  # one of its own: this is for all databases

    @contextlib.contextmanager
    def trouble(self, world):
        world.query("ALTER SYSTEM SET default_transaction_read_only = on")
        world.query("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            world.query("ALTER SYSTEM RESET default_transaction_read_only")
            world.query("SELECT pg_reload_conf()")


class DiskFull(Unwell):
    number = 6
    name = "PostgreSQL's disk full"
    kind = "disk_full"
    megabytes = 360

    def run(self, world):
        if os.geteuid() != 0:
            raise Failure("mounting a small disk takes root")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="windrow-disk-"))
        world.after.append(folder.rmdir)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.megabytes}m,mode=755",
                        "windrow-disk", folder], check=True)
        world.after.append(lambda: subprocess.run(["umount", folder], check=True))
        cluster = Cluster(folder, world.bin, {"max_wal_size": "64MB", "min_wal_size": "32MB",
                                              "shared_buffers": "16MB"})
        world.after.append(cluster.close)
        world.cluster = cluster
        world.database = cluster.new_database()
        return super().run(world)

    @contextlib.contextmanager
    def trouble(self, world):
        """PostgreSQL itself ends where its log of writes has no room: then whoever looks
        after it starts it again."""
        ballast = world.cluster.data / "ballast"
        try:
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as out:
                while True:
                    out.write(b"x" * 65536)
            yield
        finally:
            ballast.unlink()
            if not world.cluster.running:
                world.cluster.start()
