"""Servers and workers killed at the worst moments, and held past their leases."""

import time

from fault import Fault
from harness import api
from harness.receiver import Answer
from harness.waiting import expect, wait_until
from harness.world import PAYLOADS, event

KILLS = 3
POISON_LEASES = 5  # workers/delivery/options.h
SUCCEEDED = api.deliveries.DELIVERY_STATE_SUCCEEDED
FAILED = api.deliveries.DELIVERY_STATE_FAILED
POISON = api.deliveries.ATTEMPT_ERROR_POISON


class ServerKilled(Fault):
    """Killed at `point`, again and again, and started anew each time."""
    point = ""

    def run(self, world):
        world.start_server()
        world.mix()
        world.start_worker()
        world.processes["server"].stop()
        with world.load(streams=4) as publisher:
            for kill in range(KILLS):
                server = world.start_server(
                    WINDROW_FAULT_POINTS=f"{self.point}=kill:after {5 + kill}")
                server.await_killed()
            world.start_server()
            publisher.await_acknowledged(100)
        self.check(list(publisher.ledger.values()))
        return world.settle()

    def check(self, entries):
        expect(any(entry.unknown for entry in entries), "the kill cut no answer off")


class ServerKilledBeforeCommit(ServerKilled):
    number = 1
    name = "kill -9 of the server before its commit"
    point = "publish.before_commit"


class ServerKilledAfterCommit(ServerKilled):
    number = 1
    name = "kill -9 of the server between commit and answer"
    point = "publish.after_commit"
    quick = True

    def check(self, entries):
        super().check(entries)
        expect(any(entry.duplicates for entry in entries),
               "nothing that was committed and not answered was a duplicate later")


class ServerKilledInStream(ServerKilled):
    number = 1
    name = "kill -9 of the server between two streams' answers"
    point = "publish.between_answers"


class WorkerKilled(Fault):
    """Killed at `point`, again and again, and started anew; another works on."""
    point = ""

    def run(self, world):
        world.start(workers=1)
        with world.load() as publisher:
            for kill in range(KILLS):
                worker = world.start_worker(
                    "killed", WINDROW_FAULT_POINTS=f"{self.point}=kill:after {2 + kill}")
                worker.await_killed()
            publisher.await_acknowledged(100)
        return world.settle()


class WorkerKilledAfterClaim(WorkerKilled):
    number = 2
    name = "kill -9 of a worker after its claim"
    point = "worker.after_claim"


class WorkerKilledAtAnswer(WorkerKilled):
    number = 2
    name = "kill -9 of a worker as an answer comes"
    point = "worker.after_answer"


class WorkerKilledBeforeRecord(WorkerKilled):
    number = 2
    name = "kill -9 of a worker between answer and record"
    point = "worker.before_record"


class WorkerKilledBetweenRecords(WorkerKilled):
    number = 2
    name = "kill -9 of a worker between two records"
    point = "worker.after_record"


class WorkerKilledWhileSending(Fault):
    number = 2
    name = "kill -9 of a worker while it sends"

    def run(self, world):
        world.start(workers=1)
        with world.load() as publisher:
            for _ in range(KILLS):
                with world.requests_out():
                    world.processes["worker1"].kill()
                world.start_worker()
            publisher.await_acknowledged(100)
        return world.settle()


PILL = "poison.pill"


def with_a_pill(number: int) -> api.events.Event:
    made = event(number)
    if number == 50:
        made.type = PILL
    return made


class PoisonedWindow(Fault):
    number = 15
    name = "a window that kills whichever worker takes it"

    def run(self, world):
        world.start(workers=0)
        pill = world.create_webhook("/pill", types=(PILL,))
        armed = {"WINDROW_FAULT_POINTS": f"worker.before_send=kill:for {pill.webhook_id}"}
        names = ("worker1", "worker2")
        for name in names:
            world.start_worker(name, **armed)
        deaths = 0
        with world.load(pace=60, make=with_a_pill):
            until = time.monotonic() + 60
            while self.state(world, pill) != FAILED:
                expect(time.monotonic() < until, f"no poison after {deaths} deaths")
                for name in names:  # as systemd would
                    if not world.processes[name].running:
                        deaths += 1
                        world.start_worker(name, **armed)
                time.sleep(0.1)
        expect(deaths == POISON_LEASES, f"{deaths} workers ended, not {POISON_LEASES}")
        delivery = self.delivery_of(world, pill)
        expect(delivery.last_attempt.error == POISON, f"the record says {delivery}")
        expect(not world.receiver.of("/pill"), "the pill was sent")
        return world.settle()

    def delivery_of(self, world, pill):
        request = api.deliveries.ListDeliveriesRequest(
            filter=f'webhook_id = "{pill.webhook_id}"', view=api.deliveries.DELIVERY_VIEW_FULL)
        listed = world.client().deliveries.ListDeliveries(request, timeout=30).deliveries
        return listed[0] if listed else None

    def state(self, world, pill):
        delivery = self.delivery_of(world, pill)
        return delivery.state if delivery else None


class WorkerHeldPastItsLease(Fault):
    number = 3
    name = "SIGSTOP of a worker past its lease, then SIGCONT"

    def run(self, world):
        world.start(workers=1)
        held = world.processes["worker1"]
        gate = world.receiver.gate()
        world.receiver.answers["/held"] = (
            lambda request: Answer(500, when=gate) if request.tries == 1 else None)
        target = world.create_webhook("/held", payload=PAYLOADS.PAYLOAD_KIND_EVENT_ONLY)
        with world.load(pace=100) as publisher:
            first = wait_until(lambda: world.receiver.of("/held"), "nothing is out")[0]
            held.hold()
            world.receiver.open(gate)
            world.start_worker("worker2")
            wait_until(lambda: self.second_try(world, first), "nobody else took it over")
            wait_until(lambda: self.delivery(world, first).state == SUCCEEDED,
                       "the other's success is not recorded")
            held.go_on()
            wait_until(lambda: any(attempt.late for attempt in self.attempts(world, first)),
                       "the late outcome is not on record")
            publisher.await_acknowledged(50)
        count = world.settle()
        now = self.delivery(world, first)
        expect(now.state == SUCCEEDED, "the late outcome changed what was newer")
        late = [attempt for attempt in self.attempts(world, first) if attempt.late]
        expect(len(late) == 1, f"{len(late)} late attempts, not 1")
        expect(target.webhook_id == now.webhook_id, "another webhook's delivery")
        return count

    def second_try(self, world, first):
        return any(request.delivery_id == first.delivery_id and request.tries == 2
                   for request in world.receiver.of("/held"))

    def delivery(self, world, request):
        return world.client().deliveries.GetDelivery(
            api.deliveries.GetDeliveryRequest(delivery_id=request.delivery_id), timeout=10)

    def attempts(self, world, request):
        return world.client().deliveries.ListAttempts(
            api.deliveries.ListAttemptsRequest(delivery_id=request.delivery_id),
            timeout=10).attempts
