"""A key ring that lacks what a row was sealed under."""

import base64
import os

from fault import Fault
from harness import api
from harness.waiting import expect, wait_until


class MissingKey(Fault):
    number = 22
    name = "key ring without the key that a row needs"

    def run(self, world):
        world.start_server()
        lost = world.create_webhook("/lost", delays=[0] + 15 * [1])
        first = world.key_ring.read_text(encoding="utf-8")
        second = f"2:{base64.b64encode(os.urandom(32)).decode()}\n"
        world.key_ring.write_text(second, encoding="utf-8")
        world.create_webhook("/well")
        world.start_worker()
        with world.load(pace=50) as publisher:
            publisher.await_acknowledged(50)
            wait_until(lambda: len(world.receiver.of("/well")) >= 40, "the other is not sent to")
            waiting = wait_until(lambda: self.waiting(world, lost), "nothing failed")
            attempts = world.client().deliveries.ListAttempts(
                api.deliveries.ListAttemptsRequest(delivery_id=waiting.delivery_id),
                timeout=30).attempts
            expect(any("lacks key 1" in attempt.error_detail for attempt in attempts),
                   f"no attempt says which key is missing: {attempts}")
            expect(not world.receiver.of("/lost"), "something was sent without its key")
            world.key_ring.write_text(second + first, encoding="utf-8")
        count = world.settle()
        expect(count.succeeded == count.matched, "not all went out once the key was back")
        return count

    def waiting(self, world, target):
        request = api.deliveries.ListDeliveriesRequest(
            filter=f'webhook_id = "{target.webhook_id}" AND state = RETRYING', page_size=1)
        listed = world.client().deliveries.ListDeliveries(request, timeout=30).deliveries
        return listed[0] if listed else None
