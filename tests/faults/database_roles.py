"""Server and worker as roles that may do only what they need."""

import re
import subprocess
from urllib.parse import quote

import postgres

from fault import Fault
from harness import ROOT, api
from harness.receiver import Answer
from harness.waiting import Failure, expect, wait_until

SERVER, WORKER = "windrow_server", "windrow_worker"
PASSWORDS = {SERVER: "of the server", WORKER: "of the worker"}
RIGHTS = ROOT / "common" / "store" / "postgres" / "roles"

# What must be refused: by whom, and what.
REFUSED = [
    (SERVER, "DROP TABLE events"),
    (SERVER, "ALTER TABLE webhooks ADD COLUMN x text"),
    (SERVER, "CREATE TABLE x (n int)"),
    (SERVER, "DELETE FROM events"),
    (SERVER, "UPDATE events SET object = '{}'"),
    (SERVER, "DELETE FROM attempts"),
    (SERVER, "DELETE FROM webhooks"),
    (SERVER, "SELECT * FROM workers"),
    (SERVER, "DELETE FROM schema_migrations"),
    (SERVER, "SELECT windrow_drop_day('events', '2020-01-01')"),
    (SERVER, "SELECT windrow_make_partitions('2020-01-01', 1)"),
    (WORKER, "DROP TABLE windows"),
    (WORKER, "CREATE TABLE x (n int)"),
    (WORKER, "INSERT INTO events SELECT * FROM events"),
    (WORKER, "UPDATE events SET object = '{}'"),
    (WORKER, "INSERT INTO webhooks SELECT * FROM webhooks"),
    (WORKER, "UPDATE webhooks SET spec = '{}'"),
    (WORKER, "UPDATE webhooks SET url = 'https://elsewhere.example/', enabled = false"),
    (WORKER, "UPDATE webhooks SET tenant_id = 2"),
    (WORKER, "DELETE FROM webhooks"),
    (WORKER, "UPDATE webhook_versions SET spec = '{}'"),
    (WORKER, "UPDATE deliveries SET state = 5"),
    (WORKER, "SELECT * FROM event_keys"),
    (WORKER, "UPDATE tenants SET name = 'x'"),
    (WORKER, "UPDATE schema_migrations SET version = 2"),
    (WORKER, "SELECT windrow_drop_day('events', (now() AT TIME ZONE 'UTC')::date)"),
    (WORKER, "SELECT windrow_drop_day('webhooks', '2020-01-01')"),
]


class LeastRights(Fault):
    number = 25
    name = "server and worker with only the rights they need"
    settings = {"max_connections": "60"}  # one of its own: roles are for all databases

    def run(self, world):
        self.let_in_by_password_only(world)
        world.query(f"ALTER ROLE {postgres.ROLE} CREATEROLE")
        world.windrow("migrate", "--server-role", SERVER, "--worker-role", WORKER,
                      WINDROW_SERVER_ROLE_PASSWORD=PASSWORDS[SERVER],
                      WINDROW_WORKER_ROLE_PASSWORD=PASSWORDS[WORKER])
        world.query("SELECT windrow_make_partitions((now() AT TIME ZONE 'UTC')::date - 120, 1)")
        server = world.start_server(WINDROW_DATABASE_URL=self.url(world, SERVER))
        world.mix(timeout=5)
        failing = world.create_webhook("/gone", delays=(0,))
        world.receiver.answers["/gone"] = lambda _request: Answer(410)
        worker = world.start_worker(WINDROW_DATABASE_URL=self.url(world, WORKER))
        with world.load(pace=100) as publisher:
            publisher.await_acknowledged(200)
            wait_until(lambda: world.query("SELECT enabled FROM webhooks WHERE webhook_id = "
                                           f"'{failing.webhook_id}'") == [["f"]],
                       "the worker does not disable a webhook that answers 410")
            wait_until(lambda: world.query("SELECT count(*) FROM pg_class WHERE relname ~ "
                                           "'_p[0-9]{8}$' AND to_date(right(relname, 8), "
                                           "'YYYYMMDD') < now() - interval '100 days'"
                                           ) == [["0"]],
                       "the worker does not drop days of four months ago")
            publisher.await_acknowledged(200)
        world.settle()
        self.send_again(world)
        wait_until(lambda: world.query("SELECT count(*) > 0 FROM stats_minutes") == [["t"]],
                   "nothing is counted for statistics")
        for program in (server, worker):
            expect('"kind":"permission"' not in program.log_text(),
                   f"{program.name} lacks a right; see {program.log}")
        self.check_refused(world)
        self.check_every_table_is_decided(world)
        return None  # resends and the events that Windrow publishes are not in the ledger

    @staticmethod
    def psql(url: str, sql: str):
        return subprocess.run([postgres.BIN / "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1",
                               "-d", url, "-c", sql], capture_output=True, text=True,
                              check=False)

    @staticmethod
    def let_in_by_password_only(world) -> None:
        rules = world.cluster.data / "data" / "pg_hba.conf"
        rules.write_text(f"local all {SERVER},{WORKER} scram-sha-256\n"
                         + rules.read_text(encoding="utf-8"), encoding="utf-8")
        world.query("SELECT pg_reload_conf()")

    @staticmethod
    def url(world, role: str) -> str:
        return (f"postgresql:///{world.database}?host={world.cluster.data}&user={role}"
                f"&password={quote(PASSWORDS[role])}")

    @staticmethod
    def send_again(world) -> None:
        done = world.query("SELECT delivery_id, attempt_count FROM deliveries "
                           "WHERE state = 5 LIMIT 1")[0]
        world.client().deliveries.RedeliverDelivery(
            api.deliveries.RedeliverDeliveryRequest(delivery_id=done[0]), timeout=30)
        wait_until(lambda: world.query(
            f"SELECT count(*) FROM deliveries WHERE delivery_id = '{done[0]}' AND state = 5 "
            f"AND attempt_count > {done[1]}") == [["1"]], "a delivery is not sent again")

    @classmethod
    def check_refused(cls, world) -> None:
        for role in (SERVER, WORKER):
            done = cls.psql(cls.url(world, role) + "x", "SELECT 1")
            expect("password authentication failed" in done.stderr,
                   f"{role} with a wrong password: {done.stdout}{done.stderr}")
        for role, sql in REFUSED:
            done = cls.psql(cls.url(world, role), f"BEGIN; {sql}; ROLLBACK")
            if done.returncode == 0:
                raise Failure(f"{role} may run: {sql}")
            if not re.search("denied|must be owner|may only disable|too young|no table",
                             done.stderr):
                raise Failure(f"{role}, {sql}: {done.stderr.strip()}")
        # What the policy hides is not there to be erased.
        before = world.query("SELECT count(*) FROM events")
        cls.psql(cls.url(world, WORKER), "DELETE FROM events")
        expect(world.query("SELECT count(*) FROM events") == before,
               "a worker may erase events of the last day")

    @staticmethod
    def check_every_table_is_decided(world) -> None:
        tables = [row[0] for row in world.query(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition")]
        for file in ("server.sql", "worker.sql"):
            words = set(re.findall(r"\w+", (RIGHTS / file).read_text(encoding="utf-8")))
            missing = [table for table in tables if table not in words
                       and not re.search(r"_p\d{8}$|^pg_", table)]
            expect(not missing, f"roles/{file} does not mention {', '.join(missing)}")

