"""What a delivery costs when there is much already: past deliveries, then webhooks."""

import dataclasses
import os
import time

import account
import budgets
import measure
from columns import columns
from feeds import Feed, Published, joined
from history import History, Varied
from installation import Installation

PAST = (10_000, 100_000, 1_000_000, 10_000_000)
WEBHOOKS = (10, 1_000, 10_000)
MOST_RATIO = 1.2
REAL = 2_000  # deliveries at least that copies are made of
OBJECTS = 100_000

# Objects as the publisher has them: copies fill the same part of each index.
VARIED = Varied({table: {"object_id": f"lpad((c.n * 7919 % {OBJECTS})::text, 7, '0')"}
                 for table in ("events", "deliveries")})


@dataclasses.dataclass
class Point:
    """One measuring."""
    past_deliveries: int
    webhooks: int
    cpu_us_per_delivery: float  # of Windrow and PostgreSQL
    deliveries_per_s: float
    wal_bytes_per_event: float
    others_cpu_share: float
    ratio: float = 1.0          # of CPU, to the first of its series


class Growth:
    def __init__(self, installation: Installation, options):
        self._installation = installation
        self._options = options
        self._memory = measure.PostgresMemory(installation)
        self._answers: dict | None = None
        self.history: History | None = None
        self.webhooks = 1
        self.last: tuple[measure.Moment, measure.Moment] | None = None

    def load(self, seconds: float, warm_up: float) -> None:
        """Full load, which ends with an empty queue."""
        bench = self._installation
        bench.start_publisher(first=self._answers["acked"] if self._answers else 0)
        measure.watch(bench, self._memory, warm_up)
        begin = measure.Moment.now(bench)
        measure.watch(bench, self._memory, seconds)
        self.last = begin, measure.Moment.now(bench)
        self._answers = joined(self._answers, bench.stop_publisher())
        measure.drain(bench, self._published().items)
        measure.settled(bench)

    def _published(self) -> Published:
        return Published(self._installation.scenario.feed, self._answers)

    def point(self) -> Point:
        past = self._answers["acked"] + (self.history.copied if self.history else 0)
        self.load(self._options.seconds, self._options.warm_up)
        begin, end = self.last
        costs = measure.costs(begin, end, os.cpu_count(), self._memory.peak)
        rates = measure.rates(begin, end)
        point = Point(past, self.webhooks, round(costs["cpu_s_per_1000"] * 1_000, 1),
                      rates["deliveries_per_s"], costs["wal_bytes_per_event"],
                      costs["others_cpu_share"])
        print(f"    {past:,} past deliveries, {self.webhooks:,} webhooks: "
              f"{point.cpu_us_per_delivery:.1f} µs", flush=True)
        return point

    def add_webhooks(self, total: int) -> None:
        """Webhooks that the events do not match."""
        added = range(self.webhooks, total)
        self._installation.create_webhooks(Feed("bench.idle", added, len(added)))
        self.webhooks = total

    def judge(self) -> dict:
        sink, records = measure.settled(self._installation)
        for name in ("events", "succeeded", "items"):
            records[name] -= self.history.copied
        published = [self._published()]
        return {**account.counts(published, sink),
                "problems": account.problems(published, sink, records)}


def series(points: list[Point]) -> list[dict]:
    """With each one's ratio to the first."""
    first = max(points[0].cpu_us_per_delivery, 0.1)
    return [dataclasses.asdict(dataclasses.replace(
        point, ratio=round(point.cpu_us_per_delivery / first, 3))) for point in points]


def run(installation: Installation, options) -> dict:
    installation.start()
    growth = Growth(installation, options)
    begun = time.monotonic()
    growth.add_webhooks(WEBHOOKS[0])
    growth.load(max(1.0, REAL / 1_000), 0)
    growth.history = History(installation.postgres, 1, VARIED)
    past, webhooks = [], []
    for target in PAST:
        if target <= installation.scenario.deliveries:
            growth.history.grow_to(target - growth.history.real)
            past.append(growth.point())
    for target in WEBHOOKS:
        if target > growth.webhooks:
            growth.add_webhooks(target)
        webhooks.append(growth.point())
    result = {"scenario": "growth", "past": series(past), "webhooks": series(webhooks),
              "took_s": round(time.monotonic() - begun), "cores": os.cpu_count(),
              **growth.judge()}
    result["budgets"] = {
        f"cpu_ratio_by_{name}": budgets.at_most(
            MOST_RATIO, max(point["ratio"] for point in result[key]))
        for name, key in (("past_deliveries", "past"), ("webhooks", "webhooks"))}
    return result


def text(found: dict) -> str:
    rows = [("past deliveries", "webhooks", "CPU µs a delivery", "ratio", "deliveries/s",
             "others")]
    rows += [(f"{point['past_deliveries']:,}", f"{point['webhooks']:,}",
              f"{point['cpu_us_per_delivery']:.1f}", f"{point['ratio']:.2f}",
              f"{point['deliveries_per_s']:,.0f}", f"{point['others_cpu_share']:.0%}")
             for key in ("past", "webhooks") for point in found[key]]
    return (f"{found['scenario']}\n{columns(rows, right=tuple(range(6)))}\n"
            f"    {budgets.text(found['budgets'])}")
