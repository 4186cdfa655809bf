#!/usr/bin/env bash
# with-postgres.sh COMMAND…: runs a command with TRACKER_TEST_DATABASE set, to the server that is already given or to one
# that is started for it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${TRACKER_TEST_DATABASE:-}" ]; then
  # One that someone else started stays.
  if ! TRACKER_TEST_DATABASE=$("$here/test-postgres.sh" url 2>/dev/null); then
    trap '"$here/test-postgres.sh" stop >/dev/null' EXIT
    TRACKER_TEST_DATABASE=$("$here/test-postgres.sh" start)
  fi
  export TRACKER_TEST_DATABASE
fi
"$@"
