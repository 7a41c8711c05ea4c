"""What the containers may do, and what their roles may do in the database."""

import json
import re

from stack import (OWNER, PASSWORDS, SERVER, WORKER, compose, containers, expect, inspect,
                   psql)

REFUSED = [
    (SERVER, "DROP TABLE events"),
    (SERVER, "CREATE TABLE x (n int)"),
    (SERVER, "DELETE FROM events"),
    (SERVER, "CREATE ROLE x"),
    (SERVER, "ALTER ROLE windrow PASSWORD 'x'"),
    (SERVER, "COPY (SELECT 1) TO PROGRAM 'cat'"),
    (WORKER, "DROP TABLE windows"),
    (WORKER, "SELECT * FROM api_keys"),
    (WORKER, "INSERT INTO webhooks SELECT * FROM webhooks"),
    (WORKER, "UPDATE deliveries SET state = 5"),
    (WORKER, "SELECT pg_read_file('/etc/passwd')"),
]
# Which of the passwords each service is given.
GIVEN = {"db": {OWNER}, "migrate": {OWNER, SERVER, WORKER}, "server": {SERVER},
         "worker": {WORKER}, "receiver": set()}


def roles():
    for role, sql in REFUSED:
        done = psql(role, f"BEGIN; {sql}; ROLLBACK")
        expect(f"refused to {role}: {sql}",
               done.returncode != 0 and re.search("denied|must (be|have)", done.stderr),
               problem=f"{done.stdout}{done.stderr}")
    for role, other in ((SERVER, WORKER), (WORKER, SERVER), (OWNER, SERVER)):
        done = psql(role, "SELECT 1", password=PASSWORDS[other])
        expect(f"{role} is not let in with the password of {other}",
               "password authentication failed" in done.stderr,
               problem=f"{done.stdout}{done.stderr}")
    used = psql(OWNER, "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name "
                "LIKE 'windrow-%' ORDER BY usename").stdout.split()
    expect("server and worker connect as roles of their own", used == [SERVER, WORKER],
           problem=str(used))
    log = compose("logs", "--no-color", "db").stdout
    expect("no password is in PostgreSQL's log", log and not held_in(log))


def held_in(text):
    return {role for role, password in PASSWORDS.items() if password in text}


def passwords():
    for service, given in GIVEN.items():
        for container in containers(service):
            environment = "\n".join(json.loads(inspect(container, "json .Config.Env")))
            expect(f"{service} is given the passwords of {', '.join(sorted(given)) or 'nobody'}",
                   held_in(environment) == given, problem=str(held_in(environment)))


def confinement():
    for service in ("db", "server", "worker", "receiver"):
        status = dict(line.split(":\t", 1) for line in compose(
            "exec", "-T", service, "cat", "/proc/1/status").stdout.splitlines())
        users = status["Uid"].split()
        expect(f"{service} does not run as root", "0" not in users, f"(user {users[0]})")
        expect(f"{service} has no capability and can gain none",
               int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"].strip() == "1")
        mounts = compose("exec", "-T", service, "cat", "/proc/1/mounts").stdout
        expect(f"{service} has a read-only root",
               re.search(r"^\S+ / \S+ ro,", mounts, re.MULTILINE))
    for container in containers("migrate"):
        expect("migrate is confined likewise",
               inspect(container, ".HostConfig.ReadonlyRootfs") == "true"
               and inspect(container, ".HostConfig.CapDrop") == "[ALL]")
