"""A receiver that answered 404 comes back; an operator recovers what failed."""

import subprocess
import time

from feeds import Published
from installation import BenchError, Installation
from kinds import beside

RATE = 10_000  # deliveries a second: the most that an operation may have
FAILED = 6     # deliveries.state


def run(installation: Installation, options) -> dict:
    scenario, page = installation.scenario, installation.page
    commit_ms = installation.postgres.commit_milliseconds()
    installation.start()
    others = beside.Others(installation)
    alone = others.measure(options.seconds, options.warm_up)
    page["away"] = 1
    installation.start_crowd("--limit", scenario.deliveries, "--outstanding",
                             scenario.deliveries)
    published = Published(scenario.crowd, installation.await_publisher("crowd"))
    beside.await_that(lambda: _failed(installation) >= published.items,
                      "not all deliveries fail", lambda: time.sleep(0.5))
    page["away"] = 0
    recovery = Recovery(installation, published)
    phase = others.measure(options.seconds, 0, recovery.ended)
    recovery.judge()
    result = beside.result(others, alone, phase, published)
    result["commit_ms"] = commit_ms["p50"]
    result["trouble"] = recovery.figures()
    return result


def _failed(installation: Installation) -> int:
    row = installation.postgres.query(
        f"SELECT count(*) FROM deliveries WHERE state = {FAILED}", "windrow")[0]
    return int(row[0])


class Recovery:
    """`windrow webhook recover`, and when each part of it was over."""

    def __init__(self, installation: Installation, published: Published):
        self._installation = installation
        self._wanted = published.items
        webhook_id = installation.postgres.query(
            "SELECT webhook_id FROM webhooks WHERE name = 'bench 0'", "windrow")[0][0]
        self._begun = time.monotonic()
        # pylint: disable-next=consider-using-with
        self._command = subprocess.Popen(
            [installation.bin / "windrow", "--server", installation.server, "webhook",
             "recover", webhook_id, "--since", "1h", "--rate", str(RATE)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._queued_s = self._delivered_s = 0.0

    def ended(self) -> bool:
        """Everything is in the queue again, and was received."""
        now = time.monotonic() - self._begun
        if not self._queued_s and self._command.poll() is not None:
            self._queued_s = now
        if not self._delivered_s:
            received = self._installation.sink_stats()["webhooks"][0]["items"]
            if received >= self._wanted:
                self._delivered_s = now
        failed = self._command.returncode not in (None, 0)
        return failed or bool(self._queued_s and self._delivered_s)

    def judge(self) -> None:
        said, _ = self._command.communicate()
        if self._command.returncode != 0:
            raise BenchError(f"windrow webhook recover: {said.strip()}")

    def figures(self) -> dict:
        return {"failed": self._wanted, "rate_asked_for": RATE,
                "queued_in_s": round(self._queued_s, 1),
                "delivered_in_s": round(self._delivered_s, 1),
                "delivered_per_s": round(self._wanted / self._delivered_s, 1)}
