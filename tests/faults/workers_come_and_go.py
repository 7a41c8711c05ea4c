"""Workers that are stopped, started and gone."""

from fault import Fault


class RollingRestart(Fault):
    number = 10
    name = "SIGTERM rolling restart of workers"
    quick = True
    no_repeats = True

    def run(self, world):
        world.start_server()
        world.mix(timeout=20)  # a slow machine must not look like a slow endpoint
        workers = [world.start_worker(f"old{number}") for number in range(3)]
        with world.load() as publisher:
            for number, worker in enumerate(workers):
                publisher.await_acknowledged(150)
                world.start_worker(f"new{number}")
                worker.stop()
            publisher.await_acknowledged(150)
        return world.settle()
