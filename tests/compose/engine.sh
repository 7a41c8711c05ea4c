# shellcheck shell=bash
# A Docker engine of the test's own: data, sockets and pid files in one folder, no bridge,
# no packet filter rules, no forwarding. Nothing of it is left when it has stopped.

# The client that came with the engine: an other one in PATH may lack its builder.
DOCKER=/usr/bin/docker

# engine_start FOLDER: sets DOCKER_HOST for docker and docker-compose.
engine_start() {
  local folder=$1
  export DOCKER_HOST=unix://$folder/docker.sock DOCKER_CONFIG=$folder/config
  export DOCKER_BUILDKIT=1
  mkdir -p "$DOCKER_CONFIG"
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" \
    --pidfile "$folder/docker.pid" --host "$DOCKER_HOST" \
    --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
    --cgroup-parent /windrow-compose-test \
    >"$folder/dockerd.log" 2>&1 &
  ENGINE_PID=$!
  for _ in $(seq 300); do
    "$DOCKER" version >/dev/null 2>&1 && return 0
    kill -0 "$ENGINE_PID" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$folder/dockerd.log" >&2
  echo "compose test: the engine did not start" >&2
  return 1
}

engine_stop() {
  local mounts
  if [[ -n ${ENGINE_PID:-} ]]; then
    kill "$ENGINE_PID" 2>/dev/null || true
    wait "$ENGINE_PID" 2>/dev/null || true
  fi
  mounts=$(awk -v folder="$WORK/" 'index($2, folder) == 1 {print $2}' /proc/mounts | sort -r)
  [[ -z $mounts ]] || xargs -d '\n' umount <<<"$mounts" || true
  find /sys/fs/cgroup -depth -type d -path '*/windrow-compose-test*' \
    -exec rmdir {} + 2>/dev/null || true
}
