# shellcheck shell=bash
# What every verb of ./dev uses: messages, locks, and how to become root for packages.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

# Runs a command as root: as it is for root, by sudo for others.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root or sudo: $*"
  fi
}

# Runs a command, and shows what it printed only where it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  [[ $status -eq 0 ]] || tail -n 40 "$log" >&2
  rm -f "$log"
  return "$status"
}

# How many compilers may run at once: one a core, and 1.5 GiB of memory for each.
jobs_here() {
  local cores memory_kib fit
  cores=$(nproc)
  memory_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  fit=$((memory_kib / 1572864))
  ((fit >= 1)) || fit=1
  echo $((cores < fit ? cores : fit))
}

# A TCP port of 127.0.0.1 that nothing listens on.
free_port() {
  python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
