#!/usr/bin/env python3
"""Breaks what can break around Windrow while events flow, and counts: ./dev test faults

    run.py --bin FOLDER [--only N[,N…]]… [--quick] [--write FILE]

Each fault has a throw-away PostgreSQL with durability on and real processes. Afterwards
every acknowledged item must be somewhere, by id: at the receiver, in the API's lists and
in the database. Logs of a fault that failed are kept, and the output says where.

Exit status: 0 nothing was lost, 1 a fault failed, 2 wrong usage.
"""

import argparse
import dataclasses
import importlib
import pathlib
import signal
import sys
import tempfile
import time
import traceback

from fault import Fault
from harness.cluster import Cluster
from harness.count import Count
from harness.waiting import Failure
from harness.world import World

# Of tests/bench, which harness finds:
from columns import columns
from page import put

HERE = pathlib.Path(__file__).resolve().parent
COUNTS = ("published", "matched", "succeeded", "pending", "retrying", "failed", "cancelled",
          "lost", "repeats")


@dataclasses.dataclass
class Result:
    fault: Fault
    count: Count | None = None
    seconds: float = 0
    problems: list[str] = dataclasses.field(default_factory=list)

    @property
    def outcome(self) -> str:
        return "FAILED" if self.problems else "ok"


def load_faults() -> list[type[Fault]]:
    for path in sorted(HERE.glob("*.py")):
        if path.stem not in ("run", "fault") and not path.stem.endswith("_test"):
            importlib.import_module(path.stem)
    return sorted(Fault.all, key=lambda fault: fault.number)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev test faults")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with the programs of a build")
    parser.add_argument("--only", action="append", metavar="N[,N…]",
                        help="the faults of these numbers")
    parser.add_argument("--quick", action="store_true", help="those for the quick tests")
    parser.add_argument("--write", type=pathlib.Path, metavar="FILE",
                        help="a page that gets the tables where all faults have run, and "
                        "nothing was lost")
    options = parser.parse_args(arguments)
    if options.write and (options.only or options.quick):
        parser.error("--write takes all faults")
    faults = load_faults()
    if options.only:
        wanted = {text for given in options.only for text in given.split(",")}
        unknown = wanted - {str(fault.number) for fault in faults}
        if unknown:
            parser.error(f"no fault {', '.join(sorted(unknown))}; there are: "
                         + ", ".join(sorted({str(f.number) for f in faults}, key=int)))
        faults = [fault for fault in faults if str(fault.number) in wanted]
    if options.quick:
        faults = [fault for fault in faults if fault.quick]
    options.faults = faults
    return options


class Clusters:
    """One PostgreSQL for the faults that want no other settings; a new one where a fault
    left it dead."""

    def __init__(self, bin_folder: pathlib.Path):
        self._bin = bin_folder
        self._folder: tempfile.TemporaryDirectory | None = None
        self._cluster: Cluster | None = None

    def shared(self) -> Cluster:
        if self._cluster is None or not self._cluster.running:
            self.close()
            self._folder = tempfile.TemporaryDirectory(prefix="windrow-faults-")
            pathlib.Path(self._folder.name).chmod(0o755)
            self._cluster = Cluster(pathlib.Path(self._folder.name), self._bin)
        return self._cluster

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._cluster = self._folder = None


def run(fault: Fault, bin_folder: pathlib.Path, clusters: Clusters) -> Result:
    result = Result(fault)
    cluster = None if fault.settings or fault.own_cluster else clusters.shared()
    begin = time.monotonic()
    world = World(bin_folder, cluster, fault.settings)
    try:
        with world:
            result.count = fault.run(world)
            result.problems = judge(fault, result.count)
            if result.problems:
                world.keep()
    except Failure as failure:
        result.problems.append(str(failure))
    except Exception:  # pylint: disable=broad-exception-caught
        result.problems.append(traceback.format_exc())
    if result.problems:
        result.problems.append(f"logs are in {world.folder}")
    result.seconds = time.monotonic() - begin
    return result


def judge(fault: Fault, count: Count | None) -> list[str]:
    if count is None:
        return []
    problems = list(count.problems)
    problems += count.imbalance()
    if count.published == 0:
        problems.append("nothing was published")
    if fault.no_repeats and count.repeats:
        problems.append(f"{count.repeats} items were accepted again: {count.repeated[:3]}")
    return problems


def cells(results: list[Result]) -> list[tuple]:
    rows = [("no", "fault", *COUNTS, "seconds", "result")]
    for result in results:
        counts = ["-" if result.count is None else f"{getattr(result.count, name):,}"
                  for name in COUNTS]
        rows.append((str(result.fault.number), result.fault.name, *counts,
                     f"{result.seconds:.1f}", result.outcome))
    return rows


def write(page: pathlib.Path, results: list[Result]) -> None:
    """Puts the table of all between the page's marks `faults`, and that of a fault which
    has one of its own between those of its topic, such as `endpoints`."""
    text = put(page.read_text(encoding="utf-8"), "faults", cells(results))
    for result in results:
        if result.fault.rows:
            text = put(text, type(result.fault).__module__, result.fault.rows)
    page.write_text(text, encoding="utf-8")


def table(results: list[Result]) -> str:
    rows = cells(results)
    return columns(rows, right=(0, *range(2, len(rows[0]) - 1)))


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    # Whoever ends this program ends the processes that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    results = []
    clusters = Clusters(options.bin.resolve())
    try:
        for fault in options.faults:
            results.append(run(fault(), options.bin.resolve(), clusters))
            last = results[-1]
            print(f"{last.outcome:<6} {last.fault.number:>2} {last.fault.name} "
                  f"({last.seconds:.1f} s)", flush=True)
            for problem in last.problems:
                print(f"       {problem}", flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    finally:
        clusters.close()
    print(table(results))
    good = len(results) == len(options.faults) and not any(r.problems for r in results)
    if good and options.write:
        write(options.write, results)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
