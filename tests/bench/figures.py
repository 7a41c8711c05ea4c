"""The tables of docs/performance.md and docs/operations.md, from what `./dev bench` wrote
in docs/performance."""

import dataclasses
import statistics
from collections.abc import Callable

import profile_run

NOT_MEASURED = "not measured"
MIB = 2**20


@dataclasses.dataclass(frozen=True)
class Budget:
    about: str
    scenario: str
    limit: float
    figure: Callable[[dict], float]
    form: str = ",.0f"
    at_least: bool = False

    def kept(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def row(self, runs: list[dict]) -> tuple:
        """`runs`: those of its scenario that count."""
        bound = "≥" if self.at_least else "≤"
        limit = f"{bound} {format(self.limit, self.form)}"
        if not runs:
            return (self.about, self.scenario, limit, *["–"] * 3, NOT_MEASURED)
        values = [self.figure(run) for run in runs]
        kept = sum(self.kept(value) for value in values)
        verdict = ("reached" if kept == len(runs) else
                   "not reached" if kept == 0 else f"reached in {kept} of {len(runs)}")
        return (self.about, self.scenario, limit, *spread(values, self.form), verdict)


def spread(values: list[float], form: str) -> tuple[str, str, str]:
    return tuple(format(value, form) for value in
                 (min(values), statistics.median(values), max(values)))


def _value(key: str) -> Callable[[dict], float]:
    return lambda result: result[key]


def _peak_mib(process: str) -> Callable[[dict], float]:
    return lambda result: result["processes"][process]["peak_rss_bytes"] / MIB


BUDGETS = [
    *(Budget("deliveries a second, full logs, 500 bytes", "unbatched", limit,
             _value("deliveries_per_s"), at_least=True) for limit in (10_000, 15_000)),
    Budget("events a second, up to 100 a request", "batched100", 50_000,
           _value("items_per_s"), at_least=True),
    Budget("published to received, p50, beyond one durable commit, ms", "latency1000", 3,
           lambda result: result["p50_ms"] - result["commit_ms"], ".2f"),
    Budget("published to received, p99, ms", "latency1000", 25, _value("p99_ms"), ".2f"),
    Budget("SQL statements an event", "unbatched", 0.05, _value("statements_per_event"),
           ".4f"),
    Budget("commits a delivery", "unbatched", 0.02, _value("commits_per_delivery"), ".4f"),
    *(Budget(f"{program}, resident, 5,000 under way, MiB", "unbatched", 100,
             _peak_mib(program)) for program in ("server", "worker")),
    *(Budget(f"{program}, resident, 1,000 of 64 KiB under way, MiB", "large", 1_024,
             _peak_mib(program)) for program in ("server", "worker")),
]


def counting(results: list[dict]) -> dict[str, list[dict]]:
    """The runs that count, by scenario."""
    runs: dict[str, list[dict]] = {}
    for result in results:
        if not result["problems"]:
            runs.setdefault(result["scenario"], []).append(result)
    return runs


def _own_budgets(results: list[dict]) -> list[Budget]:
    """What runs of other kinds were to keep to, as their results have it."""
    found: dict[tuple[str, str], Budget] = {}
    for result in results:
        for name, each in result.get("budgets", {}).items():
            found[result["scenario"], name] = Budget(
                name.replace("_", " "), result["scenario"], each["most"],
                lambda result, name=name: result["budgets"][name]["got"], ",.2f")
    return list(found.values())


def budgets(results: list[dict]) -> list[tuple]:
    runs = counting(results)
    return [("budget", "scenario", "limit", "least", "median", "most", ""),
            *(budget.row(runs.get(budget.scenario, []))
              for budget in [*BUDGETS, *_own_budgets(results)])]


def stages(result: dict) -> list[tuple]:
    return profile_run.stage_rows(result["profile"])


def statements(result: dict) -> list[tuple]:
    """Those that are worth a row, and the others together."""
    rows = result["profile"]["statement_cpu"]
    shown = [row for row in rows if row["cpu_us_per_item"] >= 0.2]
    others = sum(row["cpu_us_per_item"] for row in rows) - sum(
        row["cpu_us_per_item"] for row in shown)
    return [("statement", "stage", "PostgreSQL µs", "ms a call"),
            *((row["statement"], row["stage"], f"{row['cpu_us_per_item']:.2f}",
               f"{row['cpu_ms_per_call']:.3f}") for row in shown),
            (f"{len(rows) - len(shown)} others", "", f"{others:.2f}", "")]


SIZED = ("unbatched", "unbatched-lightweight", "batched10", "batched100", "large")


def sizing(results: list[dict]) -> list[tuple]:
    """What an event costs whom; medians."""
    runs = counting(results)
    rows = [("scenario", "events/s here", "server µs", "workers µs", "PostgreSQL µs",
             "WAL bytes", "server MiB", "worker MiB")]
    for name in SIZED:
        group = runs.get(name, [])
        if not group:
            rows.append((name, NOT_MEASURED, *["–"] * 6))
            continue
        figures = [(_value("items_per_s"), ",.0f"), (_cpu("server"), ".1f"),
                   (_cpu("worker"), ".1f"), (_cpu("postgres"), ".1f"),
                   (_value("wal_bytes_per_event"), ",.0f"), (_peak_mib("server"), ".0f"),
                   (_peak_mib("worker"), ".0f")]
        rows.append((name, *(format(statistics.median(map(figure, group)), form)
                             for figure, form in figures)))
    return rows


def _cpu(program: str) -> Callable[[dict], float]:
    """Of all processes that are named so: worker, worker2, …"""
    return lambda result: sum(each["cpu_us_per_item"]
                              for name, each in result["processes"].items()
                              if name.startswith(program))


def of_runs(results: list[dict]) -> str:
    """How many runs, where and when; and what else the machine did meanwhile."""
    def several(key: str) -> str:
        return ", ".join(sorted({str(result[key]) for result in results}))

    others = max((result.get("others_cpu_share", 0) for result in results), default=0)
    lost = sum(bool(result["problems"]) for result in results)
    return (f"{len(results)} runs, {lost} of which do not count; {several('cores')} cores, "
            f"for PostgreSQL, publisher and receiver too, {others:.0%} or less for other "
            f"work; commit {several('commit')}, {several('date')}")
