# shellcheck shell=bash
# ./dev test [LABEL…] [--preset P], and the tests that have a table of their own: fuzz,
# security, faults, soak

# Left out unless named: they take minutes.
SLOW_LABELS='compose|bench|soak'

verb_test() {
  local preset=dev labels=()
  case ${1:-} in
    fuzz | security | faults | soak)
      local kind=$1
      shift
      "run_$kind" "$@"
      return
      ;;
  esac
  while [[ $# -gt 0 ]]; do
    case $1 in
      --preset)
        [[ $# -ge 2 ]] || die "--preset takes a value"
        preset=$2
        shift
        ;;
      --preset=*) preset=${1#--preset=} ;;
      -*) die "test knows no option '$1'" ;;
      *) labels+=("$1") ;;
    esac
    shift
  done
  check_preset "$preset"
  if [[ ${labels[*]} == compose ]]; then
    run_compose_test
  elif [[ ${labels[*]} == guards ]]; then
    need_packages build test
    "$ROOT/tests/guards/run.sh"
  else
    run_ctest "$preset" "${labels[@]}"
  fi
}

run_ctest() {
  local preset=$1 select skip=$SLOW_LABELS
  shift
  need_packages build test
  need_npm examples/receiver
  need_npm tests/e2e
  need_npm tests/messages
  need_npm tests/lint
  need_pip tests/requirements.txt
  if [[ $preset == tsan ]]; then
    # Without those that talk gRPC (cmake/WindrowModules.cmake).
    skip+='|grpc'
    build "$preset" windrow_tests
  else
    build "$preset"
  fi
  if [[ $# -gt 0 ]]; then
    select=(-L "^($(IFS='|' && echo "$*"))\$")
    [[ $preset != tsan ]] || select+=(-LE '^grpc$')
  else
    select=(-LE "^($skip)\$")
  fi
  say "testing (preset $preset)"
  (cd "$ROOT/build/$preset" &&
    ctest "${select[@]}" --no-tests=error --output-on-failure --parallel "$(nproc)")
}

# What the commands of the guide and the README print today goes into their pages.
verb_docs() {
  need_packages build test
  need_npm tests/e2e
  need_npm tests/lint
  need_pip tests/requirements.txt
  build dev "${PROGRAMS[@]}"
  python3 "$ROOT/tests/docs/run.py" --bin "$ROOT/build/dev/bin" --update \
    "$ROOT/README.md" "$ROOT"/docs/guide/*.md
}

# What it takes is bounded for each fuzzer: its time, its memory, the time of one input.
run_fuzz() {
  need_packages build fuzz test
  build fuzz fuzzers
  say "fuzzing (a table follows once all have run)"
  python3 "$ROOT/tests/fuzz/run.py" --build "$ROOT/build/fuzz" "$@"
}

# Attacks on a dev build, which has assertions on, and how the release build is hardened;
# then each limit of what listens, crossed on a real server.
run_security() {
  local status=0
  need_packages build test security
  build dev
  build release "${PROGRAMS[@]}"
  say "attacking (two tables follow once all was tried)"
  python3 "$ROOT/tests/security/run.py" --build "$ROOT/build/dev" \
    --release "$ROOT/build/release" "$@" || status=$?
  [[ $# -eq 0 ]] || return "$status"
  python3 -B "$ROOT/tests/security/limits.py" --bin "$ROOT/build/dev/bin" || status=$?
  return "$status"
}

run_faults() {
  local preset=dev rest=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --preset)
        [[ $# -ge 2 ]] || die "--preset takes a value"
        preset=$2
        shift
        ;;
      *) rest+=("$1") ;;
    esac
    shift
  done
  need_packages build test faults
  need_pip tests/requirements.txt
  build "$preset" "${PROGRAMS[@]}"
  say "breaking things (a table follows once all have run)"
  "$ROOT/.deps/python/bin/python" -B "$ROOT/tests/faults/run.py" \
    --bin "$ROOT/build/$preset/bin" "${rest[@]}"
}

run_soak() {
  need_packages build test faults
  need_pip tests/requirements.txt
  build dev "${PROGRAMS[@]}"
  "$ROOT/.deps/python/bin/python" -B "$ROOT/tests/soak/run.py" --bin "$ROOT/build/dev/bin" "$@"
}

run_compose_test() {
  need_packages compose test
  need_npm examples/receiver
  as_root "$ROOT/tests/compose/run.sh"
}
