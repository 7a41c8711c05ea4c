"""A million due deliveries of one webhook, which a worker finds when it starts."""

import time

import measure
from feeds import Published
from installation import Installation
from kinds import beside


def run(installation: Installation, options) -> dict:
    scenario = installation.scenario
    commit_ms = installation.postgres.commit_milliseconds()
    installation.start()
    others = beside.Others(installation)
    alone = others.measure(options.seconds, options.warm_up)
    installation.stop_workers()
    begun = time.monotonic()
    installation.start_crowd("--limit", scenario.deliveries, "--outstanding",
                             scenario.deliveries)
    published = Published(scenario.crowd, installation.await_publisher("crowd"))
    filled_s = time.monotonic() - begun
    received = installation.page["items"]
    installation.start_workers()
    begun = time.monotonic()
    beside.await_that(lambda: installation.page["items"] > received,
                      "nothing of the backlog is sent", installation.check_alive)
    phase = others.measure(options.seconds, options.warm_up)
    due = scenario.deliveries - installation.sink_stats()["webhooks"][0]["items"]
    measure.drain(installation, published.items + others.published().items)
    drained_s = time.monotonic() - begun
    result = beside.result(others, alone, phase, published)
    result["commit_ms"] = commit_ms["p50"]
    result["trouble"] = {
        "backlog": scenario.deliveries, "published_in_s": round(filled_s, 1),
        "due_when_measured": due, "delivered_in_s": round(drained_s, 1),
        "delivered_per_s": round(scenario.deliveries / drained_s, 1)}
    if due <= 0:
        result["problems"].append("the backlog was gone before the others were measured")
    return result
