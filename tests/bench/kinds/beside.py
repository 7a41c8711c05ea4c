"""Ten webhooks that are sent a few events: their latency without trouble, and beside it, in
one run."""

import dataclasses
import os
import time
from collections.abc import Callable

import account
import budgets
import measure
from feeds import Published, joined
from installation import BenchError, Installation

LATENCIES = ("p50_ms", "p95_ms", "p99_ms", "max_ms")
# The p99 beside the trouble, by that without. Both have some noise of one commit.
MOST_RATIO = 2
MOST_S = 1_800  # for what a run waits for


@dataclasses.dataclass
class Phase:
    """One measuring of the others' latency."""
    latency: dict
    begin: measure.Moment
    end: measure.Moment

    @property
    def seconds(self) -> float:
        return self.end.at - self.begin.at


class Others:
    """The webhooks of the scenario's own feed."""

    def __init__(self, installation: Installation):
        self.installation = installation
        self.memory = measure.PostgresMemory(installation)
        self.answers: dict | None = None  # of all phases

    def measure(self, seconds: float, warm_up: float,
                until: Callable[[], bool] = lambda: True) -> Phase:
        """For so long, and on until that is so."""
        bench, page = self.installation, self.installation.page
        bench.start_publisher(first=self.answers["acked"] if self.answers else 0)
        measure.watch(bench, self.memory, warm_up)
        page["measure_until"] = 0
        page["measure_from"] = time.monotonic_ns()
        begin = measure.Moment.now(bench)
        measure.watch(bench, self.memory, seconds)
        await_that(until, "what was to be measured does not end",
                   lambda: measure.watch(bench, self.memory, 0.2))
        end = measure.Moment.now(bench)
        page["measure_until"] = time.monotonic_ns()
        self.answers = joined(self.answers, bench.stop_publisher())
        self._await_received()
        return Phase(bench.take_latencies(), begin, end)

    def published(self) -> Published:
        return Published(self.installation.scenario.feed, self.answers)

    def _await_received(self) -> None:
        """What is missing after all shows in the account."""
        def received() -> int:
            webhooks = self.installation.sink_stats()["webhooks"]
            return sum(webhooks[number]["items"]
                       for number in self.installation.scenario.feed.webhooks)

        measure.drain(self.installation, self.published().items, received)


def await_that(condition: Callable[[], bool], complaint: str,
               meanwhile: Callable[[], None]) -> None:
    until = time.monotonic() + MOST_S
    while not condition():
        if time.monotonic() > until:
            raise BenchError(complaint)
        meanwhile()


def result(others: Others, alone: Phase, beside: Phase, crowd: Published,
           left: int = 0) -> dict:
    """Figures of the machine are of the time beside the trouble. `left`: windows that stay
    in the queue."""
    installation = others.installation
    published = [crowd, others.published()]
    sink, records = measure.settled(installation, left)
    ratios = {f"{name}_ratio": round(beside.latency[f"{name}_ms"]
                                     / max(alone.latency[f"{name}_ms"], 0.001), 2)
              for name in ("p50", "p99")}
    found = {
        "scenario": installation.scenario.name,
        "alone": alone.latency, "beside": beside.latency, **ratios,
        "budgets": {"p99_ratio": budgets.at_most(MOST_RATIO, ratios["p99_ratio"])},
        **measure.rates(beside.begin, beside.end),
        **measure.costs(beside.begin, beside.end, os.cpu_count(), others.memory.peak),
        **account.counts(published, sink),
        "looked_at": sink["looked_at"],
        "seconds": round(beside.seconds, 3), "cores": os.cpu_count(),
        "problems": account.problems(published, sink, records)}
    if 0 in (alone.latency["count"], beside.latency["count"]):
        found["problems"].append("nothing was delivered while it was measured")
    return found


def text(found: dict) -> str:
    lines = [found["scenario"]]
    for phase in ("alone", "beside"):
        figures = ", ".join(f"{name.removesuffix('_ms')} {found[phase][name]:.2f}"
                            for name in LATENCIES)
        lines.append(f"    {phase + ':':<8} {found[phase]['count']:,} deliveries, ms: "
                     f"{figures}")
    lines.append(f"    {budgets.text(found['budgets'])}; {found['deliveries_per_s']:,.0f} "
                 f"deliveries/s beside, others {found['others_cpu_share']:.0%}")
    if found.get("trouble"):
        lines.append("    " + ", ".join(f"{name} {value:,}"
                                        for name, value in found["trouble"].items()))
    return "\n".join(lines)
