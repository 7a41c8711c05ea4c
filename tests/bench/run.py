#!/usr/bin/env python3
"""Measures Windrow on this machine: ./dev bench [SCENARIO…] [--seconds N] [--json FILE]

Publisher, sink and this program are apart from what they measure; PostgreSQL is a
throw-away one with durability on. Every request is checked at the sink, and a run in which
anything is lost, changed, repeated or unaccounted for fails.

Exit status: 0 every run counts, 1 one does not, 2 wrong usage.
"""

import argparse
import json
import pathlib
import sys

import measure
import postgres
import profile_run
import scenarios
from installation import BenchError, Installation

COLUMNS = [("scenario", "scenario", "{:<22}"), ("deliveries_per_s", "deliv/s", "{:>9,.0f}"),
           ("events_per_s", "events/s", "{:>9,.0f}"), ("p50_ms", "p50 ms", "{:>8.2f}"),
           ("p95_ms", "p95 ms", "{:>8.2f}"), ("p99_ms", "p99 ms", "{:>8.2f}"),
           ("commit_ms", "commit", "{:>7.2f}"), ("statements_per_event", "stmt/ev", "{:>8.4f}"),
           ("commits_per_delivery", "comm/del", "{:>8.4f}"),
           ("wal_bytes_per_event", "WAL B/ev", "{:>9,.0f}"),
           ("cpu_s_per_1000", "cpu s/1k", "{:>8.3f}"), ("lost", "lost", "{:>5}"),
           ("duplicated", "twice", "{:>5}")]


def parse(arguments: list[str]) -> argparse.Namespace:
    names = "\n".join(f"  {s.name:<24}{s.about}" for s in scenarios.SCENARIOS.values())
    parser = argparse.ArgumentParser(
        prog="./dev bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures Windrow on this machine.",
        epilog=f"scenarios:\n{names}\n\nwith no name: "
               f"{' '.join(scenarios.GROUPS['default'])}; groups: all, workers.\n"
               "`profile SCENARIO` says where the CPU goes.")
    parser.add_argument("names", nargs="*", metavar="SCENARIO")
    parser.add_argument("--all", action="store_true", help="every scenario")
    parser.add_argument("--seconds", type=float, default=15, help="measured, each (15)")
    parser.add_argument("--warm-up", type=float, default=5, help="seconds before that (5)")
    parser.add_argument("--runs", type=int, default=1, help="of each scenario (1)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also written here")
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with a release build's programs")
    parser.add_argument("--folder", type=pathlib.Path,
                        help="where the database is made; a real disk (TMPDIR)")
    options = parser.parse_args(arguments)
    options.profile = options.names[:1] == ["profile"]
    if options.profile:
        options.names = options.names[1:] or ["unbatched"]
    try:
        options.scenarios = scenarios.select(["all"] if options.all else options.names)
    except KeyError as unknown:
        parser.error(f"no scenario {unknown}; --help names them")
    if options.seconds < 1 or options.runs < 1:
        parser.error("--seconds and --runs are at least 1")
    return options


def run_one(scenario: scenarios.Scenario, options: argparse.Namespace) -> dict:
    with Installation(scenario, options.bin.resolve(), options.folder) as installation:
        if options.profile:
            result, profile = profile_run.run(installation, options.seconds,
                                              options.warm_up)
            print(profile_run.text(profile), flush=True)
            result["profile"] = profile
            return result
        return measure.run(installation, options.seconds, options.warm_up)


def print_row(result: dict) -> None:
    print(" ".join(form.format(result[key]) for key, _, form in COLUMNS), flush=True)
    parts = [f"{name} {micros:.1f}" for name, micros in result["cpu_us_per_item"].items()]
    memory = [f"{name} {size / 2**20:.0f}" for name, size in result["peak_rss_bytes"].items()]
    print(f"    CPU µs an item: {', '.join(parts)}; idle {result['idle_cpu_share']:.0%}, "
          f"others {result['others_cpu_share']:.0%}; peak MiB: {', '.join(memory)}; "
          f"{result['verified']:,} of {result['published']:,} items verified", flush=True)
    for problem in result["problems"]:
        print(f"    DOES NOT COUNT: {problem}", flush=True)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    print("PostgreSQL: " + ", ".join(f"{k}={v}" for k, v in postgres.SETTINGS.items() if v))
    print(" ".join(form.split(":")[0] + (":" + form.split(":")[1]).replace(",", "")
                   .split(".")[0].rstrip("}") + "}" for _, _, form in COLUMNS)
          .format(*(title for _, title, _ in COLUMNS)), flush=True)
    results = []
    for scenario in options.scenarios:
        for _ in range(options.runs):
            try:
                results.append(run_one(scenario, options))
                print_row(results[-1])
            except (BenchError, RuntimeError) as error:
                results.append({"scenario": scenario.name, "problems": [str(error)]})
                print(f"{scenario.name}: DOES NOT COUNT: {error}", flush=True)
            if options.json:
                options.json.parent.mkdir(parents=True, exist_ok=True)
                options.json.write_text(json.dumps(results, indent=1) + "\n",
                                        encoding="utf-8")
    return 1 if any(result["problems"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
