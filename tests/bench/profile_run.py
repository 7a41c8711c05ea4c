"""Where the CPU goes: by process and thread, by statement, and by function where perf is
there (Debian: linux-perf)."""

import pathlib
import re
import shutil
import subprocess

import measure
import processes
from installation import Installation

STATEMENTS = 25
FUNCTIONS = 45


class Profile:
    def __init__(self, seconds: float):
        self._seconds = seconds
        self.found: dict = {}

    def during(self, installation: Installation) -> None:
        installation.postgres.reset_statements()
        before = _threads(installation)
        items = installation.page["items"]
        groups = {"server": [installation.processes["server"].pid],
                  "worker": [installation.processes["worker"].pid],
                  "postgres": [installation.postgres.process.pid,
                               *processes.children(installation.postgres.process.pid)]}
        recordings = {name: _record(installation.folder / f"{name}.perf", pids, self._seconds)
                      for name, pids in groups.items()} if shutil.which("perf") else {}
        for recording in recordings.values():
            recording.wait()
        if not recordings:
            measure.time.sleep(self._seconds)
        after = _threads(installation)
        items = max(installation.page["items"] - items, 1)
        self.found = {
            "items": items,
            "threads_us_per_item": {
                name: round((seconds - before.get(name, 0)) / items * 1e6, 2)
                for name, seconds in sorted(after.items(), key=lambda pair: -pair[1])},
            "statements": [_shown(row, items)
                           for row in installation.postgres.statement_costs(STATEMENTS)],
            "libraries": {name: _report(installation.folder / f"{name}.perf", "dso")
                          for name in recordings},
            "functions": {name: _report(installation.folder / f"{name}.perf", "dso,symbol")
                          for name in recordings},
        }


def run(installation: Installation, seconds: float, warm_up: float) -> tuple[dict, dict]:
    profile = Profile(seconds)
    result = measure.run(installation, seconds, warm_up, profile.during)
    return result, profile.found


def _threads(installation: Installation) -> dict[str, float]:
    found = {}
    for name, process in installation.processes.items():
        for thread, seconds in processes.threads(process.pid).items():
            found[f"{name}: {thread}"] = seconds
    for backend, seconds in processes.postgres_backends(
            installation.postgres.process.pid).items():
        found[f"postgres: {backend}"] = seconds
    return found


def _record(path: pathlib.Path, pids: list[int], seconds: float) -> subprocess.Popen:
    return subprocess.Popen(
        ["perf", "record", "-q", "-F", "499", "-g", "--call-graph", "fp", "-o", path, "-p",
         ",".join(map(str, pids)), "--", "sleep", str(seconds)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _report(path: pathlib.Path, fields: str) -> list[str]:
    """What `fields` tell apart, by its own share, heaviest first."""
    out = subprocess.run(
        ["perf", "report", "-i", path, "--no-children", "-g", "none", "--percent-limit",
         "0.4", "--stdio", "-q", "-F", f"overhead,{fields}"],
        capture_output=True, text=True, check=False).stdout
    lines = [re.sub(r"\s+", " ", line).strip() for line in out.splitlines()]
    return [line for line in lines if line and not line.startswith("#")][:FUNCTIONS]


def _shown(row: dict, items: int) -> dict:
    query = re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", row["query"])).strip()
    return {"query": query[:100], "calls": row["calls"], "rows": row["rows"],
            "ms_per_call": round(row["total_ms"] / row["calls"], 3),
            "us_per_item": round(row["total_ms"] * 1e3 / items, 2),
            "wal_bytes_per_item": round(row["wal_bytes"] / items, 1)}


def text(profile: dict) -> str:
    lines = ["CPU µs an item, by thread:"]
    lines += [f"  {micros:8.2f}  {name}"
              for name, micros in profile["threads_us_per_item"].items() if micros >= 0.05]
    lines.append("statements: µs an item, WAL bytes an item, calls, rows, ms a call")
    lines += [f"  {s['us_per_item']:8.2f} {s['wal_bytes_per_item']:9.1f} {s['calls']:8} "
              f"{s['rows']:9} {s['ms_per_call']:9.3f}  {s['query']}"
              for s in profile["statements"]]
    for name, libraries in profile["libraries"].items():
        lines.append(f"libraries of {name}: {', '.join(libraries[:8])}")
    for name, functions in profile["functions"].items():
        lines.append(f"functions of {name}, by their own share:")
        lines += [f"  {function}" for function in functions]
    return "\n".join(lines)
