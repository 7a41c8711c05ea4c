"""How much memory server and worker take while so many requests wait for their answers."""

import time

import budgets
from feeds import Published
from installation import BenchError, Installation

MIB = 2**20
WITHIN_S = 120
# Resident, each of the programs: with small bodies, and with those of 64 KiB.
MOST_MIB = 100
MOST_MIB_LARGE = 1_024
LARGE = 16 * 1024


def run(installation: Installation, _options) -> dict:
    scenario = installation.scenario
    wanted = len(scenario.feed.webhooks)
    installation.start()
    before = installation.usages()
    # One event, which every webhook wants.
    installation.start_publisher(limit=1)
    answers = installation.await_publisher("publisher")
    in_flight = _await_all(installation, wanted)
    usages = installation.usages()
    published = Published(scenario.feed, answers, arrives=False)
    most = MOST_MIB_LARGE if scenario.event_bytes >= LARGE else MOST_MIB
    programs = ("server", "worker")
    peak = {name: usages[name].peak_rss_bytes / MIB for name in programs}
    return {
        "scenario": scenario.name, "in_flight": in_flight,
        "event_bytes": scenario.event_bytes,
        "memory": {name: {"before_mib": round(before[name].rss_bytes / MIB, 1),
                          "in_flight_mib": round(usages[name].rss_bytes / MIB, 1),
                          "peak_mib": round(peak[name], 1)} for name in programs},
        "budgets": {f"{name}, resident, MiB": budgets.at_most(most, round(peak[name], 1))
                    for name in programs},
        "problems": problems(published, in_flight, wanted)}


def _await_all(installation: Installation, wanted: int) -> int:
    """Until each webhook has a request at the sink. Answers how many of them are on record
    as in flight: none has ended."""
    until = time.monotonic() + WITHIN_S
    while (hanging := installation.sink_stats()["looked_at"]) < wanted:
        installation.check_alive()
        if time.monotonic() > until:
            raise BenchError(f"only {hanging:,} of {wanted:,} requests are in flight")
        time.sleep(0.2)
    return int(installation.postgres.query(
        "SELECT count(*) FROM windows WHERE lease_owner IS NOT NULL", "windrow")[0][0])


def problems(published: Published, in_flight: int, wanted: int) -> list[str]:
    found = []
    if published.answers["acked"] != 1:
        found.append(f"the event was not published: {published.answers['first_error']}")
    if in_flight < wanted:
        found.append(f"{in_flight:,} in flight, not {wanted:,}")
    return found


def text(found: dict) -> str:
    lines = [f"{found['scenario']}\n    {found['in_flight']:,} requests in flight, "
             f"{found['event_bytes']:,}-byte events"]
    for name, memory in found["memory"].items():
        lines.append(f"    {name + ':':<8} {memory['before_mib']:.0f} MiB before, "
                     f"{memory['in_flight_mib']:.0f} in flight, {memory['peak_mib']:.0f} "
                     "at most")
    lines.append(f"    {budgets.text(found['budgets'])}")
    return "\n".join(lines)
