#!/usr/bin/env python3
"""Mixed load for long, with something broken at random every few seconds: ./dev test soak

    run.py --bin FOLDER [--minutes N] [--seed N]

Two servers and three workers on a PostgreSQL with durability on; publishers go on over both
servers. One server and one worker live from beginning to end: their resident memory, file
descriptors and connections to the database must not grow, and the worker's connections to
endpoints stay within what its webhooks may have in flight. At the end all is counted by id,
as ./dev test faults does.

The seed decides what is broken when, and is printed. Exit status: 0 all is there and flat,
1 it is not, 2 wrong usage.
"""

import argparse
import pathlib
import random
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "faults"), str(HERE.parent / "bench")]

# pylint: disable=wrong-import-position
from curve import Curve  # noqa: E402
from damage import MORE_TIME, Damage  # noqa: E402
from harness.count import Count  # noqa: E402
from harness.waiting import Failure  # noqa: E402
from harness.world import World  # noqa: E402

EVENTS_A_SECOND = 120
BETWEEN_DAMAGES = (3, 9)  # seconds
CONCURRENCY = 32          # requests at once to one webhook: few enough to be reached
LINE_EVERY = 10           # seconds


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev test soak",
                                     description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with the programs of a build")
    parser.add_argument("--minutes", type=float, default=5, help="default 5, at least 1")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6),
                        help="which damage comes when; default: another each time")
    options = parser.parse_args()
    if not 1 <= options.minutes <= 7 * 24 * 60:
        parser.error("--minutes takes 1 to 10080")
    return options


def start(world: World) -> list[Curve]:
    """What is looked at for growth."""
    steady = world.start_server("server")
    world.start_server("server2")
    world.mix(timeout=MORE_TIME)
    worker = world.start_worker("steady-worker", WINDROW_CONCURRENCY=str(CONCURRENCY))
    for number in (2, 3):
        world.start_worker(f"worker{number}")
    port = world.receiver.port
    return [Curve("server", steady, "windrow-server", port),
            Curve("worker", worker, "windrow-worker", port, CONCURRENCY * len(world.targets))]


def soak(world: World, options: argparse.Namespace) -> tuple[list[Curve], Damage]:
    curves = start(world)
    damage = Damage(world, random.Random(options.seed))
    begin = time.monotonic()
    end = begin + options.minutes * 60
    next_damage, next_line = begin + 5, begin
    with world.load(pace=EVENTS_A_SECOND, servers=("server", "server2")) as publisher:
        while (now := time.monotonic()) < end:
            for curve in curves:
                curve.sample(now - begin, world)
            if now >= next_line:
                show(now - begin, publisher.acknowledged, curves, damage)
                next_line = now + LINE_EVERY
            if now >= next_damage and end - now > 10:
                damage.do_one()
                next_damage = time.monotonic() + damage.random.uniform(*BETWEEN_DAMAGES)
            time.sleep(0.5)
        damage.mend()
    return curves, damage


def show(seconds: float, acknowledged: int, curves: list[Curve], damage: Damage) -> None:
    figures = ", ".join(f"{curve.name} {curve.last}" for curve in curves)
    print(f"{seconds:6.0f} s  {acknowledged:>8,} events  {figures}  "
          f"last broken: {damage.last}", flush=True)


def judge(count: Count, curves: list[Curve]) -> list[str]:
    return count.problems + count.imbalance() + [problem for curve in curves for problem in curve.growth()]


def report(count: Count, curves: list[Curve], damage: Damage) -> None:
    print("\nbroken                                        times")
    for name, times in sorted(damage.done.items()):
        print(f"{name:<45} {times:>5}")
    print("\npublished  matched  succeeded  pending  retrying  failed  cancelled  lost  repeats")
    print(f"{count.published:>9}  {count.matched:>7}  {count.succeeded:>9}  {count.pending:>7}  "
          f"{count.retrying:>8}  {count.failed:>6}  {count.cancelled:>9}  {count.lost:>4}  "
          f"{count.repeats:>7}\n")
    print("\n".join(line for curve in curves for line in curve.table()))


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(f"{options.minutes:g} minutes, seed {options.seed}", flush=True)
    world = World(options.bin.resolve())
    try:
        with world:
            curves, damage = soak(world, options)
            count = world.settle(300, server="server2")
            problems = judge(count, curves)
            if problems:
                world.keep()
    except Failure as failure:
        print(f"FAILED: {failure}; logs are in {world.folder}", flush=True)
        return 1
    report(count, curves, damage)
    for problem in problems:
        print(f"FAILED: {problem}; logs are in {world.folder}", flush=True)
    if not problems:
        print("nothing was lost, and nothing grew", flush=True)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
