"""Runs one scenario and says what it measured and what went wrong."""

import dataclasses
import os
import time

import processes
from installation import BenchError, Installation
from scenarios import Scenario

# A drain that receives nothing for so long has lost what is missing.
STALLED_AFTER_S = 20


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


class PeakMemory:
    """The most that each process of Windrow was seen to hold."""

    def __init__(self, installation: Installation):
        self._pids = {name: process.pid for name, process in installation.processes.items()
                      if name == "server" or name.startswith("worker")}
        self.bytes = dict.fromkeys(self._pids, 0)

    def look(self) -> None:
        for name, pid in self._pids.items():
            self.bytes[name] = max(self.bytes[name], processes.resident_bytes(pid))


def run(installation: Installation, seconds: float, warm_up: float, during=None) -> dict:
    """`during` is called with the installation when measuring begins; it may take as long
    as the measuring does."""
    scenario = installation.scenario
    commit_ms = installation.postgres.commit_milliseconds()
    installation.start()
    memory = PeakMemory(installation)
    installation.start_publisher()
    _watch(installation, memory, warm_up)
    installation.page["measure_from"] = time.monotonic_ns()
    begin = Moment.now(installation)
    if during is not None:
        during(installation)
    _watch(installation, memory, seconds - (time.monotonic() - begin.at))
    end = Moment.now(installation)
    installation.page["measure_until"] = time.monotonic_ns()
    published = installation.stop_publisher()
    _drain(installation, published["acked"] * scenario.webhooks)
    sink, records = _settled(installation)
    result = {"scenario": scenario.name, **rates(begin, end), **_latencies(sink),
              **costs(begin, end, os.cpu_count()), "commit_ms": commit_ms["p50"],
              "commit_p99_ms": commit_ms["p99"],
              "ack_p50_ms": published["ack_p50_ms"], "ack_p99_ms": published["ack_p99_ms"],
              "peak_rss_bytes": memory.bytes, **counts(scenario, published, sink),
              "seconds": round(end.at - begin.at, 3), "cores": os.cpu_count()}
    result["problems"] = problems(scenario, published, sink, records)
    if result["events_per_s"] == 0 or result["deliveries_per_s"] == 0:
        result["problems"].append("nothing was delivered while it was measured")
    return result


def _watch(installation: Installation, memory: PeakMemory, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.5))
        memory.look()
        installation.check_alive()


def _drain(installation: Installation, wanted: int) -> None:
    page = installation.page
    seen, seen_at = page["items"], time.monotonic()
    while page["items"] < wanted and time.monotonic() - seen_at < STALLED_AFTER_S:
        installation.check_alive()
        time.sleep(0.05)
        if page["items"] != seen:
            seen, seen_at = page["items"], time.monotonic()


def _settled(installation: Installation) -> tuple[dict, dict]:
    """The sink's and the database's counts, when the last outcomes are recorded."""
    until = time.monotonic() + 20
    while True:
        records = installation.postgres.records()
        if records["pending"] == 0 or time.monotonic() > until:
            return installation.sink_stats(), records
        time.sleep(0.2)


def rates(begin: Moment, end: Moment) -> dict:
    seconds = end.at - begin.at
    return {"deliveries_per_s": round((end.deliveries - begin.deliveries) / seconds, 1),
            "events_per_s": round((end.acked - begin.acked) / seconds, 1),
            "items_per_s": round((end.items - begin.items) / seconds, 1)}


def _latencies(sink: dict) -> dict:
    return {key: sink["latency"][key] for key in ("p50_ms", "p95_ms", "p99_ms", "max_ms")}


def costs(begin: Moment, end: Moment, cores: int) -> dict:
    events = max(end.acked - begin.acked, 1)
    deliveries = max(end.deliveries - begin.deliveries, 1)
    items = max(end.items - begin.items, 1)
    database = end.database - begin.database
    used = {name: end.usages[name] - begin.usages[name] for name in begin.usages}
    windrow = sum(usage.cpu_s for name, usage in used.items()
                  if name not in ("sink", "publisher"))
    others = end.machine_cpu - begin.machine_cpu - sum(u.cpu_s for u in used.values())
    return {
        "statements_per_event": round(database.statements / events, 5),
        "commits_per_delivery": round(database.commits / deliveries, 5),
        "wal_bytes_per_event": round(database.wal_bytes / events, 1),
        # Windrow and PostgreSQL, by 1,000 items delivered.
        "cpu_s_per_1000": round(windrow / items * 1_000, 4),
        "cpu_us_per_item": {name: round(usage.cpu_s / items * 1e6, 1)
                            for name, usage in used.items()},
        "context_switches_per_item": {name: round(usage.switches / items, 3)
                                      for name, usage in used.items()},
        # What the machine did beside: above a few hundredths the figures are too low.
        "others_cpu_share": round(max(others, 0) / (end.at - begin.at) / cores, 3),
        "idle_cpu_share": round(max(1 - (end.machine_cpu - begin.machine_cpu)
                                    / (end.at - begin.at) / cores, 0), 3),
    }


def counts(scenario: Scenario, published: dict, sink: dict) -> dict:
    """In items: events times the webhooks that each matches."""
    wanted = published["acked"] * scenario.webhooks
    received = sum(webhook["items"] for webhook in sink["webhooks"])
    return {"published": wanted, "received": received + sink["repeated_items"],
            "verified": received, "lost": wanted - received,
            "duplicated": sink["repeated_items"]}


def problems(scenario: Scenario, published: dict, sink: dict, records: dict) -> list[str]:
    """Why the run does not count; empty where it does."""
    found = []

    def want(what: str, got, wanted) -> None:
        if got != wanted:
            found.append(f"{what}: {got}, expected {wanted}")

    acked = published["acked"]
    items = acked * scenario.webhooks
    deliveries = sink["deliveries"]
    want("events acknowledged", acked, published["sent"])
    for fault in ("refused", "duplicates", "wrong_matched", "wrong_order", "unanswered"):
        want(f"publisher's answers: {fault}", published[fault], 0)
    if published["first_error"]:
        found.append(f"publisher: {published['first_error']}")
    for fault, count in sink["faults"].items():
        want(f"sink: requests with a wrong {fault}", count, 0)
    want("requests verified", sink["verified"], sink["requests"])
    for number, webhook in enumerate(sink["webhooks"]):
        want(f"items received by webhook {number}", webhook["items"], acked)
        want(f"checksum of (event, escmsg_id) at webhook {number}", webhook["item_sum"],
             published["ack_sum"])
    want("items received twice", sink["repeated_items"], 0)
    want("deliveries received twice", sink["repeated_deliveries"], 0)
    want("events stored", records["events"], acked)
    want("deliveries recorded as succeeded", records["succeeded"], deliveries)
    want("items in them", records["items"], items)
    want("deliveries recorded as anything else", records["others"], 0)
    want("windows left", records["pending"], 0)
    return found
