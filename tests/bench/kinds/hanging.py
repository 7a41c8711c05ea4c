"""A thousand endpoints that take each request and never answer."""

import time

from feeds import Published
from installation import BenchError, Installation
from kinds import beside

# Events a second, each for all of them: more than their timeouts let go.
RATE = 1


def run(installation: Installation, options) -> dict:
    crowd = installation.scenario.crowd
    commit_ms = installation.postgres.commit_milliseconds()
    installation.start()
    others = beside.Others(installation)
    alone = others.measure(options.seconds, options.warm_up)
    installation.start_crowd("--rate", RATE)
    # Each of them has one request at least.
    until = time.monotonic() + 60
    while (hanging := installation.sink_stats()["looked_at"]) < len(crowd.webhooks):
        installation.check_alive()
        if time.monotonic() > until:
            raise BenchError(f"only {hanging:,} requests hang")
        time.sleep(0.2)
    phase = others.measure(options.seconds, options.warm_up)
    held, waiting = _queue(installation)
    published = Published(crowd, installation.stop_publisher("crowd"), arrives=False)
    result = beside.result(others, alone, phase, published, left=published.items)
    result["commit_ms"] = commit_ms["p50"]
    result["trouble"] = {"hanging_requests": held, "windows_waiting": waiting}
    if held == 0:
        result["problems"].append("no request hung while the others were measured")
    return result


def _queue(installation: Installation) -> tuple[int, int]:
    """Windows that a worker has, and others."""
    row = installation.postgres.query("""
        SELECT count(*) FILTER (WHERE lease_owner IS NOT NULL),
               count(*) FILTER (WHERE lease_owner IS NULL) FROM windows""", "windrow")[0]
    return int(row[0]), int(row[1])
