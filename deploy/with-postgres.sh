#!/usr/bin/env bash
# with-postgres.sh COMMAND…: runs a command with TRACKER_TEST_DATABASE set to a PostgreSQL that is there for it alone,
# or to the one that is already given.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${TRACKER_TEST_DATABASE:-}" ]; then
  "$here/test-postgres.sh" start
  trap '"$here/test-postgres.sh" stop' EXIT
  TRACKER_TEST_DATABASE=$("$here/test-postgres.sh" url)
  export TRACKER_TEST_DATABASE
fi
"$@"
