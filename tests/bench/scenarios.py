"""What the bench measures: one Scenario each. A new one is a few lines here."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    # Events a second that are offered whatever happens; None: as many as flow control and
    # `outstanding` let through.
    rate: int | None = None
    # Items published and not yet received, where there is no rate. It keeps publishing and
    # delivering in step: a rate that only fills the queue would be no rate of deliveries.
    outstanding: int = 5_000
    event_bytes: int = 500
    event_ids: bool = False  # each event has an event_id
    webhooks: int = 1        # each event matches all of them
    hosts: bool = False      # each webhook has a host of its own
    payload: str = "full"
    batch_items: int = 0     # 0: unbatched
    lightweight: bool = False
    workers: int = 1
    streams: int = 1

    @property
    def batched(self) -> bool:
        return self.batch_items > 0

    def webhook_flags(self) -> list[str]:
        """The flags of `windrow webhook create` that make its webhooks."""
        flags = ["--event", "ticket.created", "--payload", self.payload]
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
        Scenario("fanout50", "each event goes to 50 webhooks, each on its own host",
                 webhooks=50, hosts=True, outstanding=10_000),
        dataclasses.replace(_UNBATCHED, name="large", event_bytes=64 * 1024,
                            outstanding=1_000, about="64 KiB events"),
        _workers(1),
        _workers(2),
        _workers(4),
    ]
}

# What a name on the command line may stand for, beside a scenario.
GROUPS = {
    "all": list(SCENARIOS),
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
