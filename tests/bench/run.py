#!/usr/bin/env python3
"""Measures Windrow on this machine: ./dev bench [SCENARIO…] [--seconds N] [--json OUT]

Publisher, sink and this program are apart from what they measure; PostgreSQL is a
throw-away one with durability on. Every request is checked at the sink, and a run in which
anything is lost, changed, repeated or unaccounted for fails. docs/performance.md says what
each figure means.

Exit status: 0 every run counts, 1 one does not, 2 wrong usage.
"""

import argparse
import dataclasses
import pathlib
import signal
import sys

import postgres
import profile_run
import scenarios
import stamp
import table
from installation import BenchError, Installation
from json_output import JsonOutput
from kinds import KINDS, Options


def parse(arguments: list[str]) -> argparse.Namespace:
    names = "\n".join(f"  {s.name:<24}{s.about}" for s in scenarios.SCENARIOS.values())
    parser = argparse.ArgumentParser(
        prog="./dev bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures Windrow on this machine.",
        epilog=f"scenarios:\n{names}\n\nwith no name: "
               f"{' '.join(scenarios.GROUPS['default'])}; groups: all, workers;\n"
               "growth and vacuum are in no group.\n"
               "`profile SCENARIO` says where the CPU goes.")
    parser.add_argument("names", nargs="*", metavar="SCENARIO")
    parser.add_argument("--all", action="store_true", help="every scenario of the group all")
    parser.add_argument("--seconds", type=float, default=15, help="measured, each (15)")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds before that (5)")
    parser.add_argument("--runs", type=int, default=1, help="of each scenario (1)")
    parser.add_argument("--json", metavar="OUT",
                        help="written there too: a file; or a folder, where there is one or "
                        "a slash ends it: a file a run, and all.json")
    parser.add_argument("--deliveries", "--most", type=int, metavar="N",
                        help="what backlog (1,000,000), recover (100,000) and list "
                        "(5,000,000) begin with, and growth (10,000,000) ends with")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with a release build's programs")
    parser.add_argument("--folder", type=pathlib.Path,
                        help="where the database is made; a real disk (TMPDIR)")
    options = parser.parse_args(arguments)
    options.profile = options.names[:1] == ["profile"]
    if options.profile:
        options.names = options.names[1:] or ["unbatched"]
    try:
        options.scenarios = scenarios.select(["all"] * options.all + options.names)
    except KeyError as unknown:
        parser.error(f"no scenario {unknown}; --help names them")
    if options.seconds < 1 or options.runs < 1:
        parser.error("--seconds and --runs are at least 1")
    if options.deliveries is not None:
        if options.deliveries < 1_000:
            parser.error("--deliveries is at least 1,000")
        options.scenarios = [
            dataclasses.replace(s, deliveries=options.deliveries) if s.deliveries else s
            for s in options.scenarios]
    return options


def run_one(scenario: scenarios.Scenario, options: argparse.Namespace) -> dict:
    with Installation(scenario, options.bin.resolve(), options.folder) as installation:
        if options.profile:
            result, profile = profile_run.run(installation, options.seconds,
                                              options.warm_up)
            print(profile_run.text(profile), flush=True)
            result["profile"] = profile
            return result
        return KINDS[scenario.kind].run(installation,
                                        Options(options.seconds, options.warm_up))


def attempt(scenario: scenarios.Scenario, options: argparse.Namespace) -> dict:
    """One run, shown; where it came to nothing, a result that says why."""
    try:
        result = run_one(scenario, options)
    except (BenchError, RuntimeError) as error:
        result = {"scenario": scenario.name, "problems": [str(error)]}
        print(scenario.name)
    else:
        print(KINDS[scenario.kind].text(result))
    for problem in result["problems"]:
        print(f"    DOES NOT COUNT: {problem}")
    sys.stdout.flush()
    return result | stamp.now(options.bin)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    # Whoever ends this program ends the processes that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print("PostgreSQL: " + ", ".join(f"{k}={v}" for k, v in postgres.SETTINGS.items() if v))
    print(table.title(), flush=True)
    results = []
    output = JsonOutput(options.json, options.runs) if options.json else None
    # Round by round, so that what else the machine does falls on all scenarios alike.
    for _ in range(options.runs):
        for scenario in options.scenarios:
            results.append(attempt(scenario, options))
            if output is not None:
                output.add(results[-1])
    if options.runs > 1:
        print(table.summary(results))
    return 1 if any(result["problems"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
