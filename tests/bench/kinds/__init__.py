"""How each kind of scenario is run, and how its result is shown."""

import dataclasses
from collections.abc import Callable

import measure
import table
from installation import Installation
from kinds import backlog, beside, growth, hanging, in_flight, lists, recover, vacuum


@dataclasses.dataclass(frozen=True)
class Options:
    """Of the command line, what a run is told."""
    seconds: float
    warm_up: float


@dataclasses.dataclass(frozen=True)
class Kind:
    run: Callable[[Installation, Options], dict]
    text: Callable[[dict], str]


def _load(installation: Installation, options: Options) -> dict:
    return measure.run(installation, options.seconds, options.warm_up)


KINDS = {
    "load": Kind(_load, table.load),
    "hanging": Kind(hanging.run, beside.text),
    "backlog": Kind(backlog.run, beside.text),
    "recover": Kind(recover.run, beside.text),
    "in_flight": Kind(in_flight.run, in_flight.text),
    "list": Kind(lists.run, lists.text),
    "growth": Kind(growth.run, growth.text),
    "vacuum": Kind(vacuum.run, vacuum.text),
}
