#!/usr/bin/env bash
# images.sh: makes the images tracker, tracker-operator, postgres and prometheus as OCI archives in the cache
# and prints one line for each: NAME ARCHIVE. What has not changed is not made again.
# PROFILE=release builds slower and smaller; the default is the profile that the tests are built with.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${TRACKER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/trackercluster}
version=${TRACKER_VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)}
target=${CARGO_TARGET_DIR:-target}${CARGO_BUILD_TARGET:+/$CARGO_BUILD_TARGET}
profile=${PROFILE:-dev}
out=$cache/images
limit=60000000
mkdir -p "$out"
# Before the store is locked: they lock it themselves.
deploy/debian-image.sh postgres
deploy/debian-image.sh prometheus
. deploy/store.sh

# With all targets, so that this is the very build the tests run with: other features would compile much anew.
if [ "$profile" = dev ]; then
  cargo build --quiet --workspace --all-targets
  built=$target/debug
else
  cargo build --quiet --profile "$profile" --workspace --bins
  built=$target/$profile
fi

image() { # TARGET BINARY: one image from the Dockerfile, unless binary and Dockerfile are those of the last time
  local name=$2 context archive="$out/$2.tar" stamp
  context=$(mktemp -d)
  strip -o "$context/$name" "$built/$name"
  cp /etc/ssl/certs/ca-certificates.crt "$context/"
  # Unpacked, as a node keeps it.
  [ "$(du -sb "$context" | cut -f1)" -lt $limit ] || { echo "the image $name is larger than 60 MB" >&2; exit 1; }
  stamp=$(cat "$context"/* Dockerfile | sha256sum | cut -c1-64)-$version
  if [ ! -f "$archive" ] || [ "$(cat "$archive.stamp" 2>/dev/null)" != "$stamp" ]; then
    file "$context/$name" | grep -q 'static' || { echo "$name is not a static binary: build it through the Makefile" >&2; exit 1; }
    rm -f "$archive"
    # The empty context keeps the checkout out; `binaries` replaces the stage that compiles.
    mkdir "$context/empty"
    store bud --quiet --isolation chroot --format oci \
      --build-context "binaries=$context" --target "$1" -f Dockerfile -t "localhost/$name:$version" "$context/empty" >/dev/null
    store push --quiet "localhost/$name:$version" "oci-archive:$archive:localhost/$name:$version"
    store rmi --all --force >/dev/null 2>&1 || true
    echo "$stamp" > "$archive.stamp"
  fi
  rm -rf "$context"
  echo "localhost/$name:$version $archive"
}

image tracker tracker
image operator tracker-operator
