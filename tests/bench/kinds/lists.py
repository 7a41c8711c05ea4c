"""ListDeliveries over millions of records: the first page and a deep one, for each filter."""

import os
import random
import time

import budgets
from columns import columns
from history import History, Varied
from installation import Installation
from kinds import list_filters, list_sources

PAGE = 50
# A deep page is behind so many full ones of 1,000, or as many as there are.
DEEP = 10
MOST_P99_MS = 20
# Of each filter's first page, and of its deep one, in 15 s.
CALLS = 100

# Of 1,000 deliveries, by the webhook that the real one is of.
WEIGHTS = {"ok": 870, "same": 30, "mixed": 20, "missing": 40, "slow": 20, "refused": 10,
           "stopped": 10}


class Lists:
    """The calls, each answer of which is checked."""

    def __init__(self, installation: Installation, api):
        self._api = api
        self._client = api.Client(installation.server)
        self._chance = random.Random(7)
        self.problems: list[str] = []

    def close(self) -> None:
        self._client.close()

    def call(self, each: list_filters.Filter, asked: list_filters.Asked, size: int,
             token: str = ""):
        """The answer and its milliseconds."""
        request = self._api.deliveries.ListDeliveriesRequest(
            filter=asked.filter, order_by=each.order, page_size=size, page_token=token)
        begun = time.perf_counter()
        page = self._client.deliveries.ListDeliveries(request, timeout=30)
        took = (time.perf_counter() - begun) * 1e3
        self.problems += wrong(page.deliveries, each, asked, size)
        return page, took

    def first(self, each: list_filters.Filter, calls: int) -> dict:
        """With other values each time."""
        took, rows = [], 0
        for _ in range(calls):
            page, milliseconds = self.call(each, each.ask(self._chance), PAGE)
            took.append(milliseconds)
            rows += len(page.deliveries)
        return figures(took) | {"rows": round(rows / calls, 1)}

    def deep(self, each: list_filters.Filter, calls: int) -> dict | None:
        """None where the list has one page only."""
        asked, token, rows = each.ask(self._chance), "", 0
        for _ in range(DEEP):
            page, _ = self.call(each, asked, 1_000, token)
            if not page.next_page_token:
                break
            token = page.next_page_token
            rows += len(page.deliveries)
        if not token:
            return None
        took = [self.call(each, asked, PAGE, token)[1] for _ in range(calls)]
        return figures(took) | {"behind": rows}


def figures(took: list[float]) -> dict:
    took = sorted(took)
    return {"p50_ms": round(took[len(took) // 2], 2),
            "p99_ms": round(took[min(len(took) * 99 // 100, len(took) - 1)], 2),
            "max_ms": round(took[-1], 2)}


def wrong(deliveries, each: list_filters.Filter, asked: list_filters.Asked,
          size: int) -> list[str]:
    """What a page must not have."""
    found = []
    if len(deliveries) > size:
        found.append(f"{each.name}: a page of {len(deliveries)}, where {size} were asked for")
    strangers = sum(not asked.fits(delivery) for delivery in deliveries)
    if strangers:
        found.append(f"{each.name}: {strangers} deliveries do not fit {asked.filter}")
    ids = [delivery.delivery_id for delivery in deliveries]
    if ids != sorted(set(ids), reverse=each.order != "create_time"):
        found.append(f"{each.name}: not in order, or twice")
    return found


def run(installation: Installation, options) -> dict:
    # What the API takes (grpcio, protoc) is needed here only.
    import api  # pylint: disable=import-outside-toplevel
    receiver = list_sources.Receiver()
    installation.start_beside(receiver.server_address[1])
    list_sources.make(installation, api)
    history = History(installation.postgres, list_filters.DAYS,
                      Varied({"deliveries": list_filters.VARIED}, ("deliveries",)),
                      list_sources.GROUP, WEIGHTS)
    history.grow_to(installation.scenario.deliveries)
    receiver.shutdown()
    receiver.server_close()
    lists = Lists(installation, api)
    calls = max(20, round(CALLS * options.seconds / 15))
    found = []
    try:
        for each in list_filters.FILTERS:
            lists.first(each, 5)  # connections and plans are there
            found.append({"name": each.name, "first": lists.first(each, calls),
                          "deep": lists.deep(each, calls)})
    finally:
        lists.close()
    slowest = max(part["p99_ms"] for each in found for part in (each["first"], each["deep"])
                  if part)
    return {"scenario": installation.scenario.name,
            "deliveries": history.copied + history.real, "waiting": list_sources.WAITING,
            "calls": calls, "filters": found,
            "budgets": {"p99_ms": budgets.at_most(MOST_P99_MS, slowest)},
            "processes": {name: {"rss_bytes": usage.rss_bytes,
                                 "peak_rss_bytes": usage.peak_rss_bytes}
                          for name, usage in installation.usages().items()},
            "cores": os.cpu_count(), "problems": list(dict.fromkeys(lists.problems))}


def text(found: dict) -> str:
    rows = [("filter", "rows", "first p50", "p99 ms", "behind", "deep p50", "p99 ms")]
    for each in found["filters"]:
        first, deep = each["first"], each["deep"]
        rows.append((each["name"], f"{first['rows']:g}", f"{first['p50_ms']:.2f}",
                     f"{first['p99_ms']:.2f}",
                     *((f"{deep['behind']:,}", f"{deep['p50_ms']:.2f}",
                        f"{deep['p99_ms']:.2f}") if deep else ("-", "-", "-"))))
    return (f"{found['scenario']}: {found['deliveries']:,} deliveries\n"
            f"{columns(rows, right=tuple(range(1, 7)))}\n    {budgets.text(found['budgets'])}")
