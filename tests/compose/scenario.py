#!/usr/bin/env python3
"""Uses docker-compose.yml as an operator would, on the engine that DOCKER_HOST names: over
an earlier installation, then anew: up, 1,000 events, a worker killed while it sends,
workers added, the database away, a key, down.

Closes with "N passed, N failed"; exit status 1 if anything failed.
"""

import json
import sys

import rights
import stack
from stack import (DOCKER, EARLIER, PROJECT, compose, containers, eventually, expect, healthy,
                   inspect, receiver_stats, run, windrow)

EVENTS = 1000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TYPE = "ticket.created"


def events(first, last):
    return "".join(
        json.dumps({"event_id": f"compose-{n}", "type": TYPE, "object_type": "ticket",
                    "object_id": str(n), "object": {"id": n}}) + "\n"
        for n in range(first, last + 1))


def create_webhook(files=stack.NOW):
    windrow("webhook", "create", "--name", "compose", "--url", "http://receiver:7490/compose",
            "--secret", SECRET, "--event", TYPE, "--timeout", "3s",
            *(f for delay in ("0s", *["2s"] * 8) for f in ("--retry-delay", delay)),
            files=files)


def deliveries(state):
    lines = windrow("-o", "jsonl", "delivery", "list", "--limit", "0").stdout.splitlines()
    return [d for d in map(json.loads, lines) if d["state"] == state]


def upgrade():
    """An installation of before server and worker had roles, with its volumes."""
    compose("up", "-d", files=EARLIER)
    expect("an earlier installation runs", eventually(lambda: healthy("db", "server")))
    create_webhook(files=EARLIER)
    compose("up", "-d")
    expect("the new one starts on its volumes",
           eventually(lambda: healthy("db", "server", "worker", "receiver")))
    windrow("-o", "jsonl", "event", "publish", "-", text=events(1, 10))
    expect("what was set up before is sent to, with its secret",
           eventually(lambda: receiver_stats()["items"] == 10), problem=str(receiver_stats()))
    rights.roles()
    rights.passwords()
    compose("down", "-v")


def start():
    compose("up", "-d", "--scale", "worker=2")
    expect("every service becomes healthy",
           eventually(lambda: healthy("db", "server", "worker", "receiver")))
    expect("migrate ended with 0", inspect(containers("migrate")[0], ".State.ExitCode") == "0")


def publish():
    create_webhook()
    answers = windrow("-o", "jsonl", "event", "publish", "-", text=events(1, EVENTS)).stdout
    matched = [a for a in map(json.loads, answers.splitlines()) if a.get("matched") == 1]
    expect(f"{EVENTS} events are acknowledged", len(matched) == EVENTS, f"({len(matched)})")


def kill_and_scale():
    eventually(lambda: receiver_stats()["items"] > 0)
    victim = containers("worker")[0]
    run([DOCKER, "kill", victim])
    early = receiver_stats()["items"]
    expect("a worker is killed while deliveries are out", 0 < early < EVENTS, f"({early} in)")
    compose("up", "-d", "--no-recreate", "--scale", "worker=3")
    expect("three workers become healthy",
           eventually(lambda: len(containers("worker")) == 3 and healthy("worker")))


def everything_arrived():
    eventually(lambda: receiver_stats()["items"] >= EVENTS)
    stats = receiver_stats()
    expect(f"{EVENTS} events are delivered and verified", stats["items"] == EVENTS, str(stats))
    expect("every signature was right", stats["refused"] == 0)
    eventually(lambda: len(deliveries("SUCCEEDED")) == EVENTS)
    succeeded = deliveries("SUCCEEDED")
    expect(f"{EVENTS} deliveries are on record", len(succeeded) == EVENTS, f"({len(succeeded)})")


def database_away():
    compose("stop", "db")
    expect("without the database the server says that it does not serve",
           eventually(lambda: windrow("health", check=False).returncode != 0))
    compose("start", "db")
    expect("it serves again when the database is back",
           eventually(lambda: windrow("health", check=False).returncode == 0))


def operate():
    """What else an operator does, each in the container that may."""
    made = compose("run", "--rm", "-T", "migrate", "windrow", "tenant", "create", "acme")
    expect("a tenant is made by the owner", "acme" in made.stdout, problem=made.stderr[-300:])
    refused = windrow("tenant", "create", "other", check=False)
    expect("and not by the server", "permission denied" in refused.stderr, problem=refused.stderr)
    compose("run", "--rm", "-T", "migrate", "windrow", "keys", "generate")
    sealed = compose("run", "--rm", "-T", "migrate", "windrow", "keys", "rotate").stdout
    expect("secrets are sealed under a new key", "1 webhooks sealed anew" in sealed, problem=sealed)
    key = json.loads(windrow("-o", "json", "api-key", "create", "--name", "operator",
                             "--scope", "admin").stdout)["key"]
    expect("after the first API key nobody is let in without one",
           eventually(lambda: windrow("webhook", "list", check=False).returncode != 0))
    named = windrow("--api-key", key, "webhook", "list", check=False)
    expect("and with it one is", "compose" in named.stdout, problem=named.stderr)


def stop():
    stopping = containers("server") + containers("worker")
    compose("stop", "server", "worker")
    codes = [inspect(container, ".State.ExitCode") for container in stopping]
    expect("server and workers stop when asked, with 0", set(codes) == {"0"}, problem=str(codes))
    compose("down", "-v")
    label = f"label=com.docker.compose.project={PROJECT}"
    left = [run([DOCKER, kind, "ls", "-q", "--filter", label]).stdout.split()
            for kind in ("container", "volume", "network")]
    expect("down -v leaves nothing", left == [[], [], []], problem=str(left))


def main():
    try:
        for step in (upgrade, start, rights.confinement, publish, kill_and_scale,
                     everything_arrived, database_away, rights.roles, rights.passwords,
                     operate, stop):
            step()
    except (RuntimeError, ValueError, LookupError) as error:
        expect("the scenario runs to its end", False, problem=str(error))
    if stack.failed:
        print(compose("logs", "--tail", "30", check=False).stdout, file=sys.stderr)
    compose("down", "-v", check=False)
    print(f"{stack.passed} passed, {stack.failed} failed")
    return 1 if stack.failed else 0


if __name__ == "__main__":
    sys.exit(main())
