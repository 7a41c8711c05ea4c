"""What is broken while a soak runs, one at a time, and mended by itself."""

import collections
import contextlib
import random
import time

from harness.receiver import Answer
from harness.world import LEASE_SLACK, World, fails

# Seconds that an endpoint has: on a machine that is busy with everything else at once, its
# answers must not look like an endpoint's that hangs.
MORE_TIME = 5
HELD_SECONDS = MORE_TIME + LEASE_SLACK + 1  # past any lease
MORTAL_WORKERS = ("worker2", "worker3")


class Damage:
    """`done` counts what was broken, by name."""

    def __init__(self, world: World, chance: random.Random):
        self.random = chance
        self.done: collections.Counter = collections.Counter()
        self.last = "nothing"
        self._world = world
        self._kinds = {
            "kill -9 of a worker": self._kill_worker,
            "kill -9 of a server": self._kill_server,
            "SIGTERM of a worker": self._restart_worker,
            "SIGTERM of a server": self._restart_server,
            "SIGSTOP of a worker past its leases": self._hold_worker,
            "SIGSTOP of the worker that lives on": self._hold_steady_worker,
            "the database crashes": self._crash_database,
            "the database is away for 3 s": self._absent_database,
            "every connection to the database is cut": self._cut_connections,
            "an endpoint fails for 3 s": self._failing_endpoint,
            "an endpoint hangs for 6 s": self._hanging_endpoint,
            "a profile is edited": self._edit_profile,
        }

    def do_one(self) -> None:
        name = self.random.choice(list(self._kinds))
        self.last = name
        self.done[name] += 1
        self._kinds[name]()

    def mend(self) -> None:
        """So that what is out can end."""
        self._world.receiver.answers.pop("/plain", None)

    def _kill_worker(self) -> None:
        name = self.random.choice(MORTAL_WORKERS)
        self._world.processes[name].kill()
        self._world.start_worker(name)

    def _kill_server(self) -> None:
        self._world.processes["server2"].kill()
        self._world.start_server("server2")

    def _restart_worker(self) -> None:
        name = self.random.choice(MORTAL_WORKERS)
        self._world.processes[name].stop()
        self._world.start_worker(name)

    def _restart_server(self) -> None:
        self._world.processes["server2"].stop()
        self._world.start_server("server2")

    def _hold(self, name: str) -> None:
        self._world.processes[name].hold()
        time.sleep(HELD_SECONDS)
        self._world.processes[name].go_on()

    def _hold_worker(self) -> None:
        self._hold(self.random.choice(MORTAL_WORKERS))

    def _hold_steady_worker(self) -> None:
        self._hold("steady-worker")

    def _crash_database(self) -> None:
        self._world.cluster.restart()

    def _absent_database(self) -> None:
        self._world.cluster.crash()
        time.sleep(3)
        self._world.cluster.start()

    def _cut_connections(self) -> None:
        self._world.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                          "WHERE application_name LIKE 'windrow%'")

    def _for_a_while(self, answer, seconds: float) -> None:
        self._world.receiver.answers["/plain"] = answer
        time.sleep(seconds)
        self.mend()

    def _failing_endpoint(self) -> None:
        self._for_a_while(fails, 3)

    def _hanging_endpoint(self) -> None:
        self._for_a_while(lambda _request: Answer(after=MORE_TIME + 1), 6)

    def _edit_profile(self) -> None:
        target = self._world.targets[0]
        # The database may still be coming back: then this one is left out.
        with contextlib.suppress(Exception):
            self._world.windrow("--server", self._world.address("server"), "webhook",
                                "update", target.webhook_id, "--description",
                                f"edit {self.done.total()}")
