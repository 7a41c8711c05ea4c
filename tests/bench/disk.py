#!/usr/bin/env python3
"""What a delivery takes on disk, table by table: ./dev bench disk [--json FILE]

Tables with their indexes and what is stored beside them (TOAST), after the run has drained.

Exit status: 0 every run counts, 1 one does not, 2 wrong usage.
"""

import argparse
import json
import pathlib
import signal
import sys

import measure
import postgres
import stamp
from columns import columns
from installation import BenchError, Installation
from scenarios import SCENARIOS

SCENARIO_NAMES = ("unbatched", "unbatched-lightweight", "batched10", "batched100", "large")

# Who keeps what for how long. The queue is left out: what has ended is no more in it.
KEPT = {
    "events": ("retention_events", ("events", "event_keys")),
    "records": ("retention_records", ("deliveries", "attempts")),
    "bodies": ("retention_bodies", ("delivery_bodies",)),
    "changes": ("a day", ("delivery_changes",)),
}
QUEUE = ("windows", "window_items")

SIZES = """
    SELECT coalesce(pg_partition_root(c.oid), c.oid)::regclass,
           sum(pg_total_relation_size(c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'
    GROUP BY 1"""


def sizes(database: postgres.Postgres) -> dict[str, int]:
    return {table: int(size) for table, size in database.query(SIZES, postgres.DATABASE)}


def by_kind(before: dict, after: dict, items: int) -> dict[str, float]:
    """Bytes an item of each of KEPT, and how large the queue's tables were left in all."""
    found = {kind: round(sum(after[table] - before[table] for table in tables) / items, 1)
             for kind, (_, tables) in KEPT.items()}
    return found | {"queue_bytes": sum(after[table] for table in QUEUE)}


def run(name: str, options: argparse.Namespace) -> dict:
    scenario = SCENARIOS[name]
    before: dict[str, int] = {}

    def begin(installation: Installation) -> None:
        before.update(sizes(installation.postgres))
        before["items"] = installation.page["items"]

    with Installation(scenario, options.bin.resolve(), options.folder) as installation:
        result = measure.run(installation, options.seconds, 0.5, begin)
        after = sizes(installation.postgres)
    items = result["verified"] - before["items"]
    return {"scenario": name, "event_bytes": scenario.event_bytes, "items": items,
            "others_cpu_share": result["others_cpu_share"],
            "wal_bytes_per_event": result["wal_bytes_per_event"],
            "bytes_per_item": by_kind(before, after, items), "problems": result["problems"]}


def rows(results: list[dict]) -> list[tuple]:
    head = ("", "kept for", *(result["scenario"] for result in results))
    return [head, *((kind, kept, *(f"{result['bytes_per_item'][kind]:,.0f}"
                                   for result in results))
                    for kind, (kept, _) in KEPT.items())]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench disk", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="published, each (10)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also written here")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with a release build's programs")
    parser.add_argument("--folder", type=pathlib.Path,
                        help="where the database is made; a real disk (TMPDIR)")
    options = parser.parse_args(arguments)
    if options.seconds < 1:
        parser.error("--seconds is at least 1")
    return options


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    results = []
    for name in SCENARIO_NAMES:
        try:
            results.append(run(name, options))
        except (BenchError, RuntimeError) as error:
            print(f"{name}: {error}")
            return 1
    print("bytes an item:")
    print(columns(rows(results), right=tuple(range(2, 2 + len(results)))))
    problems = [f"{result['scenario']}: {problem}"
                for result in results for problem in result["problems"]]
    for problem in problems:
        print(f"DOES NOT COUNT: {problem}")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        found = stamp.now(options.bin) | {"seconds": options.seconds, "scenarios": results}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
