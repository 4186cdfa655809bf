#!/usr/bin/env bash
# trim-cache.sh: keeps the cache from growing without bound. Past its limit the target folder first loses what only
# makes the next build faster, then everything.
set -euo pipefail
cache=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}
target=${CARGO_TARGET_DIR:-$cache/target}
limit_gib=${TRACKER_CACHE_LIMIT_GIB:-16}

gib() { du -sBG "$1" 2>/dev/null | cut -f1 | tr -d G; }
[ -d "$target" ] || exit 0
if [ "$(gib "$target")" -gt "$limit_gib" ]; then
  echo "the build cache is larger than $limit_gib GiB: removing incremental state"
  find "$target" -type d -name incremental -prune -exec rm -rf {} +
fi
if [ "$(gib "$target")" -gt "$limit_gib" ]; then
  echo "the build cache is still larger than $limit_gib GiB: starting anew"
  rm -rf "$target"
fi
if [ -d "$cache/go-build" ] && [ "$(gib "$cache/go-build")" -gt 8 ]; then
  GOCACHE=$cache/go-build go clean -cache
fi
