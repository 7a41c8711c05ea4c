#!/usr/bin/env bash
# Breaks each guard of guards.tsv on purpose, in a copy of the sources, and sees that a test
# fails. A guard whose loss no test notices is a failure here.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
export CCACHE_BASEDIR=$WORK CCACHE_NOHASHDIR=1

say() { printf '==> %s\n' "$*"; }

(cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c) | tar -x -C "$WORK"
targets=$(grep -v '^#' "$WORK/tests/guards/guards.tsv" | cut -f5 | sort -u | tr '\n' ' ')
say "building $targets"
cmake -S "$WORK" -B "$WORK/build" -G Ninja -DCMAKE_BUILD_TYPE=Dev >"$WORK/log" 2>&1 ||
  { cat "$WORK/log"; exit 1; }
# shellcheck disable=SC2086  # a list of words
ninja -C "$WORK/build" $targets >"$WORK/log" 2>&1 || { tail -n 40 "$WORK/log"; exit 1; }

# Replaces a fixed text in a file; fails where it is not there.
replace() {
  python3 - "$1" "$2" "$3" <<'PY'
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
if old not in text:
    sys.exit(f"{path}: '{old}' is not there: mend tests/guards/guards.tsv")
open(path, "w").write(text.replace(old, new))
PY
}

passed=0 failed=0
# Tabs become a separator that `read` does not fold where a field is empty.
while IFS=$'\x01' read -r -u 3 guard file old new program filter; do
  [[ $guard != \#* ]] || continue
  cp "$WORK/$file" "$WORK/kept"
  replace "$WORK/$file" "$old" "$new"
  if ! ninja -C "$WORK/build" "$program" >"$WORK/log" 2>&1; then
    say "without $guard: does not compile"
    tail -n 20 "$WORK/log"
    failed=$((failed + 1))
  elif timeout 300 "$WORK/build/tests/$program" --gtest_filter="$filter" \
    >"$WORK/log" 2>&1 </dev/null; then
    say "without $guard: no test of $program noticed"
    failed=$((failed + 1))
  else
    test=$(sed -n 's/^\[  FAILED  \] \([^ ,]*\.[^ ,]*\).*/\1/p' "$WORK/log" | sort -u | head -n 1)
    say "without $guard: ${test:-$program did not end} fails"
    passed=$((passed + 1))
  fi
  cp "$WORK/kept" "$WORK/$file"
done 3< <(tr '\t' '\001' <"$ROOT/tests/guards/guards.tsv")
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
