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
REAL = 2_000  # deliveries that copies are made of
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

    def begin(self) -> None:
        """The real deliveries that past ones are copies of."""
        self._installation.start_publisher(limit=REAL)
        self._end(self._installation.await_publisher("publisher"))
        self.history = History(self._installation.postgres, 1, VARIED)

    def _load(self) -> tuple[measure.Moment, measure.Moment]:
        """Full load; when it began and ended to be measured."""
        bench = self._installation
        bench.start_publisher(first=self._answers["acked"])
        measure.watch(bench, self._memory, self._options.warm_up)
        begin = measure.Moment.now(bench)
        measure.watch(bench, self._memory, self._options.seconds)
        end = measure.Moment.now(bench)
        self._end(bench.stop_publisher())
        return begin, end

    def _end(self, answers: dict) -> None:
        """Until the queue is empty."""
        self._answers = joined(self._answers, answers)
        measure.drain(self._installation, self._published().items)
        measure.settled(self._installation)

    def _published(self) -> Published:
        return Published(self._installation.scenario.feed, self._answers)

    def point(self) -> Point:
        past = self._answers["acked"] + self.history.copied
        begin, end = self._load()
        costs = measure.costs(begin, end, os.cpu_count(), self._memory.peak)
        rates = measure.rates(begin, end)
        point = Point(past, self.webhooks, round(costs["cpu_s_per_1000"] * 1_000, 1),
                      rates["deliveries_per_s"], costs["wal_bytes_per_event"],
                      costs["others_cpu_share"])
        print(f"    {past:,} past deliveries, {self.webhooks:,} webhooks: "
              f"{point.cpu_us_per_delivery:.1f} µs", flush=True)
        return point

    def grow_to(self, deliveries: int) -> None:
        self.history.grow_to(deliveries - self._answers["acked"])

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
    growth.begin()
    past, webhooks = [], []
    for target in PAST:
        if target <= installation.scenario.deliveries:
            growth.grow_to(target)
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
