#!/usr/bin/env python3
"""Counts what an event costs, and fails where it costs more: ./dev test counts

    run.py --bin FOLDER [CASE…] [--json FILE] [--set-limits]

Statements, commits, bytes of the write-ahead log, allocations and bytes asked from the
heap, each by event published and by item delivered; and the instructions of matching,
rendering and signing. They are counts, not times:
what else the machine does changes them by no more than a few in a hundred. The limits are
in limits.tsv; docs/performance.md, "A guard by counts", says what each figure means.

Exit status: 0 all within their limits, 1 not so, 2 wrong usage.
"""

import argparse
import concurrent.futures
import json
import pathlib
import sys

import cases
import columns
import instructions
import limits
import rounds
from installation import BenchError

ALL = [*cases.CASES, instructions.CASE]

WAY_OUT = """
A figure grew. Mend it, or where it is worth its cost, raise the limit in
tests/bench/counts/limits.tsv and say in the commit what the cost buys. --json FILE has the
calls and the log of each statement; compare it with that of the commit before."""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="CASE",
                        help=f"of {', '.join(ALL)}; none: all")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with a dev build's programs")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also written here")
    parser.add_argument("--set-limits", action="store_true",
                        help="write limits.tsv anew, a little above what is counted now")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in ALL:
            parser.error(f"no case '{name}'; there are: {', '.join(ALL)}")
    if options.set_limits and options.names:
        parser.error("--set-limits takes all cases")
    options.names = options.names or ALL
    return options


def count(name: str, bin_folder: pathlib.Path) -> dict:
    """Once more where it came to nothing: a machine may be too busy to start something in
    time, and that says nothing of what is counted."""
    for last in (False, True):
        try:
            if name == instructions.CASE:
                return instructions.run(bin_folder)
            return rounds.run(cases.CASES[name], bin_folder)
        except (BenchError, RuntimeError, OSError) as error:
            print(f"{name}: {error}{'' if last else '; once more'}", flush=True)
            reason = str(error)
    return {"case": name, "problems": [reason], "figures": {}, "statements": {}}


def table(verdicts: list[limits.Verdict]) -> str:
    rows = [["case", "phase", "figure", "counted", "limit", ""]]
    for verdict in verdicts:
        limit = "–" if verdict.limit is None else limits.number(verdict.limit)
        rows.append([*verdict.key, limits.number(verdict.value), limit, verdict.word])
    return columns.columns(rows, right=(3, 4))


def report(results: list[dict], held: dict, chosen: set[str]) -> int:
    """Prints; answers the exit status."""
    found = limits.flat(results)
    verdicts = limits.judge(results, held)
    print(table(verdicts))
    complaints = [f"{result['case']}: {problem}" for result in results
                  for problem in result["problems"]]
    whole = chosen - {result["case"] for result in results if result["problems"]}
    complaints += [f"limits.tsv: {' '.join(key)} is nothing that is counted"
                   for key in limits.unused(held, found, whole, set(ALL))]
    grown = [verdict for verdict in verdicts if verdict.failed]
    complaints += [limits.complaint(verdict) for verdict in grown]
    for complaint in complaints:
        print(f"FAILED: {complaint}")
    if grown:
        print(WAY_OUT)
    elif loose := [v for v in verdicts if v.word == "loose"]:
        print(f"{len(loose)} figures are far below their limits (loose): lower those, so "
              "that they hold what was won.")
    return 1 if complaints else 0


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    bin_folder = options.bin.resolve()
    try:
        held = limits.parse(limits.FILE.read_text(encoding="utf-8"))
    except limits.LimitsError as error:
        print(f"{limits.FILE}: {error}", file=sys.stderr)
        return 2
    # Two at once: a case waits for much that is not itself.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: count(name, bin_folder), options.names))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.set_limits and not any(result["problems"] for result in results):
        held = limits.all_above(results)
        limits.FILE.write_text(limits.text(limits.FILE.read_text(encoding="utf-8"), held),
                               encoding="utf-8")
    return report(results, held, set(options.names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
