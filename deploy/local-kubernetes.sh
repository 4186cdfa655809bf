#!/usr/bin/env bash
# local-kubernetes.sh path|build|test|COMMAND…: builds the local Kubernetes into the cache if its sources have changed,
# and runs it; `path` prints where the program is, `test` checks its sources and brings up, breaks and takes down a cluster.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}
out=$cache/bin
program=$out/local-kubernetes

sources() { (cd "$here/local" && find . -type f ! -name '*.md' -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
build() {
  local now
  now=$(sources)
  if [ ! -x "$program" ] || [ "$(cat "$program.sources" 2>/dev/null)" != "$now" ]; then
    echo "building the local Kubernetes, some minutes at the first time" >&2
    "$here/local/build.sh" "$out" >&2
    echo "$now" > "$program.sources"
  fi
}

case ${1:?path, build, test, or a command of local-kubernetes} in
  path) build; echo "$program" ;;
  build) build ;;
  test) build; LOCAL_KUBERNETES_PROGRAM=$program exec "$here/local/test.sh" ;;
  down) [ ! -x "$program" ] || exec "$program" down ;;
  *) build; exec "$program" "$@" ;;
esac
