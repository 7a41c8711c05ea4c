"""docker-compose.yml under a project of the test's own, and what is asked of it."""

import json
import pathlib
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DOCKER = "/usr/bin/docker"
PROJECT = "windrowtest"
OWNER, SERVER, WORKER = "windrow", "windrow_server", "windrow_worker"
# The owner's is part of a URL in the earlier file; the others may hold anything.
PASSWORDS = {OWNER: "the-owners", SERVER: "the server's: @/%\"\\", WORKER: "the workers"}
SETTINGS = {"WINDROW_PORT": "17470", "RECEIVER_PORT": "17490", "WINDROW_TAG": "test",
            "POSTGRES_PASSWORD": PASSWORDS[OWNER],
            "WINDROW_SERVER_ROLE_PASSWORD": PASSWORDS[SERVER],
            "WINDROW_WORKER_ROLE_PASSWORD": PASSWORDS[WORKER]}
NOW = ("-f", "docker-compose.yml", "-f", str(HERE / "override.yml"), "--profile", "demo")
EARLIER = ("-f", str(HERE / "earlier.yml"))

passed, failed = 0, 0


def expect(what, holds, figure="", problem=""):
    """The figure is always of interest, the problem only where there is one."""
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    told = f"{what} {figure}".rstrip()
    print(f"ok: {told}" if holds else f"NOT OK: {told} {problem}".rstrip(), flush=True)


def run(command, text="", check=True):
    result = subprocess.run(command, input=text, capture_output=True, text=True, cwd=ROOT)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited {result.returncode}:\n"
                           f"{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result


def compose(*arguments, text="", check=True, files=NOW):
    settings = ["env", *(f"{name}={value}" for name, value in SETTINGS.items())]
    return run([*settings, "docker-compose", "-p", PROJECT, *files, *arguments], text, check)


def windrow(*arguments, text="", check=True, files=NOW):
    return compose("exec", "-T", "server", "windrow", *arguments, text=text, check=check,
                   files=files)


def psql(role, sql, password=None):
    """Over the network, where a password is asked for."""
    return compose("exec", "-T", "-e", f"PGPASSWORD={password or PASSWORDS[role]}", "db",
                   "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-h", "db", "-U", role, "-d",
                   "windrow", "-c", sql, check=False)


def receiver_stats():
    read = "fetch('http://127.0.0.1:7490/stats').then((r) => r.text()).then(console.log)"
    return json.loads(compose("exec", "-T", "receiver", "node", "-e", read).stdout)


def containers(service):
    return compose("ps", "-q", service).stdout.split()


def inspect(container, field):
    return run([DOCKER, "inspect", "--format", "{{%s}}" % field, container]).stdout.strip()


def eventually(condition, seconds=300):
    """Whether `condition()` comes true within a bound, which is one for a busy machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def healthy(*services):
    found = [c for service in services for c in containers(service)]
    return found and all(inspect(c, ".State.Health.Status") == "healthy" for c in found)
