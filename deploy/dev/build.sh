# shellcheck shell=bash
# ./dev build [PRESET [TARGET…]]

PRESETS=(dev release asan-ubsan tsan fuzz)

check_preset() {
  local preset
  for preset in "${PRESETS[@]}"; do
    [[ $preset == "$1" ]] && return 0
  done
  die "no preset '$1'; there are: ${PRESETS[*]}"
}

# build PRESET [TARGET…]: configures where that was not done, then builds.
build() {
  local preset=$1
  shift
  check_preset "$preset"
  need_packages build
  [[ $preset != fuzz ]] || need_packages fuzz
  # Clones in different folders share what ccache holds.
  export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1
  cd "$ROOT" || exit
  if [[ ! -f build/$preset/build.ninja ]]; then
    say "configuring build/$preset"
    cmake --preset "$preset" >&2
  fi
  say "building ${*:-everything} (preset $preset)"
  cmake --build "build/$preset" --parallel "$(jobs_here)" ${@:+--target "$@"} >&2
}

verb_build() {
  local preset=dev
  if [[ $# -gt 0 ]]; then
    preset=$1
    shift
  fi
  need_packages build test
  build "$preset" "$@"
}
