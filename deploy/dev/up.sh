# shellcheck shell=bash
# ./dev up [--once] and ./dev bench

PROGRAMS=(windrow windrow-server windrow-worker)

verb_up() {
  case ${1:-} in
    '') ;;
    --once) ;;
    *) die "up knows no option '$1'" ;;
  esac
  need_packages build test
  build dev "${PROGRAMS[@]}"
  if [[ ${1:-} == --once ]]; then
    need_npm examples/receiver
    need_npm tests/e2e
    need_pip tests/requirements.txt
    export WINDROW_PYTHON=$ROOT/.deps/python/bin/python
    exec node "$ROOT/tests/e2e/once.mjs" "$ROOT/build/dev/bin"
  fi
  exec "$ROOT/build/dev/bin/windrow" dev
}

# bench_with PROGRAM [ARGUMENT…]: one of tests/bench, on a release build.
bench_with() {
  local program=$1
  shift
  need_packages build test
  need_pip tests/requirements.txt
  build release "${PROGRAMS[@]}" windrow-bench-sink windrow-bench-publisher
  exec "$ROOT/.deps/python/bin/python" "$ROOT/tests/bench/$program" \
    --bin "$ROOT/build/release/bin" "$@"
}

verb_bench() {
  case ${1:-} in
    plot | write) exec python3 -B "$ROOT/tests/bench/page_run.py" "$@" ;;
    sweep | disk) bench_with "$1.py" "${@:2}" ;;
  esac
  need_packages build test
  if [[ ${1:-} == micro ]]; then
    shift
    build release windrow-bench-micro
    exec "$ROOT/build/release/bin/windrow-bench-micro" "$@"
  fi
  need_pip tests/requirements.txt
  build release "${PROGRAMS[@]}" windrow-bench-sink windrow-bench-publisher
  exec "$ROOT/.deps/python/bin/python" "$ROOT/tests/bench/run.py" --bin "$ROOT/build/release/bin" "$@"
}
