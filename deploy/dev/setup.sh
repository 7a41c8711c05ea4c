# shellcheck shell=bash
# Brings a machine to what a verb needs. Each function is quick when there is nothing to
# do, and may run any number of times.

# need_packages LIST…: installs what is missing of deploy/packages/LIST.txt.
need_packages() {
  local list missing
  [[ -r /etc/debian_version ]] || die "only Debian 12 (bookworm) is set up by this script"
  missing=$(for list in "$@"; do missing_packages "$list"; done | sort -u)
  [[ -n $missing ]] || return 0
  install_packages "$missing"
}

missing_packages() {
  local package
  local -A installed=()
  while read -r package; do installed[$package]=1; done < <(
    dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null |
      awk '$1 == "ii" {print $2}')
  while read -r package; do
    [[ -n ${installed[$package]:-} ]] || echo "$package"
  done < <(grep -Ev '^[[:space:]]*(#|$)' "$ROOT/deploy/packages/$1.txt")
}

install_packages() {
  local packages
  mapfile -t packages <<<"$1"
  say "installing ${packages[*]}"
  local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
  quietly "${apt[@]}" update || say "apt-get update failed: trying with the lists at hand"
  if [[ " ${packages[*]} " == *" postgresql-15 "* ]]; then
    without_main_cluster "${apt[@]}"
  fi
  if [[ " ${packages[*]} " =~ " docker.io "|" pgbouncer " ]]; then
    without_services "${apt[@]}" install -y --no-install-recommends "${packages[@]}"
  else
    quietly "${apt[@]}" install -y --no-install-recommends "${packages[@]}"
  fi
}

# Debian's PostgreSQL makes and starts a cluster of its own when it is installed. Tests and
# `windrow dev` use private ones, so none is made.
without_main_cluster() {
  local conf=/etc/postgresql-common/createcluster.conf
  quietly "$@" install -y --no-install-recommends postgresql-common
  as_root sed -i.before-windrow -E 's/^#? *create_main_cluster *=.*/create_main_cluster = false/' "$conf"
  local status=0
  quietly "$@" install -y --no-install-recommends postgresql-15 || status=$?
  as_root mv "$conf.before-windrow" "$conf"
  return "$status"
}

# Runs a command while packages may not start services (policy-rc.d, Debian policy 9.3.3).
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ -e $policy ]]; then
    quietly "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  quietly "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}

# need_node: Node.js 18 or newer, with npm.
need_node() {
  local major
  major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/') || true
  if [[ ${major:-0} -lt 18 ]] || ! command -v npm >/dev/null; then
    install_packages $'nodejs\nnpm'
  fi
}

# need_pip FILE: the packages that a requirements file pins, in .deps/python, an environment
# of their own.
need_pip() {
  local folder=$ROOT/.deps/python want stamp
  stamp=$folder/.installed-from
  want=$(sha256sum <"$ROOT/$1")
  [[ $(cat "$stamp" 2>/dev/null) == "$want" ]] && return 0
  say "pip install -r $1"
  rm -rf "$folder"
  python3 -m venv "$folder"
  quietly "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes \
    -r "$ROOT/$1"
  printf '%s\n' "$want" >"$stamp"
}

# need_npm FOLDER: the packages that FOLDER's package-lock.json pins, in its node_modules.
need_npm() {
  local folder=$ROOT/$1 want stamp
  need_node
  stamp=$folder/node_modules/.installed-from
  want=$(sha256sum <"$folder/package-lock.json")
  [[ $(cat "$stamp" 2>/dev/null) == "$want" ]] && return 0
  say "npm ci in $1"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >&2)
  printf '%s\n' "$want" >"$stamp"
}
