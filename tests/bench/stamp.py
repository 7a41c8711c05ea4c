"""What a figure is of: when, which commit, how many cores."""

import datetime
import os
import pathlib
import subprocess


def now(build: pathlib.Path) -> dict:
    """`build`: a folder in the repository that was built."""
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
            "commit": _commit(build), "cores": os.cpu_count()}


def _commit(build: pathlib.Path) -> str:
    """With `+` where the code differs from it; empty outside of a repository. docs/ is no
    code: figures are written there, one after the other."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=build, capture_output=True, text=True,
                              check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ":(top)",
                      ":(top,exclude)docs")
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""
