"""The plots of docs/performance.md, from what `./dev bench` wrote there."""

import json
import pathlib

import svg
from svg import Axis, LineChart, Series

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "performance"


def read(name: str, folder: pathlib.Path = FOLDER):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def of(what: dict, seconds: float, each: str, runs: list[dict]) -> str:
    """What a plot or a table is of, and how quiet the machine was."""
    others = max((run.get("others_cpu_share", 0) for run in runs), default=0)
    return (f"{what['cores']} cores, for PostgreSQL, publisher and receiver too, "
            f"{others:.0%} or less for other work; {seconds:g} s {each}; "
            f"commit {what['commit']}, {what['date']}")


def _of_sweep(sweep: dict) -> str:
    return of(sweep, sweep["seconds"], "a point", sweep["points"])


def _points(sweep: dict, x: str, y: str) -> list[tuple[float, float]]:
    return [(point[x], point[y]) for point in sweep["points"] if not point["problems"]]


def throughput(load: dict) -> str:
    delivered = _points(load, "offered_per_s", "deliveries_per_s")
    offered = [(x, x) for x in (0, max(x for x, _ in delivered))]
    return svg.page([LineChart(
        "Delivered, by offered load", Axis("events offered a second"),
        Axis("deliveries a second"),
        [Series("delivered", delivered), Series("offered", offered, reference=True)])],
        760, 380, _of_sweep(load))


def latency(load: dict) -> str:
    return svg.page([LineChart(
        "From publish to receipt, by offered load", Axis("events offered a second"),
        Axis("milliseconds", log=True),
        [Series("p50", _points(load, "offered_per_s", "p50_ms")),
         Series("p99", _points(load, "offered_per_s", "p99_ms")),
         Series("one durable commit, p50", _points(load, "offered_per_s", "commit_ms"),
                reference=True)])], 760, 380, _of_sweep(load))


def batch(sweep: dict) -> str:
    def chart(title: str, unit: str, key: str, scale: float = 1) -> LineChart:
        points = [(x, y * scale) for x, y in _points(sweep, "batch_items", key)]
        return LineChart(title, Axis("items a request", log=True), Axis(unit),
                         [Series(title, points)])

    return svg.page([chart("CPU an event", "µs, Windrow and PostgreSQL",
                           "cpu_s_per_1000", 1_000),
                     chart("Statements an event", "statements", "statements_per_event"),
                     chart("WAL an event", "bytes", "wal_bytes_per_event")],
                    1_080, 340, _of_sweep(sweep))


def stages(result: dict) -> str:
    rows = [row for row in result["profile"]["stages"]
            if row["windrow_us"] + row["postgres_us"] >= 0.05]
    chart = svg.BarChart(
        f"CPU of one item, by stage ({result['scenario']})", "µs",
        ["Windrow and its libraries", "PostgreSQL"],
        [(row["stage"], [row["windrow_us"], max(row["postgres_us"], 0)]) for row in rows])
    return svg.page([chart], 760, chart.height(),
                    of(result, result["profile"]["seconds"], "sampled", [result]))


def draw(folder: pathlib.Path = FOLDER) -> dict[str, str]:
    """Every plot by its file's name."""
    sweep = read("sweep.json", folder)
    profile = read("profile.json", folder)
    return {"throughput.svg": throughput(sweep["load"]),
            "latency.svg": latency(sweep["load"]), "batch.svg": batch(sweep["batch"]),
            **{f"stages-{result['scenario']}.svg": stages(result) for result in profile}}
