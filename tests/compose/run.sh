#!/usr/bin/env bash
# docker-compose.yml on a real engine: images are built, services started, a worker killed
# under load, workers added, and every event is looked for at the receiver. Run as root, by
# `./dev test compose`, which installs what this takes.
#
# WINDROW_ENGINE_DIR=FOLDER keeps the engine's images there for the next run.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
# shellcheck source=tests/compose/engine.sh
source "$HERE/engine.sh"
# shellcheck source=tests/compose/images.sh
source "$HERE/images.sh"

if [[ -n ${WINDROW_ENGINE_DIR:-} ]]; then
  WORK=$WINDROW_ENGINE_DIR
  mkdir -p "$WORK"
else
  WORK=$(mktemp -d /var/tmp/windrow-compose.XXXXXX)
fi

clean_up() {
  local status=$?
  trap - EXIT INT TERM
  engine_stop
  [[ -n ${WINDROW_ENGINE_DIR:-} ]] || rm -rf "$WORK"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "==> starting an engine in $WORK" >&2
engine_start "$WORK"
base_images "$WORK"
for target in runtime receiver; do
  name=windrow:test
  [[ $target == runtime ]] || name=windrow-receiver:test
  echo "==> building $name" >&2
  build_image "$name" "$ROOT/deploy/Dockerfile" "$ROOT" --target "$target"
done
python3 -B "$HERE/scenario.py"
