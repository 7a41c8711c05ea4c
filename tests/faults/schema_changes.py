"""Schemas and programs that do not fit each other, and a migration under way."""

from fault import Fault
from harness.waiting import Failure, expect

NEWER = "newer than"
OLDER = "run `windrow migrate`"


class OtherSchema(Fault):
    number = 8
    name = "a migration while programs run; programs on other schemas"

    def run(self, world):
        world.start()
        with world.load() as publisher:
            publisher.await_acknowledged(100)
            # As a migration does: in one transaction, beside those that run.
            world.query("""BEGIN;
                SET lock_timeout = '10s';
                ALTER TABLE webhooks ADD COLUMN of_a_newer_release text;
                ALTER TABLE windows ADD COLUMN of_a_newer_release text;
                ALTER TABLE events ADD COLUMN of_a_newer_release text;
                INSERT INTO schema_migrations (version, name, checksum)
                VALUES (9999, 'newer', 1);
                COMMIT""")
            publisher.await_acknowledged(200)
            self.refused(world, "server-old", "windrow-server", NEWER)
            self.refused(world, "worker-old", "windrow-worker", NEWER)
            done = world.windrow("migrate", check=False)
            expect(done.returncode == 1 and NEWER in done.stderr,
                   f"windrow migrate on a newer schema: {done.stderr}")
            world.query("DELETE FROM schema_migrations")
            self.refused(world, "server-new", "windrow-server", OLDER)
            self.refused(world, "worker-new", "windrow-worker", OLDER)
            publisher.await_acknowledged(200)
        expect(world.processes["server"].running and world.processes["worker1"].running,
               "a program that ran ended with the migration")
        return world.settle()

    @staticmethod
    def refused(world, name: str, program: str, why: str) -> None:
        process = world.start_program(name, program, WINDROW_LISTEN="127.0.0.1:0")
        status = process.await_end(20)
        if status != 1 or why not in process.log_text():
            raise Failure(f"{program} ended with {status}, and does not say '{why}'; see "
                          f"{process.log}")
