"""Workers that are stopped, started and gone; many of them, and with wrong clocks."""

import datetime
import glob
import json

from fault import Fault
from harness.waiting import Failure, expect, wait_until
from harness.world import LEASE_SLACK, REQUEST_TIMEOUT

LEASE = REQUEST_TIMEOUT + LEASE_SLACK
MARGIN = 4    # seconds for a slow machine
FAR_OFF = 60  # seconds: ten minutes off would show


class TwoTenNoneTen(Fault):
    number = 9
    name = "two workers, ten, none, then ten"

    def run(self, world):
        world.start(workers=2)
        with world.load() as publisher:
            publisher.await_acknowledged(100)
            for number in range(3, 11):
                world.start_worker(f"worker{number}")
            publisher.await_acknowledged(200)
            for number in range(1, 11):
                world.processes[f"worker{number}"].kill()
            publisher.await_acknowledged(100)
            for number in range(1, 11):
                world.start_worker(f"worker{number}")
            publisher.await_acknowledged(300)
            self.kill_half(world)
        return world.settle()

    def kill_half(self, world) -> None:
        """The others take over what those five had out, once its leases have ended."""
        dead = [world.processes[f"worker{number}"] for number in range(1, 6)]
        with world.requests_out():
            for process in dead:
                process.kill()
        names = ",".join(f"'%:{process.pid}'" for process in dead)
        held = f"""SELECT count(*) FROM windows w JOIN workers o ON o.worker_id = w.lease_owner
                   WHERE o.name LIKE ANY (ARRAY[{names}])"""
        expect(world.query(held) != [["0"]], "the dead held nothing")
        # A lease began before the kill at the latest.
        wait_until(lambda: world.query(held) == [["0"]],
                   "something waits for a dead worker", LEASE + MARGIN, every=0.1)


class RollingRestart(Fault):
    number = 10
    name = "SIGTERM rolling restart of workers"
    quick = True
    no_repeats = True

    def run(self, world):
        world.start_server()
        world.mix(timeout=20)  # a slow machine must not look like a slow endpoint
        workers = [world.start_worker(f"old{number}") for number in range(3)]
        with world.load() as publisher:
            for number, worker in enumerate(workers):
                publisher.await_acknowledged(150)
                world.start_worker(f"new{number}")
                worker.stop()
            publisher.await_acknowledged(150)
        return world.settle()


class WrongClocks(Fault):
    number = 12
    name = "clocks of workers 10 minutes off, both ways"

    def run(self, world):
        world.start_server()
        world.mix()
        clocks = {"early": -10, "late": +10}
        for name, off in clocks.items():
            world.start_worker(name, LD_PRELOAD=libfaketime(), FAKETIME=f"{off:+}m",
                               FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")
        with world.load() as publisher:
            publisher.await_acknowledged(300)
        for name, off in clocks.items():
            self.check_that_it_works(world, name, off)
        self.check_times(world)
        return world.settle()

    def check_that_it_works(self, world, name: str, off: int) -> None:
        """Its own log has its own time."""
        started = json.loads(world.processes[name].log_text().splitlines()[0])["time"]
        told = datetime.datetime.fromisoformat(started.replace("Z", "+00:00"))
        now = datetime.datetime.now(datetime.timezone.utc)
        expect(abs((told - now).total_seconds() - off * 60) < FAR_OFF,
               f"worker {name} has the time {started}")
        expect(world.processes[name].running, f"worker {name} ended")

    def check_times(self, world) -> None:
        """Batches wait their second and retries their 0.2 s, by the database's clock."""
        world.settle()
        waits = world.query("""
            SELECT min(extract(epoch FROM d.started_at - e.received_at)),
                   max(extract(epoch FROM d.started_at - e.received_at))
            FROM deliveries d JOIN webhooks h USING (webhook_id)
            JOIN events e ON e.escmsg_id = d.escmsg_ids[1]
            WHERE h.name = 'batched' AND d.item_count < 20 AND d.attempt_count = 1""")[0]
        least, most = map(float, waits)
        expect(least > 0.9, f"a batch went out {least:.1f} s after its first event")
        expect(most < FAR_OFF, f"a batch went out {most:.1f} s after its first event")
        tries = {}
        for request in world.receiver.of("/flaky"):
            tries.setdefault(request.delivery_id, []).append(request.at)
        pauses = [times[1] - times[0] for times in tries.values() if len(times) > 1]
        expect(pauses, "nothing was tried again")
        expect(min(pauses) > 0.1, f"a retry came after {min(pauses):.2f} s")
        expect(max(pauses) < FAR_OFF, f"a retry came after {max(pauses):.1f} s")


def libfaketime() -> str:
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise Failure("libfaketime is not installed (deploy/packages/faults.txt)")
    return found[0]
