#!/usr/bin/env python3
"""Holds the arrows between folders (docs/architecture.md) by reading the #include lines.

    layers.py [ROOT]

Prints one line for each include that points the wrong way; exit status 1 if there is any.
Only the shipped code is held to it: tests may include what they test.
"""

import pathlib
import re
import sys

# What the files of a folder may include, beside their own folder.
MODULES = {
    "common/base": set(),
    "common/json": {"common/base"},
    "common/domain": {"common/json", "common/base"},
    "common/filter": {"common/base"},
    "common/crypto": {"common/domain", "common/json", "common/base"},
    "common/http": {"common/domain", "common/json", "common/base"},
    # Secrets are sealed where they are stored.
    "common/store": {"common/crypto", "common/domain", "common/filter", "common/json",
                     "common/base"},
}
COMMON = set(MODULES)
MODULES |= {folder: COMMON for folder in ("services", "workers", "cli")}
MODULES["services"] = COMMON | {"proto"}
MODULES["cli"] = COMMON | {"proto"}

# Libraries that one place each may see: the first part of an include's path → folders.
LIBRARIES = {
    "libpq-fe.h": {"common/store/postgres"},
    "libpq": {"common/store/postgres"},
    "pqxx": {"common/store/postgres"},
    "curl": {"common/http"},
    "simdjson.h": {"common/json"},
    "grpc": {"services", "cli"},
    "grpcpp": {"services", "cli"},
    "google": {"services", "cli"},  # protobuf, and google.rpc
    "CLI": {"cli", "services", "workers"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def module_of(path):
    """The module that a path relative to the root lies in, or None."""
    if path.startswith("windrow/"):  # generated from proto/
        return "proto"
    return next((m for m in MODULES if path.startswith(m + "/")), None)


def complaint(file, bracket, target):
    """Why `file` may not include `target`, or None."""
    library = target.split("/")[0]
    if library in LIBRARIES and module_of(target) is None:
        if not any(file.startswith(folder + "/") for folder in LIBRARIES[library]):
            return f"only {', '.join(sorted(LIBRARIES[library]))} may see {target}"
        return None
    source, wanted = module_of(file), module_of(target)
    if wanted is None:
        if bracket == '"' and not target.startswith("generated/"):
            return f"{target} is no path from the root of the repository"
        return None
    if wanted != source and wanted not in MODULES[source]:
        return f"{source} must not know {wanted} ({target})"
    return None


def check(root):
    found = []
    for file in sorted(root.rglob("*")):
        name = file.relative_to(root).as_posix()
        if file.suffix not in (".cc", ".h") or module_of(name) in (None, "proto"):
            continue
        text = file.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            why = complaint(name, match[1], match[2])
            if why:
                line = text.count("\n", 0, match.start(2)) + 1
                found.append(f"{name}:{line}: {why}")
    return found


if __name__ == "__main__":
    default = pathlib.Path(__file__).resolve().parents[2]
    problems = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default)
    print("\n".join(problems) if problems else "layers: every include points down")
    sys.exit(1 if problems else 0)
