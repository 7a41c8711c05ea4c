"""Results as JSON: all in one file, or in a folder one file a run and one of all."""

import collections
import json
import pathlib

# One file of all runs, beside theirs.
ALL = "all.json"


class JsonOutput:
    """`target`: a file, or a folder: one that is there, or that was written with a slash at
    the end."""

    def __init__(self, target: str, runs: int):
        self._path = pathlib.Path(target)
        self._folder = target.endswith("/") or self._path.is_dir()
        self._runs = runs
        self._results: list[dict] = []
        self._seen: collections.Counter[str] = collections.Counter()

    def add(self, result: dict) -> None:
        """What is written holds every result so far, so that a run that is ended early has
        left something."""
        self._results.append(result)
        folder = self._path if self._folder else self._path.parent
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / ALL if self._folder else self._path, self._results)
        if self._folder:
            _write(folder / self._name(result), result)

    def _name(self, result: dict) -> str:
        name = result["scenario"]
        self._seen[name] += 1
        return f"{name}.json" if self._runs == 1 else f"{name}-{self._seen[name]}.json"


def _write(path: pathlib.Path, value) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
