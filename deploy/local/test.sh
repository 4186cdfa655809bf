#!/usr/bin/env bash
# Checks formatting, vets and runs the unit tests, which need neither root nor a
# cluster. With LOCAL_KUBERNETES_PROGRAM, the path of the finished program, it also
# brings up a cluster, breaks it and takes it down; that needs root and a minute.
# The settings are build.sh's, so that both share what Go has compiled.
set -euo pipefail
cd "$(dirname "$0")"
export CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -trimpath"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || { echo "not formatted: $unformatted" >&2; exit 1; }
go vet ./...
go test $(go list ./... | grep -v /tests)
go test -count=1 ./tests/...
