#!/usr/bin/env python3
"""Runs the fuzzers of a build folder, each bounded by time and memory, and prints what
each did. Called by ./dev test fuzz.

    run.py --build FOLDER [--seconds N] [--target NAME]…

Seeds are tests/fuzz/corpus/NAME; what a run finds of new coverage stays in
FOLDER/corpus/NAME and is where the next run goes on. An input that breaks a promise, or
takes too long or too much memory, is kept in FOLDER/crashes. Exit status 1 where there is
one, 2 where a fuzzer could not be run.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
MOST_MEMORY_MIB = 1024
MOST_SECONDS_AN_INPUT = 5
MOST_BYTES_AN_INPUT = 4096


@dataclasses.dataclass
class Outcome:
    target: str
    executions: int = 0
    per_second: int = 0
    corpus: int = 0
    coverage: int = 0
    result: str = "ok"
    input: pathlib.Path | None = None
    log: str = ""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=10, help="for each fuzzer")
    parser.add_argument("--target", action="append", help="one fuzzer; default: all")
    return parser.parse_args()


def programs(build, wanted):
    found = {p.name.removesuffix("_fuzz"): p for p in sorted((build / "fuzzers").glob("*_fuzz"))}
    unknown = [name for name in wanted or [] if name not in found]
    if unknown or not found:
        sys.exit(f"fuzz: no target {', '.join(unknown) or 'at all'}; "
                 f"there are: {', '.join(found) or 'none built'}")
    return {name: found[name] for name in wanted or found}


def command(name, program, build, seconds):
    grown = build / "corpus" / name
    crashes = build / "crashes"
    for folder in (grown, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    line = [str(program), f"-max_total_time={seconds}", f"-rss_limit_mb={MOST_MEMORY_MIB}",
            f"-timeout={MOST_SECONDS_AN_INPUT}", f"-max_len={MOST_BYTES_AN_INPUT}",
            "-print_final_stats=1", f"-artifact_prefix={crashes}/{name}-"]
    words = HERE / "dict" / f"{name}.dict"
    if words.exists():
        line.append(f"-dict={words}")
    return [*line, str(grown), str(HERE / "corpus" / name)]


def last_number(pattern, log):
    found = re.findall(pattern, log)
    return int(found[-1]) if found else 0


def run(name, program, build, seconds):
    # Beyond its own time a fuzzer gets what its seeds may take.
    limit = seconds + 120
    environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
                       ASAN_OPTIONS="allow_addr2line=1")
    try:
        done = subprocess.run(command(name, program, build, seconds), env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit, check=False)
        status, log = done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        status, log = "no end", (late.stdout or b"").decode(errors="replace")
    outcome = Outcome(name, log=log,
                      executions=last_number(r"stat::number_of_executed_units:\s*(\d+)", log),
                      per_second=last_number(r"stat::average_exec_per_sec:\s*(\d+)", log),
                      corpus=last_number(r"corp: (\d+)", log),
                      coverage=last_number(r"cov: (\d+)", log))
    if kept := re.findall(r"Test unit written to (\S+)", log):
        outcome.input = pathlib.Path(kept[-1])
        outcome.result = outcome.input.name.removeprefix(f"{name}-").split("-")[0]
    elif status != 0:
        outcome.result = f"not run ({status})"
    return outcome


def print_table(outcomes):
    head = ("target", "executions", "exec/s", "corpus", "coverage", "result")
    rows = [(o.target, f"{o.executions:,}", f"{o.per_second:,}", f"{o.corpus:,}",
             f"{o.coverage:,}", o.result) for o in outcomes]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in range(1, 5)), row[5]]
        print("  ".join(cells))


def print_failure(outcome, program):
    print(f"\n{outcome.target}: {outcome.result}")
    told = [line for line in outcome.log.splitlines()
            if re.search(r"what\(\):|ERROR:|runtime error:|^\s+#\d+ .* in (?!__|std::)", line)]
    print("\n".join(told[:25] or outcome.log.splitlines()[-25:]))
    if outcome.input:
        print(f"Repeat it: {program} {outcome.input}\n"
              f"Once it is mended, keep the input as tests/fuzz/corpus/{outcome.target}/NAME.")


def main():
    args = arguments()
    build = args.build.resolve()
    chosen = programs(build, args.target)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda name: run(name, chosen[name], build, args.seconds),
                                 chosen))
    print_table(outcomes)
    failed = [o for o in outcomes if o.result != "ok"]
    for outcome in failed:
        print_failure(outcome, chosen[outcome.target])
    if any(o.input is None for o in failed):
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
