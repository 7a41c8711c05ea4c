"""Every behaviour of an endpoint, against a hostile receiver: the right outcome, in bounded
time and memory. Its number follows those of the faults."""

import contextlib
import json
import pathlib
import time

from certificates import Certificates
from endpoint_rows import HOUR, ROWS, Row, Seen, State, seconds
from fault import Fault
from harness import api
from harness.process import Process
from harness.waiting import Failure, expect, wait_until
from harness.world import WORKER, batching, set_duration
from hostile_behaviours import BEHAVIOURS
from hostile_receiver import HostileReceiver
from name_server import NameServer, asking_it

from columns import columns  # of tests/bench, which harness finds

EACH, SECOND, GONE, BATCH, OTHER = (f"hostile.{name}" for name in
                                    ("each", "second", "gone", "batch", "other"))
SILENT = [f"silent{number}.test" for number in range(1, 9)]
NAMES = {"two.test": ["127.0.0.9", "127.0.0.1"], "here.test": ["127.0.0.1"]} | {
    name: None for name in SILENT}
MOST_GROWTH_MIB = 32


class Endpoints(Fault):
    number = 26
    name = "endpoints that do what they like"

    def run(self, world):
        with contextlib.ExitStack() as stack:
            hostile = Hostile(world, stack)
            hostile.create_webhooks()
            results = hostile.judge_all()
        self.rows = cells(results)
        print(columns(self.rows, right=(3, 4)))
        wrong = [f"{result[0]}: {result[2]}" for result in results if result[5] != "ok"]
        if wrong:
            raise Failure("\n".join(wrong))


class Hostile:
    """An installation in front of a hostile receiver."""

    def __init__(self, world, stack: contextlib.ExitStack):
        self.world = world
        folder = world.folder / "certificates"
        folder.mkdir()
        certificates = Certificates(folder)
        stack.enter_context(NameServer(NAMES))
        self.receiver = stack.enter_context(HostileReceiver(BEHAVIOURS))
        self.ports = {"plain": self.receiver.listen("127.0.0.1"),
                      "idle": self.receiver.listen("127.0.0.1")}
        for kind in ("good", "expired", "other-name", "self-signed"):
            self.ports[kind] = self.receiver.listen("127.0.0.1",
                                                    certificates.context(kind))
        allowed = ",".join(f"127.0.0.0/8:{port}" for port in self.ports.values())
        world.start_server(WINDROW_ALLOW_ADDRESSES=allowed)
        self.client = world.client()
        environment = world.environment(
            WINDROW_ALLOW_ADDRESSES=allowed, **WORKER,
            WINDROW_CA_BUNDLE=str(certificates.bundle))
        self.worker = world.processes["worker1"] = Process(
            "worker1", asking_it(world.folder, world.bin / "windrow-worker"), environment,
            world.folder / "worker1.log")
        self.rows: list[tuple[Row, str]] = []  # with the webhook's id
        self.begun = 0.0

    # Webhooks and events.

    def create(self, name: str, kind: str, path: str, port: str = "plain",
               host: str = "127.0.0.1", delays=(0, HOUR), timeout: float = 10,
               **fields) -> str:
        scheme = "http" if port in ("plain", "idle") else "https"
        webhook = api.webhooks.Webhook(
            name=name, url=f"{scheme}://{host}:{self.ports[port]}{path}",
            triggers=[api.webhooks.Trigger(event_type=kind)],
            payload=api.webhooks.PAYLOAD_KIND_EVENT_ONLY, **fields)
        set_duration(webhook.timeout, timeout)
        for delay in delays:
            set_duration(webhook.retry.delays.add(), delay)
        request = api.webhooks.CreateWebhookRequest(webhook=webhook)
        return self.client.webhooks.CreateWebhook(request, timeout=30).webhook_id

    def create_webhooks(self) -> None:
        for number, row in enumerate(ROWS):
            fields = {}
            if "OAuth" in row.behaviour:
                fields["oauth2"] = api.webhooks.OAuth2ClientCredentials(
                    token_url=f"http://127.0.0.1:{self.ports['plain']}/token",
                    client_id="windrow", client_secret="secret")
            # The path tells the rows apart at the receiver.
            path = f"{row.path}/row{number}" if row.path.count("/") > 1 else (
                f"{row.path}/-/row{number}")
            made = self.create(f"{number} {row.behaviour}", EACH, path, row.port, row.host,
                               row.delays, row.timeout, **fields)
            self.rows.append((row, made))
        for name in SILENT[1:]:
            self.create(name, EACH, "/status/200", host=name, timeout=20)
        self.idle = self.create("idle", SECOND, "/idle-close", "idle")
        self.gone = self.create("gone", GONE, "/status/410/gone")
        self.told = self.create("told", "windrow.webhook.disabled", "/status/200/told")
        self.batch = self.create("batch", BATCH, "/status/500/batch",
                                 delays=(0, 1, 1, HOUR), batching=batching(1, 100))
        self.other = self.create("other", OTHER, "/status/200/other")
        self.named = self.create("named", OTHER, "/status/200/named", host="here.test")

    def publish(self, kind: str, count: int = 1) -> None:
        request = api.events.BatchPublishEventsRequest(events=[
            api.events.Event(type=kind, object_type="ticket", object_id=str(number),
                             object=b'{"id":1}') for number in range(count)])
        answer = self.client.events.BatchPublishEvents(request, timeout=30)
        expect(all(r.HasField("published") for r in answer.results), "not published")

    # What came of it.

    def deliveries(self, webhook_id: str) -> list:
        request = api.deliveries.ListDeliveriesRequest(
            filter=f'webhook_id = "{webhook_id}"', page_size=1000, order_by="create_time")
        return list(api.every_page(self.client.deliveries.ListDeliveries, request,
                                   "deliveries"))

    def ended(self, webhook_id: str, attempts: int = 1, deliveries: int = 1,
              within: float = 20) -> list:
        """Its deliveries, once each has so many attempts on record."""
        def ready():
            found = self.deliveries(webhook_id)
            done = [d for d in found if d.attempt_count >= attempts and
                    d.state != State.DELIVERY_STATE_IN_FLIGHT]
            return found if len(done) >= deliveries else None
        return wait_until(ready, "no outcome is on record", within, every=0.1)

    def see(self, delivery) -> Seen:
        get = api.deliveries.GetDeliveryRequest(delivery_id=delivery.delivery_id)
        attempts = api.deliveries.ListAttemptsRequest(delivery_id=delivery.delivery_id)
        requests = [r for r in self.receiver.requests()
                    if r.webhook_id == delivery.delivery_id]
        return Seen(self.client.deliveries.GetDelivery(get, timeout=30),
                    list(self.client.deliveries.ListAttempts(attempts, timeout=30).attempts),
                    requests)

    def memory_mib(self) -> float:
        return _mib(self.worker.pid, "VmHWM")

    def judge_all(self) -> list[tuple]:
        self.warm_up()
        pathlib.Path(f"/proc/{self.worker.pid}/clear_refs").write_text("5", encoding="ascii")
        before = self.memory_mib()
        self.publish(EACH)
        results = [self.judge("DNS: others meanwhile", "not slowed", self.others_go_on)]
        results += [self.judge("always fails, 100 a window", "same bytes each time",
                               self.always_fails)]
        results = [self.judge(row.behaviour, row.wanted, lambda: self.row(row, webhook))
                   for row, webhook in self.rows] + results
        results += [
            self.judge("closes an idle connection", "one silent resend", self.idle_close),
            self.judge("410", "failed, disabled, told", self.is_gone)]
        growth = self.memory_mib() - before
        text = f"grew by {growth:.0f} MiB at most"
        good = "ok" if growth < MOST_GROWTH_MIB and self.worker.running else "FAILED"
        return [*results, ("the worker's memory", f"at most {MOST_GROWTH_MIB} MiB more", text,
                           time.monotonic() - self.begun, self.memory_mib(), good)]

    def warm_up(self) -> None:
        self.begun = time.monotonic()
        self.publish(OTHER)
        for webhook in (self.other, self.named):
            self.ended(webhook)

    def judge(self, behaviour: str, wanted: str, check) -> tuple:
        """A row of the table; the seconds are of the last attempt where check tells them."""
        begun = time.monotonic()
        took = None
        try:
            text, took = check()
            good = "ok"
        except Failure as failure:
            text, good = str(failure), "FAILED"
        took = time.monotonic() - begun if took is None else took
        return behaviour, wanted, text, took, _mib(self.worker.pid, "VmRSS"), good

    def row(self, row: Row, webhook_id: str) -> tuple[str, float]:
        delivery = self.ended(webhook_id, row.attempts)[0]
        seen = self.see(delivery)
        more = row.check(seen)
        took = seconds(seen.last.duration)
        expect(took < row.within, f"it took {took:.1f} s")
        return seen.text() + (f"; {more}" if more else ""), took

    def others_go_on(self) -> tuple[str, float]:
        """One known address and one name, while eight names are looked up in vain."""
        begun = time.monotonic()
        self.publish(OTHER)
        for webhook in (self.other, self.named):
            self.ended(webhook, deliveries=2)
        took = time.monotonic() - begun
        expect(took < 1.5, f"others took {took:.1f} s")
        return "delivered beside 8 names without answer", took

    def always_fails(self) -> tuple[str, None]:
        self.publish(BATCH, 250)
        self.ended(self.batch, attempts=2, deliveries=3)
        self.publish(BATCH, 10)
        found = self.ended(self.batch, attempts=3, deliveries=4)
        bodies: dict[str, set[bytes]] = {}
        for request in self.receiver.requests("/status/500/batch"):
            bodies.setdefault(request.webhook_id, set()).add(request.body)
        expect(all(len(each) == 1 for each in bodies.values()), "other bytes at a retry")
        sizes = sorted(len(json.loads(next(iter(each)))) for each in bodies.values())
        expect(sizes == [10, 50, 100, 100], f"windows of {sizes}")
        items = {item["id"] for each in bodies.values()
                 for item in json.loads(next(iter(each)))}
        expect(len(items) == 260, f"{len(items)} items")
        attempts = [delivery.attempt_count for delivery in found]
        return f"windows of {sizes}, attempts {attempts}", None

    def idle_close(self) -> tuple[str, None]:
        self.publish(SECOND)
        self.ended(self.idle)
        self.publish(SECOND)
        second = self.see(self.ended(self.idle, deliveries=2)[1])
        expect(second.delivery.state == State.DELIVERY_STATE_SUCCEEDED and
               second.delivery.attempt_count == 1, second.text())
        on = [(r.connection, r.on_connection) for r in second.requests]
        expect(len(on) == 2 and on[0][1] == 2 and on[1][1] == 1 and on[0][0] != on[1][0],
               f"connection and request of it: {on}")
        return f"{second.text()}; 2 requests, 2 connections, 1 attempt", None

    def is_gone(self) -> tuple[str, None]:
        self.publish(GONE)
        seen = self.see(self.ended(self.gone)[0])
        expect(seen.delivery.state == State.DELIVERY_STATE_FAILED, seen.text())
        expect(seen.last.status_code == 410, seen.text())
        get = api.webhooks.GetWebhookRequest(webhook_id=self.gone)
        wait_until(lambda: not self.client.webhooks.GetWebhook(get, timeout=30).enabled,
                   "the webhook is not disabled", 10)
        wait_until(lambda: self.deliveries(self.told), "the tenant is not told", 15)
        self.ended(self.told)
        return f"{seen.text()}; disabled; windrow.webhook.disabled delivered", None


def _mib(pid: int, name: str) -> float:
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def cells(results: list[tuple]) -> list[tuple]:
    return [("behaviour", "wanted", "got", "seconds", "worker MiB", "result")] + [
        (name, wanted, text.splitlines()[0], f"{took:.2f}", f"{mib:.0f}", good)
        for name, wanted, text, took, mib, good in results]
