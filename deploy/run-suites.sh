#!/usr/bin/env bash
# run-suites.sh [all | e2e [FILE] | soak]: runs the suites one after the other, each with a time limit, goes on after
# a failure, and ends with one line, `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."

# The innermost run writes its logs where the outermost one counts.
if [ -n "${SUITE_LOGS:-}" ]; then
  outermost=no
else
  outermost=yes
  SUITE_LOGS=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}/logs
  rm -rf "$SUITE_LOGS"
  mkdir -p "$SUITE_LOGS"
fi
export SUITE_LOGS
# A failure prints what went on in the cluster; the stack of the test says nothing more.
export RUST_BACKTRACE=0
failed=()

suite() { # MINUTES NAME COMMAND…
  local minutes=$1 name=$2 begin=$SECONDS status
  shift 2
  echo "== $name"
  # 0 minutes: no limit.
  timeout --kill-after=60 "${minutes}m" "$@" 2>&1 | tee "$SUITE_LOGS/$name.log"
  status=${PIPESTATUS[0]}
  [ "$status" -ne 124 ] || echo "$name: stopped at its limit of $minutes minutes"
  [ "$status" -eq 0 ] || failed+=("$name")
  echo "$status" > "$SUITE_LOGS/$name.status"
  echo "== $name: $([ "$status" -eq 0 ] && echo ok || echo FAILED) after $((SECONDS - begin)) s"
}

all() {
  suite 5 fmt cargo fmt --all --check
  suite 40 clippy cargo clippy --workspace --all-targets -- -D warnings
  suite 40 build cargo test --workspace --no-run
  suite 20 unit deploy/with-postgres.sh cargo test --workspace --lib --bins --no-fail-fast
  local file programs=()
  for file in tracker/tests/*.rs operator/tests/*.rs; do
    [ ! -f "$file" ] || programs+=(--test "$(basename "$file" .rs)")
  done
  [ ${#programs[@]} -eq 0 ] || suite 20 http deploy/with-postgres.sh cargo test --workspace "${programs[@]}" --no-fail-fast
  for file in tests/tests/*.rs tests/tests/*/main.rs; do
    file=${file%/main.rs}
    file=$(basename "$file" .rs)
    case $file in
      e2e_*|admit_*|soak*) ;;
      *) suite 10 "$file" deploy/with-postgres.sh cargo test --workspace --test "$file" ;;
    esac
  done
  if [ -f deploy/local/go.mod ]; then
    suite 25 local-kubernetes deploy/local-kubernetes.sh test
  fi
  # No limit around the limits inside: a cluster that was brought up must be taken down. Its own log counts only when it
  # never came to its tests.
  suite 0 cluster deploy/with-cluster.sh deploy/run-suites.sh e2e
}

e2e() { # [FILE]
  local file
  suite 15 e2e-build cargo test --workspace --no-run
  for file in tests/tests/admit_*.rs tests/tests/e2e_*.rs; do
    [ -f "$file" ] || continue
    file=$(basename "$file" .rs)
    [ -z "${1:-}" ] || [ "$1" = "$file" ] || continue
    suite 12 "$file" cargo test --workspace --test "$file" -- --test-threads=1 --nocapture
  done
}

case ${1:-all} in
  all) all ;;
  e2e) e2e "${2:-}" ;;
  soak) suite $((${SOAK_MINUTES:-30} + 10)) soak cargo test --workspace --test soak -- --ignored --nocapture ;;
  *) echo "run-suites.sh [all | e2e [FILE] | soak]" >&2; exit 2 ;;
esac

if [ "$outermost" = yes ]; then
  # Suites with tests count their tests, the others (formatting, lints, builds) count as one.
  for status in "$SUITE_LOGS"/*.status; do
    log=${status%.status}.log
    [ "$(basename "$log")" = cluster.log ] && ls "$SUITE_LOGS"/e2e-build.status >/dev/null 2>&1 && continue
    if ! grep -q '^test result:' "$log"; then
      [ "$(cat "$status")" = 0 ] && echo "1 0" || echo "0 1"
    else
      awk '/^test result:/ {for (i = 1; i < NF; i++) {if ($(i+1) ~ /^passed/) p += $i; if ($(i+1) ~ /^failed/) f += $i}} END {print p, f}' "$log" \
        | { read -r p f; [ "$(cat "$status")" = 0 ] || [ "$f" -gt 0 ] || f=1; echo "$p $f"; }
    fi
  done | awk '{p += $1; f += $2} END {printf "%d passed, %d failed\n", p, f}' > "$SUITE_LOGS/total"
  for status in "$SUITE_LOGS"/*.status; do
    [ "$(cat "$status")" = 0 ] || echo "failed: $(basename "$status" .status) (log: ${status%.status}.log)"
  done
  cat "$SUITE_LOGS/total"
  grep -q ', 0 failed$' "$SUITE_LOGS/total" || exit 1
fi
[ ${#failed[@]} -eq 0 ]
