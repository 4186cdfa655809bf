#!/usr/bin/env bash
# bench.sh: builds for release and measures, on a PostgreSQL of its own that is durable as in earnest, or on the one that
# TRACKER_TEST_DATABASE names. BENCH_ISSUES=N for another size of the large database.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --workspace --bins
if [ -z "${TRACKER_TEST_DATABASE:-}" ]; then
  export TRACKER_TEST_POSTGRES_DIR=${TRACKER_TEST_POSTGRES_DIR:-/var/tmp/tracker-bench-postgres-$(id -u)}
  trap 'deploy/test-postgres.sh remove >/dev/null' EXIT
  TRACKER_TEST_DATABASE=$(deploy/test-postgres.sh start)
  export TRACKER_TEST_DATABASE
  # The tests' server trades durability for speed; figures for people may not.
  for setting in fsync synchronous_commit full_page_writes; do
    psql "$TRACKER_TEST_DATABASE" -qXc "ALTER SYSTEM SET $setting = on"
  done
  psql "$TRACKER_TEST_DATABASE" -qXc 'SELECT pg_reload_conf()' >/dev/null
fi
target=${CARGO_TARGET_DIR:-target}${CARGO_BUILD_TARGET:+/$CARGO_BUILD_TARGET}
"$target/release/bench"
for name in tracker tracker-operator; do
  echo "| size of $name | $(($(stat -c %s "$target/release/$name") / 1000000)) MB |"
done
