"""PostgreSQL restarted, and connections to it cut."""

from fault import Fault
from harness import api
from harness.proxy import Proxy
from harness.waiting import expect, wait_until


def proxy_of(world) -> Proxy:
    proxy = Proxy(world.cluster.socket)
    world.after.append(proxy.close)
    return proxy


class DatabaseRestarted(Fault):
    number = 4
    name = "PostgreSQL restarted at once, ten times"
    own_cluster = True  # with little to recover

    def run(self, world):
        world.start_server()
        world.mix(timeout=10)
        world.start_worker("worker1")
        world.start_worker("worker2")
        programs = dict(world.processes)
        with world.load(pace=100) as publisher:
            for _ in range(10):
                publisher.await_acknowledged(30)
                world.cluster.restart()
            publisher.await_acknowledged(30)
        expect(all(program.running for program in programs.values()),
               "a program ended with the database")
        return world.settle()


class CommitAnswerLost(Fault):
    number = 5
    name = "the answer of a COMMIT lost, ten times"
    no_repeats = True

    def run(self, world):
        proxy = proxy_of(world)
        world.start_server(WINDROW_DATABASE_URL=proxy.url(world.database))
        world.mix(timeout=20)
        world.start_worker()
        with world.load() as publisher:
            for number in range(1, 11):
                publisher.await_acknowledged(30)
                proxy.lose_commit()
                wait_until(lambda n=number: proxy.lost_commits == n, "no COMMIT came")
            publisher.await_acknowledged(30)
        entries = list(publisher.ledger.values())
        unknown = [entry for entry in entries if entry.unknown]
        expect(len(unknown) >= 10, f"{len(unknown)} events were answered UNKNOWN")
        expect(all(entry.duplicates for entry in unknown),
               "a repeat of what was committed is no duplicate")
        expect(set(publisher.stream_ends) == {api.grpc.StatusCode.OK},
               f"streams ended: {dict(publisher.stream_ends)}")
        return world.settle()


class WorkerCutOff(Fault):
    number = 7
    name = "a worker's connections cut while requests are out"
    quick = True
    no_repeats = True  # its leases last longer than it is cut off

    def run(self, world):
        proxy = proxy_of(world)
        world.start_server()
        world.mix(timeout=4)
        world.start_worker(WINDROW_DATABASE_URL=proxy.url(world.database))
        with world.load() as publisher:
            for _ in range(4):
                with world.requests_out():
                    proxy.cut()
                publisher.await_acknowledged(60)
        return world.settle()
