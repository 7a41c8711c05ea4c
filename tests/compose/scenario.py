#!/usr/bin/env python3
"""Uses docker-compose.yml as an operator would, on the engine that DOCKER_HOST names: up,
1,000 events, a worker killed while it sends, workers added, the database away, down.

Closes with "N passed, N failed"; exit status 1 if anything failed.
"""

import json
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DOCKER = "/usr/bin/docker"
PROJECT = "windrowtest"
EVENTS = 1000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PORTS = {"WINDROW_PORT": "17470", "RECEIVER_PORT": "17490", "WINDROW_TAG": "test"}

passed, failed = 0, 0


def run(command, text="", check=True):
    result = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited {result.returncode}:\n"
                           f"{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result


def compose(*arguments, text="", check=True):
    settings = ["env", *(f"{name}={value}" for name, value in PORTS.items())]
    files = ["-f", "docker-compose.yml", "-f", str(HERE / "override.yml")]
    command = ["docker-compose", *files, "-p", PROJECT, "--profile", "demo", *arguments]
    return run(settings + command, text, check)


def windrow(*arguments, text="", check=True):
    return compose("exec", "-T", "server", "windrow", *arguments, text=text, check=check)


def receiver_stats():
    read = "fetch('http://127.0.0.1:7490/stats').then((r) => r.text()).then(console.log)"
    return json.loads(compose("exec", "-T", "receiver", "node", "-e", read).stdout)


def containers(service):
    return compose("ps", "-q", service).stdout.split()


def inspect(container, field):
    return run([DOCKER, "inspect", "--format", "{{%s}}" % field, container]).stdout.strip()


def eventually(condition, seconds):
    """Whether `condition()` comes true within a bound."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def healthy(*services):
    found = [c for service in services for c in containers(service)]
    return found and all(inspect(c, ".State.Health.Status") == "healthy" for c in found)


def expect(what, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(f"{'ok' if holds else 'NOT OK'}: {what} {detail}".rstrip(), flush=True)


def events():
    return "".join(
        json.dumps({"event_id": f"compose-{n}", "type": "ticket.created",
                    "object_type": "ticket", "object_id": str(n), "object": {"id": n}}) + "\n"
        for n in range(1, EVENTS + 1))


def deliveries(state):
    lines = windrow("-o", "jsonl", "delivery", "list", "--limit", "0").stdout.splitlines()
    return [d for d in map(json.loads, lines) if d["state"] == state]


def start():
    compose("up", "-d", "--scale", "worker=2")
    expect("every service becomes healthy",
           eventually(lambda: healthy("db", "server", "worker", "receiver"), 120))
    expect("migrate ended with 0", inspect(containers("migrate")[0], ".State.ExitCode") == "0")
    expect("the programs run as an unprivileged user",
           compose("exec", "-T", "server", "id", "-u").stdout.strip() == "10001")
    expect("their file system is read-only",
           compose("exec", "-T", "worker", "touch", "/usr/bin/x", check=False).returncode != 0)


def publish():
    windrow("webhook", "create", "--name", "compose", "--url", "http://receiver:7490/compose",
            "--secret", SECRET, "--event", "ticket.created", "--timeout", "3s",
            *(f for delay in ("0s", *["2s"] * 8) for f in ("--retry-delay", delay)))
    answers = windrow("-o", "jsonl", "event", "publish", "-", text=events()).stdout
    matched = [a for a in map(json.loads, answers.splitlines()) if a.get("matched") == 1]
    expect(f"{EVENTS} events are acknowledged", len(matched) == EVENTS, f"({len(matched)})")


def kill_and_scale():
    eventually(lambda: receiver_stats()["items"] > 0, 30)
    victim = containers("worker")[0]
    run([DOCKER, "kill", victim])
    early = receiver_stats()["items"]
    expect("a worker is killed while deliveries are out", 0 < early < EVENTS, f"({early} in)")
    compose("up", "-d", "--no-recreate", "--scale", "worker=3")
    expect("three workers become healthy",
           eventually(lambda: len(containers("worker")) == 3 and healthy("worker"), 60))


def everything_arrived():
    eventually(lambda: receiver_stats()["items"] >= EVENTS, 120)
    stats = receiver_stats()
    expect(f"{EVENTS} events are delivered and verified", stats["items"] == EVENTS, str(stats))
    expect("every signature was right", stats["refused"] == 0)
    eventually(lambda: len(deliveries("SUCCEEDED")) == EVENTS, 30)
    succeeded = deliveries("SUCCEEDED")
    expect(f"{EVENTS} deliveries are on record", len(succeeded) == EVENTS, f"({len(succeeded)})")


def database_away():
    compose("stop", "db")
    expect("without the database the server says that it does not serve",
           eventually(lambda: windrow("health", check=False).returncode != 0, 30))
    compose("start", "db")
    expect("it serves again when the database is back",
           eventually(lambda: windrow("health", check=False).returncode == 0, 60))


def stop():
    stopping = containers("server") + containers("worker")
    compose("stop", "server", "worker")
    codes = [inspect(container, ".State.ExitCode") for container in stopping]
    expect("server and workers stop when asked, with 0", set(codes) == {"0"}, str(codes))
    compose("down", "-v")
    label = f"label=com.docker.compose.project={PROJECT}"
    left = [run([DOCKER, kind, "ls", "-q", "--filter", label]).stdout.split()
            for kind in ("container", "volume", "network")]
    expect("down -v leaves nothing", left == [[], [], []], str(left))


def main():
    try:
        for step in (start, publish, kill_and_scale, everything_arrived, database_away, stop):
            step()
    except (RuntimeError, ValueError, LookupError) as error:
        expect("the scenario runs to its end", False, str(error))
    if failed:
        print(compose("logs", "--tail", "30", check=False).stdout, file=sys.stderr)
    compose("down", "-v", check=False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
