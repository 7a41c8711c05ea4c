# shellcheck shell=bash
# The images that the test runs on. Where the official ones cannot be pulled, stand-ins are
# made under the same names, out of Debian's packages.

# base_images FOLDER
base_images() {
  pull_image debian:bookworm-slim || make_debian "$1/rootfs"
  pull_image postgres:15 || make_postgres
}

pull_image() {
  "$DOCKER" image inspect "$1" >/dev/null 2>&1 && return 0
  timeout 300 "$DOCKER" pull --quiet "$1" >&2 2>/dev/null
}

# Debian's minimal system, which trusts what this machine trusts.
make_debian() {
  local root=$1 mirror=${DEBIAN_MIRROR:-http://deb.debian.org}
  echo "==> debian:bookworm-slim cannot be pulled: making a stand-in" >&2
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" \
    "$mirror/debian" >&2
  printf 'deb %s bookworm%s main\n' \
    "$mirror/debian" '' "$mirror/debian" -updates "$mirror/debian-security" -security \
    >"$root/etc/apt/sources.list"
  apt-config dump --format '%f "%v";%n' Acquire::http::Proxy Acquire::https::Proxy \
    >"$root/etc/apt/apt.conf.d/90proxy"
  local certificates
  certificates=$(find /usr/local/share/ca-certificates -name '*.crt')
  if [[ -n $certificates ]]; then
    xargs -d '\n' cp -t "$root/usr/local/share/ca-certificates" <<<"$certificates"
    chroot "$root" update-ca-certificates >&2
  fi
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar -C "$root" -c . | "$DOCKER" import \
    --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
    - debian:bookworm-slim >/dev/null
  rm -rf "$root"
}

make_postgres() {
  echo "==> postgres:15 cannot be pulled: making a stand-in" >&2
  build_image postgres:15 "$HERE/postgres/Dockerfile" "$HERE/postgres"
}

# build_image NAME DOCKERFILE CONTEXT [OPTION…]. The build sees this machine's network,
# since the engine has no bridge.
build_image() {
  local name=$1 file=$2 context=$3
  shift 3
  "$DOCKER" build --progress plain --network host "$@" -t "$name" -f "$file" "$context" \
    >"$WORK/build.log" 2>&1 || {
    tail -n 40 "$WORK/build.log" >&2
    echo "compose test: building $name failed" >&2
    return 1
  }
}
