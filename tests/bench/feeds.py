"""Events of one publisher, and the webhooks that want them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Feed:
    """With several types, events have them in turn, by their sequence number, and webhook n
    wants every one whose number leaves the same rest as n: each event matches `matched`
    webhooks."""
    event_type: str
    webhooks: range             # their numbers at the sink
    types: int = 1
    path: str = "ok"            # at the sink (sink_server.h)
    flags: tuple[str, ...] = ("--payload", "full")  # of `windrow webhook create`
    hosts: bool = False         # each webhook has a host of its own

    @property
    def matched(self) -> int:
        return len(self.webhooks) // self.types

    def type_of(self, webhook: int) -> str:
        if self.types == 1:
            return self.event_type
        return f"{self.event_type}.{webhook % self.types:07}"

    def wanted_of(self, webhook: int, events: int) -> int:
        """How many of the first `events` events this webhook wants."""
        return (events - webhook % self.types + self.types - 1) // self.types

    def url(self, webhook: int, port: int) -> str:
        host = f"127.1.{webhook >> 8}.{webhook & 255}" if self.hosts else "127.0.0.1"
        return f"http://{host}:{port}/{self.path}/{webhook}"


@dataclasses.dataclass
class Published:
    """What a publisher told of a feed when it ended."""
    feed: Feed
    answers: dict
    arrives: bool = True  # False: its endpoints never take it

    @property
    def items(self) -> int:
        return self.answers["acked"] * self.feed.matched


COUNTED = ("sent", "acked", "refused", "duplicates", "wrong_matched", "wrong_order",
           "unanswered")


def joined(before: dict | None, after: dict) -> dict:
    """The answers of two publishers of one feed, one after the other."""
    if before is None:
        return after
    total = after | {key: before[key] + after[key] for key in COUNTED}
    both = int(before["ack_sum"], 16) + int(after["ack_sum"], 16)
    total["ack_sum"] = f"{both % 2**64:016x}"
    total["first_error"] = before["first_error"] or after["first_error"]
    return total
