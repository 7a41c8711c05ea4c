"""Where the CPU goes: by stage of a delivery, by statement, by process and thread, and by
library and function. Needs perf (Debian: linux-perf) for stages of server and worker."""

import pathlib
import re
import shutil
import subprocess
import time

import measure
import processes
import stages
import statement_log
from columns import columns
from installation import Installation

STATEMENTS = 25
FUNCTIONS = 45
WIDTH = 120  # of a function's name, with its template's arguments
# Enough of a stack to find who called, in a library without frame pointers too.
CALL_GRAPH = "dwarf,8192"
FREQUENCY = 499
PROTOCOL = "PostgreSQL: protocol"
BACKGROUND = "PostgreSQL: background"


class Profile:
    def __init__(self, seconds: float):
        self._seconds = seconds
        self.found: dict = {}

    def during(self, installation: Installation) -> None:
        postgres = installation.postgres
        postgres.reset_statements()
        log = statement_log.Log(postgres)
        log.start()
        # One after the other, in one order each time: so all are of the same length.
        cpu_before, threads_before = _cpu(installation), _by_program(installation)
        before = _threads(installation)
        items = installation.page["items"]
        recordings = {name: _record(installation.folder / f"{name}.perf", pids, self._seconds)
                      for name, pids in _groups(installation).items()
                      } if shutil.which("perf") else {}
        for recording in recordings.values():
            recording.wait()
        if not recordings:
            time.sleep(self._seconds)
        cpu_after, threads_after = _cpu(installation), _by_program(installation)
        after = _threads(installation)
        items = max(installation.page["items"] - items, 1)
        statements = statement_log.costs(log.stop(), statement_log.Names())
        scripts = {name: _script(installation.folder / f"{name}.perf")
                   for name in ("server", "worker") if name in recordings}
        cpu = _difference(cpu_after, cpu_before, items)
        self.found = {
            "items": items,
            "seconds": self._seconds,
            "samples": {name: len(stages.samples(script))
                        for name, script in scripts.items()},
            "stages": by_stage(cpu, {
                name: stages.divide(name, script, _difference(
                    threads_after[name], threads_before[name], items))
                for name, script in scripts.items()},
                {stage: sum(cost.cpu_s for cost in costs.values()) / items * 1e6
                 for stage, costs in statements.items()}),
            "statement_cpu": _by_statement(statements, items),
            "threads_us_per_item": {
                name: round((seconds - before.get(name, 0)) / items * 1e6, 2)
                for name, seconds in sorted(after.items(), key=lambda pair: -pair[1])},
            "statements": [_shown(row, items)
                           for row in postgres.statement_costs(STATEMENTS)],
            "libraries": {name: _report(installation.folder / f"{name}.perf", "dso")
                          for name in recordings},
            "functions": {name: _report(installation.folder / f"{name}.perf", "dso,symbol")
                          for name in recordings},
        }


def run(installation: Installation, seconds: float, warm_up: float) -> tuple[dict, dict]:
    profile = Profile(seconds)
    result = measure.run(installation, seconds, warm_up, profile.during)
    return result, profile.found


def by_stage(cpu: dict[str, float], programs: dict[str, dict[str, float]],
             statements: dict[str, float]) -> list[dict]:
    """A row a stage, in order, that adds up to all that `cpu` has (server, worker, sessions,
    background): of the programs by `programs`, of PostgreSQL's sessions by `statements`, and
    what is left of either in rows of their own. All in µs an item."""
    rows = {stage: [0.0, 0.0] for stage in stages.STAGES}
    for program in ("server", "worker"):
        found = dict(programs.get(program, {}))
        # Threads that ended, too.
        left = found.pop(stages.NOT_ATTRIBUTED, 0) + cpu[program] - sum(
            programs.get(program, {}).values())
        rows[f"{program}: {stages.NOT_ATTRIBUTED}"] = [left, 0.0]
        for stage, micros in found.items():
            rows[stage][0] += micros
    for stage, micros in statements.items():
        rows.setdefault(stage, [0.0, 0.0])[1] += micros
    # The log is of messages that ended, the CPU of the whole time: a few µs may be over.
    rows[PROTOCOL] = [0.0, cpu["sessions"] - sum(statements.values())]
    rows[BACKGROUND] = [0.0, cpu["background"]]
    total = sum(cpu.values())
    return [{"stage": stage, "windrow_us": round(ours, 2), "postgres_us": round(theirs, 2),
             "share": round((ours + theirs) / total, 4)}
            for stage, (ours, theirs) in rows.items()]


def _groups(installation: Installation) -> dict[str, list[int]]:
    postmaster = installation.postgres.process.pid
    workers = [process.pid for name, process in installation.processes.items()
               if name.startswith("worker")]
    return {"server": [installation.processes["server"].pid], "worker": workers,
            "postgres": [postmaster, *processes.children(postmaster)]}


def _cpu(installation: Installation) -> dict[str, float]:
    """CPU seconds of what a delivery takes: publisher and sink are left out."""
    usages = installation.usages()
    sessions = sum(
        seconds for name, seconds in
        processes.postgres_backends(installation.postgres.process.pid).items()
        if name.startswith("windrow "))
    return {"server": usages["server"].cpu_s,
            "worker": sum(usage.cpu_s for name, usage in usages.items()
                          if name.startswith("worker")),
            "sessions": sessions, "background": usages["postgres"].cpu_s - sessions}


def _by_program(installation: Installation) -> dict[str, dict[str, float]]:
    """CPU seconds of server and workers by the name of the thread."""
    found: dict[str, dict[str, float]] = {"server": {}, "worker": {}}
    for name, process in installation.processes.items():
        for program, threads in found.items():
            if name.startswith(program):
                for task in (pathlib.Path("/proc") / str(process.pid) / "task").iterdir():
                    _add_thread(task, threads)
    return found


def _add_thread(task: pathlib.Path, threads: dict[str, float]) -> None:
    try:
        name = (task / "comm").read_text().strip()
        nanoseconds = int((task / "schedstat").read_text().split()[0])
    except OSError:  # it has ended
        return
    threads[name] = threads.get(name, 0) + nanoseconds / 1e9


def _difference(after: dict[str, float], before: dict[str, float],
                items: int) -> dict[str, float]:
    """µs an item."""
    return {name: (seconds - before.get(name, 0)) / items * 1e6
            for name, seconds in after.items()}


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
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY), "--call-graph",
         CALL_GRAPH, "-o", path, "-p", ",".join(map(str, pids)), "--", "sleep",
         str(seconds)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _script(path: pathlib.Path) -> str:
    return subprocess.run(
        ["perf", "script", "--no-inline", "-i", path, "-F", "comm,tid,period,ip,sym,dso"],
        capture_output=True, text=True, errors="replace", check=True).stdout


def _report(path: pathlib.Path, fields: str) -> list[str]:
    """What `fields` tell apart, by its own share, heaviest first."""
    out = subprocess.run(
        ["perf", "report", "-i", path, "--no-children", "-g", "none", "--percent-limit",
         "0.4", "--stdio", "-q", "-F", f"overhead,{fields}"],
        capture_output=True, text=True, check=False).stdout
    lines = [re.sub(r"\s+", " ", line).strip() for line in out.splitlines()]
    return [line[:WIDTH] for line in lines if line and not line.startswith("#")][:FUNCTIONS]


def _by_statement(statements: dict[str, dict[str, statement_log.Cost]],
                  items: int) -> list[dict]:
    rows = [{"stage": stage, "statement": name, "calls": cost.calls,
             "cpu_us_per_item": round(cost.cpu_s / items * 1e6, 2),
             "cpu_ms_per_call": round(cost.cpu_s * 1e3 / max(cost.calls, 1), 3)}
            for stage, costs in statements.items() for name, cost in costs.items()]
    return sorted(rows, key=lambda row: -row["cpu_us_per_item"])


def _shown(row: dict, items: int) -> dict:
    query = re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", row["query"])).strip()
    return {"query": query[:100], "calls": row["calls"], "rows": row["rows"],
            "ms_per_call": round(row["total_ms"] / row["calls"], 3),
            "us_per_item": round(row["total_ms"] * 1e3 / items, 2),
            "wal_bytes_per_item": round(row["wal_bytes"] / items, 1)}


def _rounded(value: float, digits: int) -> float:
    """Without the sign of what is rounded to nothing."""
    return round(value, digits) + 0.0


def stage_rows(profile: dict) -> list[tuple]:
    """The table of stages; the first row is the head."""
    rows = [("stage", "Windrow µs", "PostgreSQL µs", "both", "share")]
    for row in profile["stages"]:
        both = row["windrow_us"] + row["postgres_us"]
        if abs(both) >= 0.005:
            rows.append((row["stage"], f"{_rounded(row['windrow_us'], 2):.2f}",
                         f"{_rounded(row['postgres_us'], 2):.2f}", f"{both:.2f}",
                         f"{_rounded(row['share'], 3):.1%}"))
    ours, theirs = (sum(row[key] for row in profile["stages"])
                    for key in ("windrow_us", "postgres_us"))
    return [*rows, ("all", f"{ours:.2f}", f"{theirs:.2f}", f"{ours + theirs:.2f}", "100.0%")]


def text(profile: dict) -> str:
    samples = ", ".join(f"{count:,} of {name}" for name, count in profile["samples"].items())
    lines = [f"CPU µs an item, by stage (samples: {samples or 'none: perf is missing'}):",
             columns(stage_rows(profile), right=(1, 2, 3, 4)),
             "CPU µs an item, by statement:",
             columns([("µs", "calls", "CPU ms a call", "stage", "statement"),
                      *((f"{row['cpu_us_per_item']:.2f}", f"{row['calls']:,}",
                         f"{row['cpu_ms_per_call']:.3f}", row["stage"], row["statement"])
                        for row in profile["statement_cpu"]
                        if row["cpu_us_per_item"] >= 0.005)], right=(0, 1, 2)),
             "CPU µs an item, by thread:"]
    lines += [f"  {micros:8.2f}  {name}"
              for name, micros in profile["threads_us_per_item"].items() if micros >= 0.05]
    lines.append("statements: µs an item (with waits), WAL bytes an item, calls, rows, "
                 "ms a call")
    lines += [f"  {s['us_per_item']:8.2f} {s['wal_bytes_per_item']:9.1f} {s['calls']:8} "
              f"{s['rows']:9} {s['ms_per_call']:9.3f}  {s['query']}"
              for s in profile["statements"]]
    for name, libraries in profile["libraries"].items():
        lines.append(f"libraries of {name}: {', '.join(libraries[:8])}")
    for name, functions in profile["functions"].items():
        lines.append(f"functions of {name}, by their own share:")
        lines += [f"  {function}" for function in functions]
    return "\n".join(lines)
