"""One fault: what is broken while events flow. A file of this folder that defines
subclasses is a topic; run.py finds them all.

    class WorkerKilled(Fault):
        number = 2
        name = "worker killed while it sends"

        def run(self, world):
            world.start()
            with world.load():
                ...
            return world.settle()

`run` returns the count, raises Failure where something else is wrong, and may leave all
processes as they are: the World ends them.
"""

from harness.count import Count
from harness.world import World


class Fault:
    number = 0          # of the list of faults; several may share one
    name = ""
    quick = False       # also runs with the quick tests: at most 15 s
    no_repeats = False  # nothing may be sent twice
    own_cluster = False  # a PostgreSQL of its own, which it may break
    rows: list[tuple] = []  # a table of its own, its head first, for the page
    settings: dict[str, str] = {}  # of PostgreSQL; with some, it has one of its own too

    all: list[type["Fault"]] = []

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.number:
            Fault.all.append(cls)

    def run(self, world: World) -> Count | None:
        """None: the fault has nothing to count."""
        raise NotImplementedError
