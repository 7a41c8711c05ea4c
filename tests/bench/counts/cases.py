"""What is counted: one Case each, and which statements a clock sends, not an event."""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

# pylint: disable=wrong-import-position
import scenarios  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Case:
    """A round publishes `events` in calls of `call`, then delivers them."""
    scenario: scenarios.Scenario
    call: int
    events: int
    rounds: int = 4  # that are counted, after others that are not
    # What is judged; the other phase runs as well.
    phases: tuple[str, ...] = ("publish", "deliver")

    @property
    def name(self) -> str:
        return self.scenario.name

    @property
    def deliveries(self) -> int:
        """Of a round."""
        items = self.events * self.scenario.webhooks
        return items // max(self.scenario.batch_items, 1)


_UNBATCHED = scenarios.Scenario("unbatched", "500 events a call, full logs")
_CASES = [
    Case(_UNBATCHED, call=500, events=500),
    Case(dataclasses.replace(_UNBATCHED, name="unbatched-lightweight", lightweight=True,
                             about="no bodies and headers in the delivery records"),
         call=100, events=100),
    Case(dataclasses.replace(_UNBATCHED, name="one-a-call",
                             about="each event by a call of its own"),
         call=1, events=100, phases=("publish",)),
    Case(scenarios.Scenario("batched100", "500 events a call, 100 items a request",
                            payload="small", batch_items=100),
         call=500, events=500),
    Case(scenarios.Scenario("fanout10", "each event goes to 10 webhooks", webhooks=10),
         call=10, events=10),
]
CASES = {case.name: case for case in _CASES}

# Statements that go out by the clock, however much is published: how many of them there
# are says how long a case took, and nothing of what an event costs.
BY_THE_CLOCK = {
    # the server's watches and operations
    "claim_operation", "list_notices", "read_access_version", "takes_writes",
    # the worker's looks for what is due, and its upkeep
    "find_due", "read_heads", "renew_leases", "scan_buckets",
    # statistics and retention
    "roll_up_changes", "roll_up_minutes", "read_stats_progress", "make_partitions",
}
# Those that PostgreSQL counts once a connection, whatever their number, and what sets up a
# connection: how many of those there are depends on what else runs at the time.
BY_THE_CONNECTION = ("BEGIN", "COMMIT", "SELECT coalesce(current_setting(")
# Those of them that are transactions of their own and write.
WRITERS_BY_THE_CLOCK = {"roll_up_changes", "roll_up_minutes"}
