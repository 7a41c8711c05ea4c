"""Instructions of one event's way, by callgrind: the same in each run, to the last few."""

import pathlib
import re
import subprocess
import tempfile

from installation import BenchError

CASE = "instructions"
# Name → what one of it is.
PATHS = {"match": "parse an event of 10 KiB and evaluate a condition of four tests",
         "render": "render it as FULL, SMALL and EVENT_ONLY",
         "sign": "sign a request of 500 bytes"}
TIMES = 100


def run(bin_folder: pathlib.Path) -> dict:
    return {"case": CASE, "problems": [], "statements": {},
            "figures": {path: {"instructions": _one(bin_folder, path)} for path in PATHS}}


def _one(bin_folder: pathlib.Path, path: str) -> float:
    """Of twice as many less of so many: what a start takes is in both."""
    return (_total(bin_folder, path, 2 * TIMES) - _total(bin_folder, path, TIMES)) / TIMES


def _total(bin_folder: pathlib.Path, path: str, times: int) -> int:
    with tempfile.TemporaryDirectory(prefix="windrow-counts-") as folder:
        out = pathlib.Path(folder) / "profile"
        done = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}",
             bin_folder / "windrow-counts-paths", path, str(times)],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BenchError(f"windrow-counts-paths {path}: status {done.returncode} "
                             f"{done.stderr.strip()}")
        found = re.search(r"^(?:summary|totals): (\d+)", out.read_text(errors="replace"),
                          re.MULTILINE)
        if not found:
            raise BenchError(f"callgrind wrote no sum for {path}")
        return int(found[1])
