"""PostgreSQL and servers for tests of limits, from nothing to nothing."""

import base64
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
# pylint: disable=wrong-import-position
import postgres  # noqa: E402
from ports import free_port  # noqa: E402


class Server:
    """One windrow-server, with settings of its own."""

    def __init__(self, command: list[str], log: pathlib.Path, environment: dict):
        self.address = ("127.0.0.1", free_port())
        self.ops = ("127.0.0.1", free_port())
        with log.open("wb") as out:
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                [*command, "--listen", "%s:%d" % self.address, "--ops-listen",
                 "%s:%d" % self.ops], env=environment, stdout=out, stderr=out)

    def await_ready(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                url = "http://%s:%d/readyz" % self.ops
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("a server did not start") from None
                time.sleep(0.05)

    def resident_mib(self) -> float:
        """Private memory, of now."""
        return self._status("RssAnon")

    def peak_mib(self) -> float:
        """The most since reset_peak, shared pages of the programs included."""
        return self._status("VmHWM")

    def reset_peak(self) -> None:
        self._proc("clear_refs").write_text("5", encoding="ascii")

    def cpu_seconds(self) -> float:
        fields = self._proc("stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self) -> int:
        return len(list(self._proc("fd").iterdir()))

    def _status(self, name: str) -> float:
        for line in self._proc("status").read_text(encoding="utf-8").splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the server has ended")

    def _proc(self, name: str) -> pathlib.Path:
        return pathlib.Path("/proc") / str(self.process.pid) / name


class Installation:
    """Ends with `with`."""

    def __init__(self, bin_folder: pathlib.Path):
        self.bin = bin_folder
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="windrow-limits-"))
        self.folder.chmod(0o755)
        self.servers: list[Server] = []
        self.postgres: postgres.Postgres | None = None
        ring = self.folder / "key_ring"
        ring.write_text("1:" + base64.b64encode(os.urandom(32)).decode() + "\n")
        self.environment = os.environ | {"WINDROW_KEY_RING_FILE": str(ring),
                                         "WINDROW_ALLOW_HTTP": "true"}

    def __enter__(self) -> "Installation":
        try:
            self.postgres = postgres.Postgres(self.folder)
            self.environment["WINDROW_DATABASE_URL"] = self.postgres.url
            subprocess.run([self.bin / "windrow", "migrate"], env=self.environment,
                           check=True, capture_output=True, timeout=60)
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def start_with_files(self, files: int, *flags: str) -> Server:
        """With a limit of open files that it cannot raise."""
        return self.start(*flags, prefix=("prlimit", f"--nofile={files}:{files}"))

    def start(self, *flags: str, prefix: tuple[str, ...] = ()) -> Server:
        log = self.folder / f"server{len(self.servers) + 1}.log"
        server = Server([*prefix, str(self.bin / "windrow-server"), *flags], log,
                        self.environment)
        self.servers.append(server)
        server.await_ready()
        return server

    def __exit__(self, error, *_) -> None:
        for server in self.servers:
            server.process.terminate()
        for server in self.servers:
            try:
                server.process.wait(40)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
        if self.postgres is not None:
            self.postgres.stop()
        if error is None:
            shutil.rmtree(self.folder)
        else:
            print(f"logs are in {self.folder}", flush=True)
