"""One Windrow with its PostgreSQL, sink and publisher, from nothing to nothing."""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import postgres
import processes
from feeds import Feed
from ports import free_port
from scenarios import Scenario
from shared_page import SharedPage

MOST_BY_CLI = 50
SECRET = "whsec_" + base64.b64encode(bytes(range(100, 132))).decode()


class BenchError(Exception):
    """What keeps a scenario from being measured; its text is for a person."""


class Installation:
    """Everything runs as a process of its own and ends with `with`."""

    def __init__(self, scenario: Scenario, bin_folder: pathlib.Path,
                 parent: pathlib.Path | None):
        self.scenario = scenario
        self.bin = bin_folder
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="windrow-bench-", dir=parent))
        self.folder.chmod(0o755)
        self.page = SharedPage(self.folder / "page")
        self.processes: dict[str, subprocess.Popen] = {}
        self.postgres: postgres.Postgres | None = None
        self.sink_port = 0
        self.server = f"127.0.0.1:{free_port()}"

    def __enter__(self) -> "Installation":
        try:
            self.postgres = postgres.Postgres(self.folder)
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def __exit__(self, error, *_) -> None:
        for process in reversed(self.processes.values()):
            process.terminate()
        for name, process in reversed(self.processes.items()):
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                print(f"{name} did not end and was killed", flush=True)
                process.kill()
                process.wait()
        if self.postgres is not None:
            self.postgres.stop()
        if error is None:
            shutil.rmtree(self.folder)
        else:
            print(f"logs are in {self.folder}", flush=True)

    def start(self) -> None:
        """All but the publishers."""
        self._start_sink()
        self._start_windrow()
        for feed in self.scenario.feeds:
            self.create_webhooks(feed)

    def start_beside(self, port: int) -> None:
        """Without a sink and webhooks: what is sent goes to this port."""
        self.sink_port = port
        self._start_windrow()

    def _start_windrow(self) -> None:
        environment = self._environment()
        self._call("windrow", "migrate", environment=environment)
        self._start("server", "windrow-server", environment=environment)
        self._await(self._server_answers, "the server does not answer")
        self.start_workers()

    def start_workers(self) -> None:
        for number in range(self.scenario.workers):
            self._start(f"worker{number + 1}" if number else "worker", "windrow-worker",
                        environment=self._environment())

    def stop_workers(self) -> None:
        """They give back what they have not begun."""
        workers = [name for name in self.processes if name.startswith("worker")]
        for name in workers:
            self.processes[name].terminate()
        for name in workers:
            if self.processes.pop(name).wait(60) != 0:
                raise BenchError(f"{name} did not end well; see {self.folder / name}.log")

    def start_publisher(self, first: int = 0, limit: int = 0) -> None:
        """Of the scenario's own feed; its events are numbered from `first` on. With a limit
        it ends after so many."""
        scenario = self.scenario
        pace = (["--rate", scenario.rate] if scenario.rate is not None
                else ["--outstanding", scenario.outstanding])
        if scenario.event_ids:
            pace.append("--event-ids")
        self._start_publisher("publisher", scenario.feed, self.page, "--first", first,
                              "--limit", limit, *pace)

    def start_crowd(self, *pace) -> None:
        """The publisher of the scenario's crowd. Its page is its own: what the sink receives
        does not pace it."""
        page = SharedPage(self.folder / "crowd.page")
        self._start_publisher("crowd", self.scenario.crowd, page, *pace)

    def _start_publisher(self, name: str, feed: Feed, page: SharedPage, *pace) -> None:
        self._start(name, "windrow-bench-publisher", "--server", self.server, "--shared",
                    page.path, "--matched", feed.matched, "--event-type", feed.event_type,
                    "--types", feed.types, "--object-bytes", self.scenario.event_bytes,
                    "--objects", self.scenario.objects,
                    "--streams", self.scenario.streams, *pace, stdout=subprocess.PIPE)

    def await_publisher(self, name: str) -> dict:
        """Until one with a limit has all answers."""
        publisher = self.processes[name]
        while publisher.poll() is None:
            time.sleep(0.1)
            self.check_alive(without=name)
        return self.stop_publisher(name)

    def stop_publisher(self, name: str = "publisher") -> dict:
        """Ends the sending and awaits every answer."""
        publisher = self.processes.pop(name)
        publisher.send_signal(signal.SIGTERM)
        try:
            out, _ = publisher.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            publisher.kill()
            publisher.communicate()
            raise BenchError("the publisher got no answers for 60 s") from None
        return json.loads(out)

    def sink_stats(self) -> dict:
        return self._ask_sink("stats")

    def take_latencies(self) -> dict:
        """Since they were last taken."""
        return self._ask_sink("latencies")

    def _ask_sink(self, what: str) -> dict:
        with socket.create_connection(("127.0.0.1", self.sink_port), 30) as peer:
            peer.sendall(f"GET /{what} HTTP/1.1\r\n\r\n".encode())
            data = b""
            while True:
                head, empty_line, body = data.partition(b"\r\n\r\n")
                if empty_line:
                    size = int(head.lower().partition(b"content-length: ")[2].split()[0])
                    if len(body) >= size:
                        return json.loads(body)
                more = peer.recv(1 << 20)
                if not more:
                    raise BenchError("the sink closed the connection")
                data += more

    def usages(self) -> dict[str, processes.Usage]:
        found = {name: processes.usage(process.pid)
                 for name, process in self.processes.items()}
        found["postgres"] = processes.tree_usage(self.postgres.process.pid)
        return found

    def check_alive(self, without: str = "") -> None:
        for name, process in self.processes.items():
            if process.poll() is not None and name != without:
                raise BenchError(f"{name} ended with status {process.returncode}; see "
                                 f"{self.folder / name}.log")

    def _environment(self) -> dict[str, str]:
        ring = self.folder / "key_ring"
        if not ring.exists():
            ring.write_text("1:" + base64.b64encode(os.urandom(32)).decode() + "\n")
        return os.environ | {
            "WINDROW_DATABASE_URL": self.postgres.url,
            "WINDROW_KEY_RING_FILE": str(ring),
            "WINDROW_LISTEN": self.server,
            "WINDROW_OPS_LISTEN": "off",
            "WINDROW_ALLOW_HTTP": "true",
            "WINDROW_ALLOW_ADDRESSES": f"127.0.0.0/8:{self.sink_port}",
        } | dict(self.scenario.settings)

    def _start_sink(self) -> None:
        scenario = self.scenario
        webhooks = scenario.feed.webhooks.stop
        sink = self._start("sink", "windrow-bench-sink", "--shared", self.page.path,
                           "--secret", SECRET, "--webhooks", webhooks,
                           "--hosts", webhooks if scenario.hosts else 0,
                           "--max-items", scenario.batch_items, "--types", scenario.types,
                           "--timed-from", scenario.feed.webhooks.start,
                           stdout=subprocess.PIPE)
        line = sink.stdout.readline()
        if not line:
            raise BenchError("the sink did not start")
        self.sink_port = int(line)

    def create_webhooks(self, feed: Feed) -> None:
        """The first few by the CLI, more of them by the API as the first one is."""
        few = feed.webhooks[:MOST_BY_CLI]
        ids = [self.create_webhook(f"bench {number}", feed.type_of(number),
                                   feed.url(number, self.sink_port), *feed.flags)
               for number in few]
        if len(few) < len(feed.webhooks):
            # What the API takes (grpcio, protoc) is needed here only.
            import webhook_copies  # pylint: disable=import-outside-toplevel
            with self.postgres.relaxed():
                webhook_copies.copy(self.server, ids[0], SECRET, [
                    (f"bench {number}", feed.type_of(number),
                     feed.url(number, self.sink_port))
                    for number in feed.webhooks[MOST_BY_CLI:]])

    def create_webhook(self, name: str, event_type: str, url: str, *flags: str) -> str:
        """Its id."""
        made = self.windrow("webhook", "create", "--name", name, "--url", url, "--event",
                            event_type, "--secret", SECRET, *flags, "-o", "json")
        return json.loads(made)["webhook_id"]

    def windrow(self, *args) -> str:
        """What the CLI prints."""
        return self._call("windrow", "--server", self.server, *args)

    def _server_answers(self) -> bool:
        host, port = self.server.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
            return True
        except OSError:
            return False

    def _await(self, condition, complaint: str) -> None:
        until = time.monotonic() + 30
        while not condition():
            self.check_alive()
            if time.monotonic() > until:
                raise BenchError(complaint)
            time.sleep(0.05)

    def _start(self, name: str, program: str, *args, environment=None,
               stdout=None) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("wb") as log:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen([self.bin / program, *map(str, args)],
                                       env=environment, stdout=stdout or log, stderr=log)
        self.processes[name] = process
        return process

    def _call(self, program: str, *args, environment=None) -> str:
        done = subprocess.run([self.bin / program, *map(str, args)], env=environment,
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise BenchError(f"{program} {' '.join(map(str, args))}: {done.stderr.strip()}")
        return done.stdout
