#!/usr/bin/env python3
"""Tries every attack of attacks.tsv on a build, and prints what came of each. Called by
./dev test security.

    run.py --build FOLDER --release FOLDER [--only WORD]

An attack is a test that exists for it: of a GoogleTest program of the build ("program" and
"filter"), or of a Python file beside this one ("file.py" and "Class.method"). One that ran
no test is a failure here, as one that failed. Exit status 1 where there is any.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "bench"))
from columns import columns  # noqa: E402  pylint: disable=wrong-import-position

MOST_SECONDS = 300  # of one attack


@dataclasses.dataclass
class Attack:
    area: str
    tried: str
    outcome: str
    program: str
    filter: str


@dataclasses.dataclass
class Result:
    tests: int = 0
    failed: int = 0
    log: str = ""
    seconds: float = 0.0

    @property
    def word(self) -> str:
        if self.failed:
            return "FAILED"
        return "held" if self.tests else "NO TEST RAN"


def read_attacks(path: pathlib.Path) -> list[Attack]:
    attacks = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 5 or not all(cells):
            sys.exit(f"{path.name}:{number}: five cells, separated by tabs, none empty")
        attacks.append(Attack(*cells))
    return attacks


def finish(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=MOST_SECONDS, check=False, cwd=HERE)
    except subprocess.TimeoutExpired:
        return 1, f"took over {MOST_SECONDS} s"
    return done.returncode, done.stdout


def run_gtest(attack: Attack, build: pathlib.Path) -> Result:
    program = build / "tests" / attack.program
    if not program.exists():
        return Result(log=f"{program} was not built")
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        status, log = finish([str(program), f"--gtest_filter={attack.filter}",
                              f"--gtest_output=json:{report}"], dict(os.environ))
        if not report.exists():
            return Result(tests=1, failed=1, log=log)
        found = json.loads(report.read_text(encoding="utf-8"))
    ran = sum(case.get("status") == "RUN" and case.get("result") != "SKIPPED"
              for suite in found["testsuites"] for case in suite["testsuite"])
    return Result(ran, found["failures"] or (status != 0), log)


def run_python(attack: Attack, build: pathlib.Path, release: pathlib.Path) -> Result:
    environment = dict(os.environ, WINDROW_BIN=str(build / "bin"),
                       WINDROW_RELEASE_BIN=str(release / "bin"))
    module = attack.program.removesuffix(".py")
    status, log = finish([sys.executable, "-B", "-m", "unittest", "-v",
                          f"{module}.{attack.filter}"], environment)
    ran = log.count(" ... ok\n") + log.count(" ... FAIL\n") + log.count(" ... ERROR\n")
    return Result(max(ran, int(status != 0)), int(status != 0), log)


def run(attack: Attack, build: pathlib.Path, release: pathlib.Path) -> Result:
    start = time.monotonic()
    result = (run_python(attack, build, release) if attack.program.endswith(".py")
              else run_gtest(attack, build))
    result.seconds = time.monotonic() - start
    return result


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--release", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="", help="attacks whose line holds this word")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    attacks = [a for a in read_attacks(HERE / "attacks.tsv")
               if options.only.lower() in " ".join(dataclasses.astuple(a)).lower()]
    if not attacks:
        sys.exit(f"security: no attack has '{options.only}' in it")
    rows = [["area", "tried", "must come of it", "tests", "s", "result"]]
    bad = 0
    for attack in attacks:
        result = run(attack, options.build.resolve(), options.release.resolve())
        rows.append([attack.area, attack.tried, attack.outcome, str(result.tests),
                     f"{result.seconds:.1f}", result.word])
        print(f"{result.word}: {attack.area}: {attack.tried}", flush=True)
        if result.word != "held":
            bad += 1
            print(result.log[-4000:], flush=True)
    print(f"\n{columns(rows)}\n\n{len(attacks) - bad} of {len(attacks)} attacks held off")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
