"""PostgreSQL behind PgBouncer, and a standby that takes over."""

import os
import signal

from processes import children
from fault import Fault
from harness.pooler import Pooler
from harness.standby import Standby, url_of_both
from harness.waiting import expect, wait_until

MOST_SECONDS = 30  # until all goes on after a fail-over


class BehindPgBouncer(Fault):
    number = 23
    name = "PgBouncer in transaction mode: 3 sessions, killed once"
    takes_options = False

    def run(self, world):
        pooler = Pooler(world.cluster, world.folder, world.database, sessions=3,
                        takes_options=self.takes_options)
        world.after.append(pooler.close)
        behind = {"WINDROW_DATABASE_URL": pooler.url}
        server = world.start_server(**behind)
        world.mix(timeout=5)
        worker = world.start_worker("worker1", **behind, **self.direct(world))
        other = world.start_worker("worker2", **behind, **self.direct(world))
        with world.load(pace=200) as publisher:
            publisher.await_acknowledged(600, 60)
            pooler.close()
            pooler.start()
            publisher.await_acknowledged(600, 60)
        for program in (server, worker, other):
            expect(program.running, f"{program.name} ended")
            expect('"event":"database_pooler"' in program.log_text(),
                   f"{program.name} does not know that a pooler is between")
            for state in ("26000", "42P05"):  # of prepared statements
                expect(state not in program.log_text(), f"{program.name}: SQLSTATE {state}")
        polls = '"event":"listen_impossible"' in worker.log_text()
        expect(polls != bool(self.direct(world)), "LISTEN did not go where it should")
        world.windrow("migrate")
        refused = world.windrow("migrate", check=False, **behind)
        expect("pooler" in refused.stderr, f"migrate through a pooler: {refused.stderr}")
        return world.settle()

    def direct(self, _world) -> dict[str, str]:
        return {}


class BehindPgBouncerThatTakesOptions(BehindPgBouncer):
    number = 23
    name = "PgBouncer that drops settings; LISTEN goes directly"
    takes_options = True

    def direct(self, world):
        return {"WINDROW_DATABASE_DIRECT_URL": world.cluster.url_of(world.database)}


class FailOver(Fault):
    """Commits wait for the standby: what was acknowledged is there."""
    number = 24
    name = "primary killed, synchronous standby promoted"
    settings = {"max_wal_senders": "4"}

    def run(self, world):
        primary = world.cluster
        standby = Standby(primary, world.folder)
        world.after.append(standby.close)
        both = {"WINDROW_DATABASE_URL": url_of_both(primary, standby, world.database)}
        server = world.start_server(**both)
        world.mix(timeout=5)
        worker = world.start_worker(**both)
        with world.load(pace=200) as publisher:
            publisher.await_acknowledged(400, 60)
            self.lose(world, primary)
            standby.promote()
            world.cluster = standby
            standby.query("ALTER SYSTEM RESET synchronous_standby_names")
            standby.query("SELECT pg_reload_conf()")
            publisher.await_acknowledged(300, MOST_SECONDS)
            wait_until(lambda: world.query(
                "SELECT count(*) FROM deliveries WHERE finished_at > pg_postmaster_start_time()"
            ) != [["0"]], "the worker does not go on", MOST_SECONDS)
        expect(server.running and worker.running, "a program ended with the primary")
        return world.settle()

    def lose(self, _world, primary) -> None:
        """As when its machine dies: every process of it."""
        for pid in [primary.process.pid, *children(primary.process.pid)]:
            os.kill(pid, signal.SIGKILL)
        primary.process.wait(30)


class Fenced(FailOver):
    """The old primary lives on and answers, but takes no writes."""
    number = 24
    name = "primary fenced read-only, synchronous standby promoted"

    def lose(self, world, primary) -> None:
        primary.query("ALTER SYSTEM SET default_transaction_read_only = on")
        primary.query("SELECT pg_reload_conf()")
        wait_until(lambda: '"kind":"read_only"' in world.processes["server"].log_text(),
                   "the server does not notice that the primary is read-only")
