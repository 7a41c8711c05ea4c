"""PgBouncer before a cluster, in transaction mode."""

import os
import pathlib
import pwd
import subprocess

import postgres

from .process import Process
from .waiting import Failure, wait_until

PORT = 6432  # names its socket; nothing listens on TCP


class Pooler:
    """With `sessions` on the server for all clients together. `takes_options`: it takes
    session settings, and drops them, as many are configured to."""

    def __init__(self, cluster, folder: pathlib.Path, database: str, sessions: int,
                 takes_options: bool = False):
        self.folder = folder / "pooler"
        self.folder.mkdir()
        (self.folder / "users").write_text(f'"{postgres.ROLE}" ""\n', encoding="utf-8")
        self.config = self.folder / "pgbouncer.ini"
        self.config.write_text(f"""[databases]
{database} = host={cluster.data} port=5432
[pgbouncer]
listen_addr =
listen_port = {PORT}
unix_socket_dir = {self.folder}
auth_type = trust
auth_file = {self.folder}/users
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 200
ignore_startup_parameters = {"options" if takes_options else "extra_float_digits"}
server_login_retry = 1
logfile =
pidfile =
""", encoding="utf-8")
        self._database = database
        self._as: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, user.pw_uid, user.pw_gid)
            self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self.start()

    def start(self) -> None:
        self.process = Process("pgbouncer", [*self._as, "pgbouncer", self.config],
                               dict(os.environ), self.folder.parent / "pooler.log")
        wait_until(self._answers, "pgbouncer does not answer")

    def _answers(self) -> bool:
        if not self.process.running:
            raise Failure(f"pgbouncer did not start; see {self.process.log}")
        return subprocess.run(
            [postgres.BIN / "psql", "-XAtqw", self.url, "-c", "SELECT 1"],
            capture_output=True, check=False).returncode == 0

    @property
    def url(self) -> str:
        return (f"postgresql:///{self._database}?host={self.folder}&port={PORT}"
                f"&user={postgres.ROLE}")

    def close(self) -> None:
        if self.process.running:
            self.process.kill()
