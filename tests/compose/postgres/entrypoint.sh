#!/usr/bin/env bash
# Honours POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB on an empty data folder, as the
# official image does; until the database is set up, only the Unix socket answers.
set -euo pipefail

if [[ $(id -u) -eq 0 ]]; then
  chown postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}

if [[ ! -s $PGDATA/PG_VERSION ]]; then
  : "${POSTGRES_PASSWORD:?must be set on an empty data folder}"
  initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl start --wait -o "-c listen_addresses=''"
  [[ $database == postgres ]] || createdb --username="$user" "$database"
  pg_ctl stop --wait -m fast
fi

exec "$@" -c listen_addresses='*'
