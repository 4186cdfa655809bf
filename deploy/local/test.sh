#!/usr/bin/env bash
# Checks formatting, vets and runs the unit tests, which need neither root nor a
# cluster. The settings are build.sh's, so that both share what Go has compiled.
set -euo pipefail
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -trimpath"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }
go vet ./...
go test ./...
