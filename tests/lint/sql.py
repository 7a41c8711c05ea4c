#!/usr/bin/env python3
"""Every statement and migration begins with a comment that says what it does.

    sql.py [ROOT]

A first line that only repeats the file's name does not count.
"""

import pathlib
import re
import sys


def complaint(text, file_name):
    comment = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        words = line[2:].strip()
        if not re.fullmatch(r"\S*" + re.escape(file_name), words):
            comment.append(words)
    if len(" ".join(comment).split()) < 3:
        return "does not begin with a comment that says what it does"
    return None


def check(root):
    found = []
    for file in sorted(root.glob("common/**/*.sql")):
        why = complaint(file.read_text(encoding="utf-8"), file.name)
        if why:
            found.append(f"{file.relative_to(root)}: {why}")
    return found


if __name__ == "__main__":
    default = pathlib.Path(__file__).resolve().parents[2]
    problems = check(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default)
    print("\n".join(problems) if problems else "sql: every file says what it does")
    sys.exit(1 if problems else 0)
