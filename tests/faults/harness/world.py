"""One Windrow for one fault: its own PostgreSQL, receiver, servers and workers, as
processes, from nothing to nothing."""

import base64
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from ports import free_port

from . import api, count
from .cluster import Cluster
from .process import Process
from .publisher import Publisher
from .receiver import Answer, Receiver, Request
from .waiting import Failure, wait_until

CREATED, UPDATED, CLOSED = "ticket.created", "ticket.updated", "ticket.closed"
PAYLOADS = api.webhooks.PayloadKind
REQUEST_TIMEOUT = 3  # seconds, of every webhook; a lease is a LEASE_SLACK longer
LEASE_SLACK = 1
# What a worker has where a fault says nothing else. Without a breaker an endpoint that always
# fails is sent to until its deliveries have failed, so that all comes to an end.
WORKER = {"WINDROW_LEASE_SLACK": f"{LEASE_SLACK}s", "WINDROW_BREAKER_FAILURES": "0"}
# And with the breaker that is usual.
BREAKER = {"WINDROW_BREAKER_FAILURES": "5"}


@dataclasses.dataclass
class Target:
    """A webhook of the World's."""
    path: str
    webhook_id: str
    secret: str
    notifications: dict[str, int]  # event type → notification_id


def event(number: int) -> api.events.Event:
    """Event `number` of the load: of ten one closes a ticket, three update one."""
    kind = CLOSED if number % 10 == 9 else UPDATED if number % 10 > 5 else CREATED
    return api.events.Event(
        event_id=f"event-{number}", type=kind, object_type="ticket",
        object_id=str(number % 97),
        object=json.dumps({"id": number % 97, "summary": f"ticket {number}",
                           "status": {"id": 9, "name": "Closed"},
                           "text": "x" * 200}).encode())


class World:
    """Its database is one of `cluster`, or of a cluster of its own with `settings`. Ends
    what it started with `with`; keeps the logs where that is left by an exception, or
    keep() was called."""

    def __init__(self, bin_folder: pathlib.Path, cluster: Cluster | None = None,
                 settings: dict[str, str] | None = None):
        self.bin = bin_folder
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="windrow-fault-"))
        self.folder.chmod(0o755)
        self.settings = settings
        self.cluster = cluster
        self.database = ""
        self.processes: dict[str, Process] = {}
        self.targets: list[Target] = []
        self.publishers: list[Publisher] = []
        self.ports: dict[str, int] = {}  # of servers, by name
        self.after: list = []  # called at the end, last first
        self._clients: dict[str, api.Client] = {}
        self._kept = False
        key = base64.b64encode(os.urandom(32)).decode()
        self.key_ring = self.folder / "key_ring"
        self.key_ring.write_text(f"1:{key}\n", encoding="utf-8")

    def __enter__(self) -> "World":
        try:
            shared = self.cluster is not None
            if not shared:
                self.cluster = Cluster(self.folder, self.bin, self.settings)
                self.after.append(self.cluster.close)
            self.database = self.cluster.new_database()
            if shared:
                self.after.append(functools.partial(self.cluster.drop, self.database))
            self.receiver = Receiver()
            self.after.append(self.receiver.close)
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def __exit__(self, error, *_) -> None:
        for publisher in self.publishers:
            publisher.give_up()
        for client in self._clients.values():
            client.close()
        for process in reversed(self.processes.values()):
            process.end()
        # Not where somebody stopped the run (KeyboardInterrupt, SystemExit).
        kept = self._kept or (error is not None and issubclass(error, Exception))
        if kept:
            with contextlib.suppress(Exception):
                self._write_ledgers()
        for step in reversed(self.after):
            with contextlib.suppress(Exception):
                step()
        if not kept:
            shutil.rmtree(self.folder)

    def _write_ledgers(self) -> None:
        """Beside the logs: what came, and what the database holds."""
        with (self.folder / "requests.txt").open("w", encoding="utf-8") as out:
            for request in self.receiver.requests:
                print(f"{request.at:.3f} {request.path} {request.delivery_id} try "
                      f"{request.tries}: {request.answered} {request.items}", file=out)
        if self.cluster.log.parent != self.folder:
            shutil.copy(self.cluster.log, self.folder)
        if self.cluster.running:
            self.cluster.dump(self.database, self.folder / "database.sql")

    def keep(self) -> None:
        self._kept = True

    # Programs.

    def environment(self, **more: str) -> dict[str, str]:
        return os.environ | {
            "WINDROW_DATABASE_URL": self.cluster.url_of(self.database),
            "WINDROW_KEY_RING_FILE": str(self.key_ring),
            "WINDROW_OPS_LISTEN": "off",
            "WINDROW_ALLOW_HTTP": "true",
            "WINDROW_ALLOW_ADDRESSES": f"127.0.0.0/8:{self.receiver.port}",
        } | more

    def start(self, workers: int = 1, webhooks: bool = True) -> None:
        """A server, workers, and the webhooks of mix()."""
        self.start_server()
        if webhooks:
            self.mix()
        for number in range(1, workers + 1):
            self.start_worker(f"worker{number}")

    def start_server(self, name: str = "server", **environment: str) -> Process:
        """Also again, on the port that it had. `environment` over the World's own."""
        self.ports.setdefault(name, free_port())
        process = self.start_program(name, "windrow-server", WINDROW_LISTEN=self.address(name),
                                     **environment)
        wait_until(lambda: self._answers(name, process), f"{name} does not answer; see "
                   f"{process.log}")
        return process

    def start_worker(self, name: str = "worker1", **environment: str) -> Process:
        return self.start_program(name, "windrow-worker",
                                  **WORKER | environment)

    def start_program(self, name: str, program: str, **environment: str) -> Process:
        if name in self.processes and self.processes[name].running:
            raise Failure(f"{name} runs already")
        process = Process(name, [self.bin / program], self.environment(**environment),
                          self.folder / f"{name}.log")
        self.processes[name] = process
        return process

    def windrow(self, *arguments, check: bool = True, **environment: str):
        """Runs the command line tool to its end."""
        done = subprocess.run([self.bin / "windrow", *map(str, arguments)],
                              env=self.environment(**environment), capture_output=True,
                              text=True, timeout=60, check=False)
        if check and done.returncode != 0:
            raise Failure(f"windrow {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done

    def address(self, server: str = "server") -> str:
        return f"127.0.0.1:{self.ports[server]}"

    def client(self, server: str = "server") -> api.Client:
        if server not in self._clients:
            self._clients[server] = api.Client(self.address(server))
        return self._clients[server]

    def _answers(self, name: str, process: Process) -> bool:
        if not process.running:
            raise Failure(f"{name} did not start; see {process.log}")
        try:
            socket.create_connection(("127.0.0.1", self.ports[name]), 1).close()
            return True
        except OSError:
            return False

    # Webhooks.

    def create_webhook(self, path: str, types=(CREATED, UPDATED), delays=(0, 0.2, 0.2, 0.2),
                       timeout: float = REQUEST_TIMEOUT, **fields) -> Target:
        """One that posts to the receiver at `path`; `delays` are in seconds, `fields` are
        of api.webhooks.Webhook."""
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        self.receiver.secrets[path] = [secret]
        webhook = api.webhooks.Webhook(
            name=path.strip("/"), url=self.receiver.url(path), signing_secret=secret,
            triggers=[api.webhooks.Trigger(event_type=kind) for kind in types], **fields)
        set_duration(webhook.timeout, timeout)
        for delay in delays:
            set_duration(webhook.retry.delays.add(), delay)
        made = self.client().webhooks.CreateWebhook(
            api.webhooks.CreateWebhookRequest(webhook=webhook), timeout=30)
        target = Target(path, made.webhook_id, secret,
                        {t.event_type: t.notification_id for t in made.triggers})
        self.targets.append(target)
        return target

    def mix(self, timeout: float = REQUEST_TIMEOUT) -> None:
        """Five webhooks: unbatched, batched, one that fails sometimes, one always, and one
        whose retry is an hour away."""
        self.create_webhook("/plain", payload=PAYLOADS.PAYLOAD_KIND_FULL, timeout=timeout)
        self.create_webhook("/batched", payload=PAYLOADS.PAYLOAD_KIND_EVENT_ONLY,
                            batching=batching(wait=1, max_items=20), timeout=timeout)
        self.create_webhook("/flaky", payload=PAYLOADS.PAYLOAD_KIND_SMALL, timeout=timeout,
                            types=(CREATED,))
        self.create_webhook("/broken", payload=PAYLOADS.PAYLOAD_KIND_EVENT_ONLY,
                            types=(CLOSED,), delays=(0, 0.2), timeout=timeout)
        self.create_webhook("/later", payload=PAYLOADS.PAYLOAD_KIND_EVENT_ONLY,
                            types=(CLOSED,), delays=(0, 3600), timeout=timeout)
        self.receiver.answers |= {"/flaky": fails_sometimes, "/broken": fails,
                                  "/later": fails}

    # Events.

    def publish(self, pace: float = 120, streams: int = 2, make=event,
                servers: tuple[str, ...] = ("server",)) -> Publisher:
        publisher = Publisher([self.address(server) for server in servers], make, pace,
                              streams)
        self.publishers.append(publisher)
        return publisher

    @contextlib.contextmanager
    def load(self, **options):
        """Publishes, with publish()'s options, until its block ends and all that was
        published is acknowledged."""
        publisher = self.publish(**options)
        try:
            yield publisher
        except BaseException:
            publisher.give_up()
            raise
        publisher.stop()

    @contextlib.contextmanager
    def requests_out(self, path: str = "/plain"):
        """Within its block some requests of that webhook are out and get no answer; then
        they get it."""
        gate = self.receiver.gate()
        before = self.receiver.answers.get(path)
        seen = len(self.receiver.of(path))
        # Not from the first on: a worker sends few to an endpoint that it does not know.
        wait_until(lambda: sum(r.accepted for r in self.receiver.of(path)[seen:]) > 20,
                   f"nothing comes to {path}")
        self.receiver.answers[path] = lambda _: Answer(when=gate)
        try:
            wait_until(lambda: sum(r.answered is None for r in self.receiver.of(path)) > 3,
                       f"no requests are out to {path}")
            yield
        finally:
            if before is None:
                del self.receiver.answers[path]
            else:
                self.receiver.answers[path] = before
            self.receiver.open(gate)

    def settle(self, seconds: float = 60, server: str = "server") -> count.Count:
        """Waits until all has gone out that can within a minute, and counts."""
        wait_until(lambda: self.unsettled() == 0, "deliveries do not end", seconds, every=0.1)
        return self.count(server)

    def unsettled(self) -> int:
        return int(self.query("""
            SELECT count(*) FROM windows
            WHERE lease_owner IS NOT NULL OR due_at < now() + interval '1 minute'""")[0][0])

    def query(self, sql: str) -> list[list[str]]:
        """Rows of texts, from Windrow's database."""
        return self.cluster.query(sql, self.database)

    def count(self, server: str = "server") -> count.Count:
        ledger = {}
        for publisher in self.publishers:
            ledger |= publisher.ledger
        return count.take(self.client(server), self.query, ledger, self.targets,
                          list(self.receiver.requests))


def set_duration(field, seconds: float) -> None:
    field.FromMilliseconds(int(seconds * 1000))


def batching(wait: float, max_items: int,
             mode=api.webhooks.BATCH_MODE_ANY) -> api.webhooks.Batching:
    made = api.webhooks.Batching(mode=mode, max_items=max_items)
    set_duration(made.wait, wait)
    return made


def fails(_request: Request) -> Answer:
    return Answer(500)


def fails_sometimes(request: Request) -> Answer | None:
    """The first try of every fifth delivery."""
    if request.tries == 1 and int(request.delivery_id[-6:], 16) % 5 == 0:
        return Answer(500)
    return None
