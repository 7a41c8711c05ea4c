"""A program under test: started, stopped, killed, held."""

import pathlib
import signal
import subprocess

from .waiting import Failure, wait_until


class Process:
    """Its output, standard error included, is appended to `log`."""

    def __init__(self, name: str, command: list, environment: dict[str, str],
                 log: pathlib.Path):
        self.name = name
        self.log = log
        self._held = False
        with log.open("ab") as out:
            # pylint: disable-next=consider-using-with
            self._process = subprocess.Popen(list(map(str, command)), env=environment,
                                             stdout=out, stderr=out,
                                             stdin=subprocess.DEVNULL)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def hold(self) -> None:
        """SIGSTOP: it stays where it is until go_on()."""
        self.signal(signal.SIGSTOP)
        self._held = True

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)
        self._held = False

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait()

    def await_end(self, seconds: float = 30) -> int:
        """Its exit status; minus the signal's number where one ended it."""
        wait_until(lambda: not self.running, f"{self.name} did not end", seconds)
        return self._process.returncode

    def await_killed(self, seconds: float = 30) -> None:
        status = self.await_end(seconds)
        if status != -signal.SIGKILL:
            raise Failure(f"{self.name} ended with status {status}, and was not killed")

    def stop(self, seconds: float = 40) -> None:
        """SIGTERM, which every program must obey with status 0."""
        self.signal(signal.SIGTERM)
        status = self.await_end(seconds)
        if status != 0:
            raise Failure(f"{self.name} stopped with status {status}; see {self.log}")

    def end(self) -> None:
        """At the end of a test, whatever its state is."""
        if not self.running:
            return
        if self._held:
            self.go_on()
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")
