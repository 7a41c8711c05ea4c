#!/usr/bin/env python3
"""Throughput and latency against offered load, cost against the size of batches:
./dev bench sweep [load] [batch] [--seconds N] [--json FILE]

Each point is a run of its own as of ./dev bench, with all of its checks. The load rises
until less was delivered than offered twice in a row.

Exit status: 0 every run counts, 1 one does not, 2 wrong usage.
"""

import argparse
import json
import pathlib
import signal
import sys

import run
import stamp
import table
from scenarios import Scenario

RATES = (500, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000, 16_000, 18_000,
         20_000, 25_000, 30_000)
BATCHES = (1, 3, 10, 30, 100, 300, 1_000)
# Below this share of what was offered the load was more than is delivered.
KEPT_UP = 0.97


def at_rate(rate: int) -> Scenario:
    return Scenario(f"rate{rate}", f"{rate:,} events/s offered, unbatched", rate=rate)


def in_batches(items: int) -> Scenario:
    """Of the same payload whatever the size, and enough under way to fill batches."""
    return Scenario(f"batch{items}", f"up to {items} items a request", payload="small",
                    batch_items=items if items > 1 else 0,
                    outstanding=max(5_000, min(1_000 * items, 100_000)))


def kept_up(rate: int, result: dict) -> bool:
    return not result["problems"] and result["deliveries_per_s"] >= KEPT_UP * rate


def sweep_load(attempt) -> list[dict]:
    """`attempt` runs a scenario."""
    points: list[dict] = []
    behind = 0
    for rate in RATES:
        points.append(attempt(at_rate(rate)) | {"offered_per_s": rate})
        behind = 0 if kept_up(rate, points[-1]) else behind + 1
        if behind == 2:
            break
    return points


def sweep_batches(attempt) -> list[dict]:
    return [attempt(in_batches(items)) | {"batch_items": items} for items in BATCHES]


SWEEPS = {"load": sweep_load, "batch": sweep_batches}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench sweep", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="load|batch", help="both, unless named")
    parser.add_argument("--seconds", type=float, default=10, help="measured, each (10)")
    parser.add_argument("--warm-up", type=float, default=4, help="seconds before that (4)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="also written here; of two sweeps, the other stays as it is")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with a release build's programs")
    parser.add_argument("--folder", type=pathlib.Path,
                        help="where the database is made; a real disk (TMPDIR)")
    options = parser.parse_args(arguments)
    options.kinds = options.kinds or list(SWEEPS)
    for kind in options.kinds:
        if kind not in SWEEPS:
            parser.error(f"no sweep '{kind}'; there are: {', '.join(SWEEPS)}")
    if options.seconds < 1:
        parser.error("--seconds is at least 1")
    options.profile = False
    return options


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    found = {}
    if options.json and options.json.exists():
        found = json.loads(options.json.read_text(encoding="utf-8"))
    print(table.title(), flush=True)
    good = True
    for kind in options.kinds:
        points = SWEEPS[kind](lambda scenario: run.attempt(scenario, options))
        good = good and not any(point["problems"] for point in points)
        found[kind] = stamp.now(options.bin) | {"seconds": options.seconds, "points": points}
        if options.json:
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
