#!/usr/bin/env bash
# demo.sh: runs the demo on the cluster that with-cluster.sh hands over. TRACKER_DEMO_ISSUES names a folder of CSV files
# with the columns `title` and `description` to take the issues' words from.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --quiet --workspace --all-targets
exec "${CARGO_TARGET_DIR:-target}${CARGO_BUILD_TARGET:+/$CARGO_BUILD_TARGET}/debug/demo"
