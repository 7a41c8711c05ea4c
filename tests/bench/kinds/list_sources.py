"""Real deliveries of every kind that a list shows, for the scenario `list` to copy."""

import http.server
import threading
import time

from installation import BenchError, Installation

# Deliveries that are left in the queue, due. A page looks at 3,000 of them at most: it comes
# through nearly as many as it may, and then to what has ended.
WAITING = 2_500


class _Behaviour(http.server.BaseHTTPRequestHandler):
    """/ok, /missing (404), and /slow, which never answers."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/slow":
            self.close_connection = True
            time.sleep(5)
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Behaviour)
        threading.Thread(target=self.serve_forever, daemon=True).start()


ONCE = ("--retry-delay", "0s")
BATCH = ("--payload", "small", "--batch", "any", "--batch-max-items", "4")
# Name, host and path, event types (published in turn), events, flags; what becomes of them.
WEBHOOKS = [
    ("ok", "127.0.0.1", "/ok", ["list.ok"], 40, ()),
    ("same", "127.0.0.1", "/ok", ["list.same"], 40, (*BATCH, "--batch-wait", "1s")),
    ("mixed", "127.0.0.1", "/ok", ["list.a", "list.b"], 40, (*BATCH, "--batch-wait", "1s")),
    ("missing", "127.0.0.1", "/missing", ["list.missing"], 10, ONCE),
    ("slow", "127.0.0.1", "/slow", ["list.slow"], 4, (*ONCE, "--timeout", "1s")),
    # Nobody listens there.
    ("refused", "127.9.9.9", "/", ["list.refused"], 4, ONCE),
    ("stopped", "127.0.0.1", "/ok", ["list.stopped"], 2, (*BATCH, "--batch-wait", "1h")),
]
# Deliveries that end, of each.
ENDED = {"ok": 40, "same": 10, "mixed": 10, "missing": 10, "slow": 4, "refused": 4,
         "stopped": 1}
GROUP = "(SELECT h.name FROM webhooks h WHERE h.webhook_id = d.webhook_id)"


def make(installation: Installation, api) -> None:
    """Then the worker has stopped, and WAITING deliveries are due."""
    ids = {name: installation.create_webhook(
        name, types[0], f"http://{host}:{installation.sink_port}{path}", *flags,
        *(flag for each in types[1:] for flag in ("--event", each)))
        for name, host, path, types, _, flags in WEBHOOKS}
    client = api.Client(installation.server)
    try:
        for _, _, _, types, events, _ in WEBHOOKS:
            _publish(client, api, types, events)
        _await(installation, {name: count for name, count in ENDED.items()
                              if name != "stopped"})
        open_one = client.deliveries.ListDeliveries(api.deliveries.ListDeliveriesRequest(
            filter=f'webhook_id = "{ids["stopped"]}"'), timeout=30).deliveries[0]
        client.deliveries.CancelDelivery(api.deliveries.CancelDeliveryRequest(
            delivery_id=open_one.delivery_id), timeout=30)
        _await(installation, ENDED)
        installation.stop_workers()
        for _ in range(WAITING // 500):
            _publish(client, api, ["list.ok"], 500)
    finally:
        client.close()


def _publish(client, api, types: list[str], count: int) -> None:
    events = [api.events.Event(type=types[number % len(types)], object_type="ticket",
                               object_id=f"{number:06}", object=b'{"id":1,"status":"open"}')
              for number in range(count)]
    answer = client.events.BatchPublishEvents(
        api.events.BatchPublishEventsRequest(events=events), timeout=60)
    if not all(result.HasField("published") and result.published.matched == 1
               for result in answer.results):
        raise BenchError("not every event was published for one webhook")


def _await(installation: Installation, wanted: dict[str, int]) -> None:
    until = time.monotonic() + 120
    while True:
        found = {name: int(count) for name, count in installation.postgres.query(
            f"SELECT {GROUP}, count(*) FROM deliveries d GROUP BY 1", "windrow")}
        if found == wanted:
            return
        if time.monotonic() > until:
            raise BenchError(f"deliveries that ended: {found}, expected {wanted}")
        installation.check_alive()
        time.sleep(0.2)
