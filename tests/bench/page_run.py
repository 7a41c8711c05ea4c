#!/usr/bin/env python3
"""Draws plots and writes tables from docs/performance/*.json; measures nothing.

    ./dev bench plot     docs/performance/*.svg
    ./dev bench write    the tables of docs/performance.md and docs/operations.md
    … --check            changes nothing; says what is not as it would be written

Exit status: 0 done, or all is as it would be; 1 --check found a difference; 2 wrong usage.
"""

import argparse
import json
import pathlib
import sys

import disk
import figures
import page
import plots

DOCS = plots.FOLDER.parent


def _read(name: str, otherwise):
    """Of what was never measured there is no file."""
    path = DOCS / "performance" / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else otherwise


def drawn() -> dict[pathlib.Path, str]:
    return {DOCS / "performance" / name: text for name, text in plots.draw().items()}


def written() -> dict[pathlib.Path, str]:
    """Both pages as they are to be."""
    runs = _read("runs.json", [])
    performance = (DOCS / "performance.md").read_text(encoding="utf-8")
    operations = (DOCS / "operations.md").read_text(encoding="utf-8")
    note = figures.of_runs(runs) if runs else ""
    performance = page.put(performance, "budgets", figures.budgets(runs), note)
    for result in _read("profile.json", []):
        under = plots.of(result, result["profile"]["seconds"], "sampled", [result])
        name = result["scenario"]
        performance = page.put(performance, f"stages-{name}", figures.stages(result), under)
        performance = page.put(performance, f"statements-{name}",
                               figures.statements(result))
    operations = page.put(operations, "sizing", figures.sizing(runs), note)
    kept = _read("disk.json", None)
    if kept is not None:
        operations = page.put(operations, "disk", disk.rows(kept["scenarios"]),
                              plots.of(kept, kept["seconds"], "published",
                                       kept["scenarios"]))
    return {DOCS / "performance.md": performance, DOCS / "operations.md": operations}


def differing(wanted: dict[pathlib.Path, str]) -> list[pathlib.Path]:
    return [path for path, text in wanted.items()
            if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["plot", "write"])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    wanted = drawn() if options.verb == "plot" else written()
    changed = differing(wanted)
    for path in changed:
        print(f"{'differs' if options.check else 'written'}: {path.relative_to(DOCS.parent)}")
        if not options.check:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
