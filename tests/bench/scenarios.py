"""What the bench measures: one Scenario each. A new one is a few lines here."""

import dataclasses

from feeds import Feed


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    kind: str = "load"       # of run (kinds/__init__.py)
    # Events a second that are offered whatever happens; None: as many as flow control and
    # `outstanding` let through.
    rate: int | None = None
    # Items published and not yet received, where there is no rate. It keeps publishing and
    # delivering in step: a rate that only fills the queue would be no rate of deliveries.
    outstanding: int = 5_000
    event_bytes: int = 500
    event_ids: bool = False  # each event has an event_id
    objects: int = 1         # that the events are of
    webhooks: int = 1
    types: int = 1           # event types in turn; each event matches webhooks / types
    hosts: bool = False      # each webhook has a host of its own
    path: str = "ok"         # of the webhooks, at the sink
    payload: str = "full"
    batch_items: int = 0     # 0: unbatched
    lightweight: bool = False
    workers: int = 1
    streams: int = 1
    # Webhooks beside, which a kind of run makes trouble with: the sink's first numbers.
    crowd: Feed | None = None
    # The history, or the trouble, that it begins with; `--deliveries` sets it.
    deliveries: int = 0
    # Settings of the server and the workers, where not the defaults: environment variables.
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def batched(self) -> bool:
        return self.batch_items > 0

    @property
    def feed(self) -> Feed:
        first = len(self.crowd.webhooks) if self.crowd else 0
        return Feed("ticket.created" if self.types == 1 else "bench",
                    range(first, first + self.webhooks), self.types, self.path,
                    flags=tuple(self.webhook_flags()), hosts=self.hosts)

    @property
    def feeds(self) -> list[Feed]:
        return [self.crowd, self.feed] if self.crowd else [self.feed]

    @property
    def matched(self) -> int:
        """Webhooks that each event matches."""
        return self.webhooks // self.types

    def webhook_flags(self) -> list[str]:
        """The flags of `windrow webhook create` that make its webhooks."""
        flags = ["--payload", self.payload]
        if self.batched:
            flags += ["--batch", "any", "--batch-max-items", str(self.batch_items),
                      "--batch-wait", "1s"]
        if self.lightweight:
            flags.append("--lightweight-logs")
        return flags


_UNBATCHED = Scenario("unbatched", "500-byte events, one webhook, full logs, full payload")


def _batched(items: int, outstanding: int) -> Scenario:
    return Scenario(f"batched{items}", f"up to {items} small items a request",
                    payload="small", batch_items=items, outstanding=outstanding)


def _latency(rate: int) -> Scenario:
    return Scenario(f"latency{rate}", f"{rate:,} events/s offered, unbatched", rate=rate)


def _workers(count: int) -> Scenario:
    return dataclasses.replace(_UNBATCHED, name=f"workers{count}", workers=count,
                               about=f"unbatched, by {count} workers")


def _beside(kind: str, about: str, crowd: Feed, deliveries: int = 0) -> Scenario:
    """Ten webhooks on ten hosts are sent 100 events/s, without trouble and beside it."""
    return Scenario(kind, about, kind, rate=100, webhooks=10, hosts=True, crowd=crowd,
                    deliveries=deliveries)


# Three quarters of what a worker may hold are for endpoints that have not answered yet.
_HOLDS_14000 = (("WINDROW_MAX_IN_FLIGHT", "14000"), ("WINDROW_MAX_BYTES_IN_FLIGHT", "1GiB"))


def _in_flight(name: str, event_bytes: int, about: str) -> Scenario:
    return Scenario(name, about, "in_flight", webhooks=10_000, outstanding=10_000,
                    path="hang", event_bytes=event_bytes, settings=_HOLDS_14000)


SCENARIOS = {
    scenario.name: scenario
    for scenario in [
        _UNBATCHED,
        dataclasses.replace(_UNBATCHED, name="unbatched-lightweight", lightweight=True,
                            about="no bodies and headers in the delivery records"),
        dataclasses.replace(_UNBATCHED, name="unbatched-event-ids", event_ids=True,
                            about="the publisher gives each event an id of its own"),
        _batched(10, 20_000),
        _batched(100, 100_000),
        _latency(200),
        _latency(1_000),
        _latency(5_000),
        Scenario("fanout50", "each event goes to 50 webhooks, each on its own host",
                 webhooks=50, hosts=True, outstanding=10_000),
        Scenario("webhooks20000", "20,001 webhooks, three for each of 6,667 event types",
                 webhooks=20_001, types=6_667, outstanding=10_000),
        dataclasses.replace(_UNBATCHED, name="large", event_bytes=64 * 1024,
                            outstanding=1_000, about="64 KiB events"),
        _workers(1),
        _workers(2),
        _workers(4),
        _in_flight("in-flight10000", 500, "memory with 10,000 requests in flight"),
        _in_flight("in-flight10000-large", 64 * 1024, "the same, with 64 KiB events"),
        _beside("hanging", "10 webhooks, without and beside 1,000 that never answer",
                Feed("bench.hangs", range(1_000), path="hang", hosts=True)),
        _beside("backlog", "10 webhooks, without and beside a million due of another",
                Feed("bench.crowded", range(1), hosts=True), deliveries=1_000_000),
        _beside("recover", "10 webhooks, without and beside one that recovers 100,000",
                Feed("bench.recovers", range(1), hosts=True,
                     flags=("--payload", "full", "--retry-delay", "0s")),
                deliveries=100_000),
        Scenario("list", "ListDeliveries by each field, 5 million copies of real records",
                 "list", deliveries=5_000_000),
        Scenario("growth", "a delivery's CPU with 10^4 … 10^7 past ones; 10 … 10^4 webhooks",
                 "growth", objects=100_000, deliveries=10_000_000),
        dataclasses.replace(_UNBATCHED, name="vacuum", kind="vacuum",
                            about="the queue's size on disk under full load: --seconds 600"),
    ]
}

# These take long, and are run by their own names.
_BY_NAME_ONLY = ("growth", "vacuum")

# What a name on the command line may stand for, beside a scenario.
GROUPS = {
    "all": [name for name in SCENARIOS if name not in _BY_NAME_ONLY],
    "workers": ["workers1", "workers2", "workers4"],
    "default": ["unbatched", "batched100", "latency1000"],
}


def select(names: list[str]) -> list[Scenario]:
    """The scenarios of these names; KeyError with a name that there is not."""
    chosen: dict[str, Scenario] = {}
    for name in names or ["default"]:
        for each in GROUPS.get(name, [name]):
            chosen[each] = SCENARIOS[each]
    return list(chosen.values())
