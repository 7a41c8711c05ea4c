"""Programs have fault points where the build says so, and a release has none: no name and
no variable of theirs.

    release_test.py BIN yes|no
"""

import pathlib
import sys

POINTS = (b"WINDROW_FAULT_POINTS", b"publish.before_commit", b"worker.before_record")


def main(bin_folder: str, wanted: str) -> int:
    wrong = 0
    for program in ("windrow-server", "windrow-worker", "windrow"):
        content = (pathlib.Path(bin_folder) / program).read_bytes()
        found = [point.decode() for point in POINTS if point in content]
        if wanted == "no" and found:
            print(f"{program} holds {', '.join(found)}")
            wrong += 1
        if wanted == "yes" and program != "windrow" and not found:
            print(f"{program} holds no fault point: this test looks for the wrong names")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
