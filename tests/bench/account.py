"""Whether a run counts: what was published against what sink and database have."""

from feeds import Published

# More of them say no more.
MOST_PROBLEMS = 20


def counts(published: list[Published], sink: dict) -> dict:
    """In items: events times the webhooks that each matches. Of what cannot arrive, only
    that it was published."""
    wanted = sum(each.items for each in published if each.arrives)
    received = sum(webhook["items"] for webhook in sink["webhooks"])
    return {"published": sum(each.items for each in published),
            "received": received + sink["repeated_items"],
            "verified": received, "lost": wanted - received,
            "duplicated": sink["repeated_items"]}


class _Found(list):
    def want(self, what: str, got, wanted) -> None:
        if got != wanted:
            self.append(f"{what}: {got}, expected {wanted}")


def problems(published: list[Published], sink: dict, records: dict) -> list[str]:
    """Why the run does not count; empty where it does."""
    found = _Found()
    for each in published:
        _judge_answers(each.answers, found)
    for fault, count in sink["faults"].items():
        found.want(f"sink: requests with a wrong {fault}", count, 0)
    found.want("requests verified", sink["verified"], sink["requests"])
    for each in published:
        _judge_items(each, sink["webhooks"], found)
    found.want("items received twice", sink["repeated_items"], 0)
    found.want("deliveries received twice", sink["repeated_deliveries"], 0)
    found.want("events stored", records["events"],
               sum(each.answers["acked"] for each in published))
    found.want("deliveries recorded as succeeded", records["succeeded"],
               sink["deliveries"])
    found.want("items in them", records["items"],
               sum(each.items for each in published if each.arrives))
    found.want("deliveries recorded as anything else", records["others"], 0)
    # What cannot arrive waits to be tried again, each by itself.
    found.want("windows left", records["pending"],
               sum(each.items for each in published if not each.arrives))
    more = len(found) - MOST_PROBLEMS
    return [*found[:MOST_PROBLEMS], f"and {more} more"] if more > 0 else list(found)


def _judge_answers(answers: dict, found: _Found) -> None:
    found.want("events acknowledged", answers["acked"], answers["sent"])
    for fault in ("refused", "duplicates", "wrong_matched", "wrong_order", "unanswered"):
        found.want(f"publisher's answers: {fault}", answers[fault], 0)
    if answers["first_error"]:
        found.append(f"publisher: {answers['first_error']}")


def _judge_items(published: Published, webhooks: list[dict], found: _Found) -> None:
    feed, answers = published.feed, published.answers
    total = 0
    for number in feed.webhooks:
        webhook = webhooks[number]
        wanted = feed.wanted_of(number, answers["acked"]) if published.arrives else 0
        found.want(f"items received by webhook {number}", webhook["items"], wanted)
        if feed.types == 1 and published.arrives:
            found.want(f"checksum of (event, escmsg_id) at webhook {number}",
                       webhook["item_sum"], answers["ack_sum"])
        total += int(webhook["item_sum"], 16)
    if feed.types > 1:
        # The sink takes an event for webhooks of its type only, and once for each.
        found.want("checksum of (event, escmsg_id) at all webhooks",
                   f"{total % 2**64:016x}",
                   f"{int(answers['ack_sum'], 16) * feed.matched % 2**64:016x}")
