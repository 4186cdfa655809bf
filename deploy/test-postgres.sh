#!/usr/bin/env bash
# A private PostgreSQL for tests: no installation, no service, nothing outside one directory.
#
#   deploy/test-postgres.sh start   make it if needed, start it if needed, print its URL
#   deploy/test-postgres.sh url     print the URL of the running server, or fail
#   deploy/test-postgres.sh stop    stop it; its directory stays for the next start
#   deploy/test-postgres.sh remove  stop it and delete its directory
#
# TRACKER_TEST_DATABASE="$(deploy/test-postgres.sh start)" cargo test
#
# TRACKER_TEST_POSTGRES_DIR names another directory: one server each. TRACKER_POSTGRES_BIN names the folder of the binaries
# when they are not on the PATH and not where Debian puts them. PostgreSQL refuses to run as root: then it runs as the
# user `postgres` or `nobody`. Durability is off: a crash of the machine may cost the server's data, never a test's honesty.
set -euo pipefail

dir=${TRACKER_TEST_POSTGRES_DIR:-${XDG_CACHE_HOME:-/var/tmp}/tracker-test-postgres-$(id -u)}
data=$dir/data

find_binaries() {
    local found
    for found in "${TRACKER_POSTGRES_BIN:-}" /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/x)")"; do
        if [ -n "$found" ] && [ -x "$found/initdb" ] && [ -x "$found/postgres" ]; then bin=$found; fi
    done
    if [ -z "${bin:-}" ]; then
        echo "no PostgreSQL server found: install Debian's package 'postgresql', or name its folder in TRACKER_POSTGRES_BIN" >&2
        exit 1
    fi
}

# Runs a server program as a user that PostgreSQL accepts.
as_user() {
    if [ "$(id -u)" != 0 ]; then (cd "$dir" && "$@"); return; fi
    (cd "$dir" && setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups env HOME="$dir" "$@")
}

running() { [ -f "$data/postmaster.pid" ] && as_user "$bin/pg_ctl" status -D "$data" >/dev/null 2>&1; }

url() { echo "postgres://tracker@127.0.0.1:$(sed -n 4p "$data/postmaster.pid")/postgres"; }

# A port that nobody listens on now; another program may still take it first, then the next round finds another.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
    done
}

start() {
    mkdir -p "$dir"
    if [ "$(id -u)" = 0 ]; then chown "$owner" "$dir"; chmod 755 "$dir"; fi
    if [ ! -f "$data/PG_VERSION" ] || [ "$(cat "$data/PG_VERSION")" != "$("$bin/postgres" --version | grep -o '[0-9]*' | head -1)" ]; then
        rm -rf "$data"
        as_user "$bin/initdb" -D "$data" -U tracker -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 || {
            cat "$dir/initdb.log" >&2
            exit 1
        }
        cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 64MB
fsync = off
full_page_writes = off
max_prepared_transactions = 10
log_min_messages = fatal
CONF
    fi
    local try
    for try in 1 2 3 4 5; do
        if as_user "$bin/pg_ctl" start -D "$data" -w -t 60 -s -l "$dir/server.log" -o "-p $(free_port)" >/dev/null 2>&1 </dev/null; then return; fi
    done
    echo "PostgreSQL did not start; the end of $dir/server.log:" >&2
    tail -20 "$dir/server.log" >&2
    exit 1
}

owner=postgres
id "$owner" >/dev/null 2>&1 || owner=nobody
find_binaries

case "${1:-}" in
start)
    mkdir -p "$dir"
    exec 9>"$dir/lock" && flock 9
    # The server must not inherit the lock.
    running || start 9>&-
    url
    ;;
url) running && url ;;
stop) ! running || as_user "$bin/pg_ctl" stop -D "$data" -m fast -w -s ;;
remove)
    ! running || as_user "$bin/pg_ctl" stop -D "$data" -m immediate -w -s
    rm -rf "$dir"
    ;;
*)
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
    ;;
esac
