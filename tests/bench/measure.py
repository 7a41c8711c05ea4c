"""Runs one scenario and says what it measured and what went wrong."""

import dataclasses
import os
import time

import account
import processes
from feeds import Published
from installation import BenchError, Installation

# A drain that receives nothing for so long has lost what is missing.
STALLED_AFTER_S = 20

# What the bench itself runs.
NOT_WINDROW = ("sink", "publisher", "crowd")


@dataclasses.dataclass
class Moment:
    """All counters at one time."""
    at: float
    acked: int
    items: int
    deliveries: int
    usages: dict
    machine_cpu: float
    database: object

    @staticmethod
    def now(installation: Installation) -> "Moment":
        page = installation.page
        return Moment(time.monotonic(), page["acked"], page["items"], page["deliveries"],
                      installation.usages(), processes.machine_cpu(),
                      installation.postgres.counters())


class PostgresMemory:
    """The most private memory that PostgreSQL's processes were seen to hold together; the
    kernel keeps that of each other process."""

    def __init__(self, installation: Installation):
        self._pid = installation.postgres.process.pid
        self.peak = 0

    def look(self) -> None:
        self.peak = max(self.peak, processes.tree_usage(self._pid).rss_bytes)


def run(installation: Installation, seconds: float, warm_up: float, during=None) -> dict:
    """`during` is called with the installation when measuring begins; it may take as long
    as the measuring does."""
    scenario = installation.scenario
    commit_ms = installation.postgres.commit_milliseconds()
    installation.start()
    memory = PostgresMemory(installation)
    installation.start_publisher()
    warm_up_s = warm(installation, memory, warm_up)
    installation.page["measure_from"] = time.monotonic_ns()
    begin = Moment.now(installation)
    if during is not None:
        during(installation)
    watch(installation, memory, seconds - (time.monotonic() - begin.at))
    end = Moment.now(installation)
    installation.page["measure_until"] = time.monotonic_ns()
    published = Published(scenario.feed, installation.stop_publisher())
    drain(installation, published.items)
    sink, records = settled(installation)
    result = {"scenario": scenario.name, **rates(begin, end), **_latencies(sink),
              **costs(begin, end, os.cpu_count(), memory.peak),
              "commit_ms": commit_ms["p50"], "commit_p99_ms": commit_ms["p99"],
              "ack_p50_ms": published.answers["ack_p50_ms"],
              "ack_p99_ms": published.answers["ack_p99_ms"],
              **account.counts([published], sink),
              "warm_up_s": round(warm_up_s, 1),
              "seconds": round(end.at - begin.at, 3), "cores": os.cpu_count()}
    result["problems"] = account.problems([published], sink, records)
    if result["events_per_s"] == 0 or result["deliveries_per_s"] == 0:
        result["problems"].append("nothing was delivered while it was measured")
    return result


def warm(installation: Installation, memory: PostgresMemory, seconds: float) -> float:
    """For so long, and until each webhook has had a delivery: the first one, for which a
    worker reads the profile, costs more. Answers how long that took."""
    begun = time.monotonic()
    watch(installation, memory, seconds)
    wanted = len(installation.scenario.feed.webhooks)
    seen, seen_at = 0, begun
    while (items := installation.page["items"]) < wanted:
        if items != seen:
            seen, seen_at = items, time.monotonic()
        if time.monotonic() - seen_at > STALLED_AFTER_S:
            raise BenchError(f"only {items:,} items were received before measuring")
        watch(installation, memory, 0.2)
    return time.monotonic() - begun


def watch(installation: Installation, memory: PostgresMemory, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.5))
        memory.look()
        installation.check_alive()


def drain(installation: Installation, wanted: int, received=None) -> None:
    """Until the sink has so many items, or gets none any more. `received` says how many it
    has, where not all are meant."""
    count = received or (lambda: installation.page["items"])
    seen, seen_at = 0, time.monotonic()
    while (items := count()) < wanted and time.monotonic() - seen_at < STALLED_AFTER_S:
        if items != seen:
            seen, seen_at = items, time.monotonic()
        installation.check_alive()
        time.sleep(0.05)


def settled(installation: Installation, left: int = 0) -> tuple[dict, dict]:
    """The sink's and the database's counts, when the last outcomes are recorded; `left`
    windows stay."""
    until = time.monotonic() + 20
    while True:
        records = installation.postgres.records()
        if records["pending"] <= left or time.monotonic() > until:
            return installation.sink_stats(), records
        time.sleep(0.2)


def rates(begin: Moment, end: Moment) -> dict:
    seconds = end.at - begin.at
    return {"deliveries_per_s": round((end.deliveries - begin.deliveries) / seconds, 1),
            "events_per_s": round((end.acked - begin.acked) / seconds, 1),
            "items_per_s": round((end.items - begin.items) / seconds, 1)}


def _latencies(sink: dict) -> dict:
    return {key: sink["latency"][key] for key in ("p50_ms", "p95_ms", "p99_ms", "max_ms")}


def costs(begin: Moment, end: Moment, cores: int, postgres_peak: int = 0) -> dict:
    events = max(end.acked - begin.acked, 1)
    deliveries = max(end.deliveries - begin.deliveries, 1)
    items = max(end.items - begin.items, 1)
    database = end.database - begin.database
    used = {name: end.usages[name] - begin.usages[name] for name in begin.usages
            if name in end.usages}
    windrow = sum(usage.cpu_s for name, usage in used.items()
                  if name not in NOT_WINDROW)
    others = end.machine_cpu - begin.machine_cpu - sum(u.cpu_s for u in used.values())
    return {
        "statements_per_event": round(database.statements / events, 5),
        "commits_per_delivery": round(database.commits / deliveries, 5),
        "wal_bytes_per_event": round(database.wal_bytes / events, 1),
        # Windrow and PostgreSQL, by 1,000 items delivered.
        "cpu_s_per_1000": round(windrow / items * 1_000, 4),
        "processes": {name: {"cpu_us_per_item": round(usage.cpu_s / items * 1e6, 1),
                             "context_switches_per_item": round(usage.switches / items, 3),
                             "rss_bytes": usage.rss_bytes,
                             "peak_rss_bytes": max(usage.peak_rss_bytes, postgres_peak)
                             if name == "postgres" else usage.peak_rss_bytes}
                      for name, usage in used.items()},
        # What the machine did beside: above a few hundredths the figures are too low.
        "others_cpu_share": round(max(others, 0) / (end.at - begin.at) / cores, 3),
        "idle_cpu_share": round(max(1 - (end.machine_cpu - begin.machine_cpu)
                                    / (end.at - begin.at) / cores, 0), 3),
    }
