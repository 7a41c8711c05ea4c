#!/usr/bin/env bash
# Prints the Debian packages that hold the shared libraries that PROGRAM… are linked
# against: what an image that only runs them has to install.
#
#   runtime_packages.sh PROGRAM…
set -euo pipefail

[[ $# -gt 0 ]] || {
  echo "usage: $0 PROGRAM…" >&2
  exit 2
}

# The package of a library's path. dpkg knows it by the one of its two names (under /lib or
# under /usr/lib) that was packed, so it is asked for each.
package_of() {
  local path
  for path in "$1" "/usr$1" "${1#/usr}"; do
    if dpkg-query -S "$path" 2>/dev/null | cut -d: -f1; then
      return
    fi
  done
  echo "no package holds $1" >&2
  return 1
}

libraries=$(ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u)
for library in $libraries; do
  package_of "$library"
done | sort -u
