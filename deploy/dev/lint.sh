# shellcheck shell=bash
# ./dev lint [--quick | --tidy] and ./dev fmt

cxx_files() {
  git -C "$ROOT" ls-files --cached --others --exclude-standard -- '*.cc' '*.h' |
    while read -r file; do [[ ! -e $ROOT/$file ]] || echo "$file"; done
}

verb_fmt() {
  need_packages lint
  say "clang-format"
  (cd "$ROOT" && cxx_files | xargs -r clang-format-15 -i)
}

# The commit that a change is judged against: the newest release before it, else where it
# left main, else the commit before it. The first commit of all is judged against itself.
base_commit() {
  local base
  cd "$ROOT" || exit
  if base=$(git describe --tags --match 'v[0-9]*' --abbrev=0 HEAD 2>/dev/null); then
    git rev-parse "$base^{commit}"
    return
  fi
  for branch in origin/main main; do
    base=$(git merge-base HEAD "$branch" 2>/dev/null) || continue
    [[ $base == "$(git rev-parse HEAD)" ]] || {
      echo "$base"
      return
    }
  done
  git rev-parse --verify -q HEAD~ || git rev-parse HEAD
}

lint_format() { cxx_files | xargs -r clang-format-15 --dry-run --Werror; }
lint_layers() { python3 tests/lint/layers.py; }
lint_sql() { python3 tests/lint/sql.py; }
lint_shell() {
  git ls-files --cached --others --exclude-standard -- dev .ci/run '*.sh' |
    xargs -r shellcheck --external-sources
}
lint_buf() { tests/lint/node_modules/.bin/buf lint proto; }

lint_breaking() {
  local base
  base=$(base_commit)
  if ! git cat-file -e "$base:proto/buf.yaml" 2>/dev/null; then
    base=$(git rev-parse HEAD)
  fi
  tests/lint/node_modules/.bin/buf breaking proto --against ".git#ref=$base,subdir=proto"
}

# lint_tidy [all]: by default only what changed since base_commit or is not committed.
lint_tidy() {
  local base
  build dev windrow_proto
  base=$(base_commit)
  if [[ ${1:-} == all ]]; then
    cxx_files
  else
    { git diff --name-only --diff-filter=d "$base" && git ls-files --others --exclude-standard; } |
      sort -u
  fi | grep -E '^(common|services|workers|cli)/.*\.cc$' |
    xargs -r -P "$(nproc)" -n 1 clang-tidy-15 -p build/dev --quiet
}

verb_lint() {
  local tidy=changed failed=() check
  case ${1:-} in
    --quick) tidy=none ;;
    --tidy) tidy=all ;;
    '') ;;
    *) die "lint knows no option '$1'" ;;
  esac
  need_packages lint
  need_npm tests/lint
  cd "$ROOT" || exit
  for check in format layers sql shell buf breaking; do
    say "lint: $check"
    "lint_$check" >&2 || failed+=("$check")
  done
  if [[ $tidy != none ]]; then
    need_packages build
    say "lint: clang-tidy ($tidy files)"
    lint_tidy "$tidy" >&2 || failed+=(tidy)
  fi
  [[ ${#failed[@]} -eq 0 ]] || die "lint failed: ${failed[*]}"
  say "lint: clean"
}
