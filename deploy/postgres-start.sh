#!/bin/sh
# Entry point of the PostgreSQL image made by debian-image.sh. It knows the variables of the official image that
# deploy/postgres.yaml uses: POSTGRES_PASSWORD, POSTGRES_USER, POSTGRES_DB, PGDATA.
set -eu
: "${PGDATA:=/var/lib/postgresql/data/pgdata}" "${POSTGRES_USER:=postgres}"
: "${POSTGRES_DB:=$POSTGRES_USER}"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  : "${POSTGRES_PASSWORD:?give a password in POSTGRES_PASSWORD}"
  # Made beside its place and moved there whole: a kill in the middle leaves nothing that looks finished.
  umask 077
  rm -rf "$PGDATA.new"
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --locale=C.UTF-8 \
    --auth-local=trust --auth-host=scram-sha-256 -D "$PGDATA.new" >/dev/null
  echo "host all all all scram-sha-256" >> "$PGDATA.new/pg_hba.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    pg_ctl -D "$PGDATA.new" -w -o "-c listen_addresses='' -c unix_socket_directories=/tmp" start >/dev/null
    psql -qX -h /tmp -U "$POSTGRES_USER" -d postgres -v ON_ERROR_STOP=1 -v name="$POSTGRES_DB" <<'SQL'
CREATE DATABASE :"name";
SQL
    pg_ctl -D "$PGDATA.new" -m fast -w stop >/dev/null
  fi
  rm -f /tmp/password
  [ ! -d "$PGDATA" ] || rmdir "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
fi
# A volume's group may have been given rights on every file when it was mounted; the server refuses that of this folder.
chmod 700 "$PGDATA"
[ "${1:-}" != postgres ] || shift
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
