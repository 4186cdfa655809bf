#!/usr/bin/env bash
# bench.sh: builds for release and measures; TRACKER_TEST_DATABASE names the PostgreSQL. BENCH_ISSUES=N for another size.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --release --workspace --bins
target=${CARGO_TARGET_DIR:-target}${CARGO_BUILD_TARGET:+/$CARGO_BUILD_TARGET}
"$target/release/bench"
for name in tracker tracker-operator; do
  echo "| size of $name | $(($(stat -c %s "$target/release/$name") / 1000000)) MB |"
done
