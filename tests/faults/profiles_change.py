"""Webhooks edited, and their secrets rotated, while events go out."""

import base64
import os
import time

from google.protobuf import field_mask_pb2

from fault import Fault
from harness import api
from harness.waiting import expect, wait_until
from harness.world import PAYLOADS, batching, set_duration

EDITS = 12
HEAD_FRESH = 2  # seconds after an edit within which older requests may still start


def new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


class EditedUnderLoad(Fault):
    """Each edit changes URL, header, secret, payload and batching at once. A request is
    old or new: its URL, header and secret are of one edit; so are its items among
    themselves, which are frozen when their window closes."""
    number = 17
    name = "webhook edited under load"
    no_repeats = True

    def run(self, world):
        world.start_server()
        world.mix(timeout=20)
        world.start_worker()
        target = world.create_webhook("/edit0", timeout=20,
                                      payload=PAYLOADS.PAYLOAD_KIND_EVENT_ONLY)
        secrets = world.receiver.secrets[target.path]
        edited_at = [0.0]
        with world.load() as publisher:
            for number in range(1, EDITS + 1):
                secrets.append(new_secret())
                # Whatever comes is checked against every secret that there was.
                world.receiver.secrets[f"/edit{number}"] = secrets
                self.edit(world, target, number, secrets[-1])
                edited_at.append(time.time())
                publisher.await_acknowledged(30)
                wait_until(lambda n=number: world.receiver.of(f"/edit{n}"),
                           f"nothing came to edit {number}", 10)
        count = world.settle()
        self.check(world, secrets, edited_at)
        return count

    def edit(self, world, target, number: int, secret: str) -> None:
        batched = number % 2 == 1
        webhook = api.webhooks.Webhook(
            webhook_id=target.webhook_id, url=world.receiver.url(f"/edit{number}"),
            signing_secret=secret, payload=self.payload(number),
            headers=[api.webhooks.Header(name="x-edit", value=str(number))],
            batching=batching(1, 10) if batched else
            api.webhooks.Batching(mode=api.webhooks.BATCH_MODE_NONE))
        mask = field_mask_pb2.FieldMask(
            paths=["url", "signing_secret", "payload", "headers", "batching"])
        world.client().webhooks.UpdateWebhook(
            api.webhooks.UpdateWebhookRequest(webhook=webhook, update_mask=mask), timeout=30)

    def payload(self, number: int):
        return (PAYLOADS.PAYLOAD_KIND_SMALL if number % 3 == 1
                else PAYLOADS.PAYLOAD_KIND_EVENT_ONLY)

    def check(self, world, secrets, edited_at) -> None:
        requests = [request for request in list(world.receiver.requests)
                    if request.path.startswith("/edit")]
        for request in requests:
            number = int(request.path.removeprefix("/edit"))
            header = request.headers.get("x-edit", "0")
            expect(header == str(number), f"{request.path} came with x-edit {header}")
            expect(request.verified == [secrets[number]],
                   f"{request.path} is signed with another edit's secret")
            expect(len(request.keys) == 1, f"items of two payloads in {request.delivery_id}")
            if number < EDITS:
                late = request.signed_at - edited_at[number + 1]
                expect(late < HEAD_FRESH, f"{request.path} was signed {late:.1f} s after "
                       "the next edit")
        kinds = {keys for request in requests for keys in request.keys}
        expect(len(kinds) == 2, f"items have keys {kinds}")


class SecretRotatedUnderLoad(Fault):
    """Every request verifies with a secret that its webhook had at that time, and for the
    overlap with both."""
    number = 18
    name = "secret rotated under load"
    no_repeats = True
    overlap = 4  # seconds

    def run(self, world):
        world.start_server()
        world.mix(timeout=20)
        world.start_worker()
        plain = world.targets[0]
        secrets = world.receiver.secrets[plain.path]
        rotated = []
        with world.load(pace=100) as publisher:
            for number in range(3):
                secrets.append(new_secret())
                rotated.append(self.rotate(world, plain, secrets[-1]))
                # The first overlap ends, the second is cut short by the third.
                wait = self.overlap + 3 if number != 1 else 2.5
                wait_until(lambda w=wait: time.time() > rotated[-1] + w, "time stands",
                           wait + 5)
            publisher.await_acknowledged(20)
        count = world.settle()
        self.check(world.receiver.of(plain.path), secrets, rotated)
        return count

    def rotate(self, world, target, secret: str) -> float:
        request = api.webhooks.RotateSigningSecretRequest(
            webhook_id=target.webhook_id, signing_secret=secret)
        set_duration(request.overlap, self.overlap)
        world.client().webhooks.RotateSigningSecret(request, timeout=30)
        return time.time()

    def check(self, requests, secrets, rotated) -> None:
        both = after = 0
        for request in requests:
            expect(request.verified, f"{request.delivery_id} verifies with no secret")
            # It was signed within a second from then. Where a rotation was answered about
            # that time, before or behind it.
            about_then = any(0 <= at - request.signed_at < 2 for at in rotated)
            since = [at for at in rotated if at < request.signed_at]
            if about_then or not since:
                continue
            newest = secrets[len(since)]
            ago = request.signed_at - since[-1]
            if HEAD_FRESH < ago < self.overlap - 1:
                both += 1
                expect(request.verified == [secrets[len(since) - 1], newest],
                       f"{ago:.1f} s after a rotation a request verifies with "
                       f"{len(request.verified)} secrets")
            if ago > self.overlap + 1:
                after += 1
                expect(request.verified == [newest],
                       f"{ago:.1f} s after a rotation the old secret still signs")
        expect(both > 20, f"{both} requests came in an overlap")
        expect(after > 20, f"{after} requests came after an overlap")
