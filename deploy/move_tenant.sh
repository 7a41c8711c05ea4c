#!/usr/bin/env bash
# Moves a tenant from one database of Windrow to another, with all that it has: nothing is
# lost and nothing is sent twice (docs/adr/0015).
#
#   move_tenant.sh SOURCE_URL TARGET_URL TENANT
#
# TENANT is its number (`windrow tenant list`). Run it as the owner of both schemas, which
# have the same migrations; both sides have the same key ring. Servers and workers go on on
# both sides. Meanwhile the tenant's publishers wait, up to their server's lock timeout, and
# are then told to publish again; its requests that are under way end first. Other tenants
# do not notice. Tables are found in the catalogue: whatever has a tenant_id is moved.
#
# It may be killed at any point and run again: it goes on where it was.
set -euo pipefail

if [[ $# -ne 3 || ! $3 =~ ^[0-9]+$ ]]; then
  sed -n '5s/^#  *//p' "$0" >&2
  exit 2
fi
source_url=$1 tenant=$3
export target_url=$2  # also for the programs that psql starts
arriving="arriving_$tenant"

on() { psql -XAtq -v ON_ERROR_STOP=1 -d "$@"; }
say() { echo "move_tenant: $*" >&2; }
has_tenant() { on "$1" -c "SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = $tenant)"; }
has_arrived() { on "$target_url" -c "SELECT to_regnamespace('$arriving') IS NOT NULL"; }

# Whatever has a tenant_id, what is referred to first; and its columns. Of the log of
# changes the place is left out: it is a transaction of the source.
mapfile -t tables < <(on "$source_url" -F ' ' -c "
  WITH RECURSIVE moved AS (
    SELECT c.oid, c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition
  ), placed AS (
    SELECT oid, 0 AS depth FROM moved
    UNION
    SELECT f.conrelid, p.depth + 1 FROM placed p
    JOIN pg_constraint f ON f.confrelid = p.oid AND f.contype = 'f'
    JOIN moved m ON m.oid = f.conrelid
  )
  SELECT m.relname,
         (SELECT string_agg(quote_ident(attname), ',' ORDER BY attnum) FROM pg_attribute
          WHERE attrelid = m.oid AND attnum > 0 AND NOT attisdropped
            AND NOT (m.relname = 'delivery_changes' AND attname = 'xact'))
  FROM moved m JOIN placed p USING (oid)
  GROUP BY m.oid, m.relname ORDER BY max(p.depth), m.relname")

# The target's place for what comes. It is no part of the queue: nothing is sent from it.
make_room() {
  [[ $(has_tenant "$target_url") == f ]] || { say "the target has a tenant $tenant"; exit 1; }
  name=$(on "$source_url" -c "SELECT quote_literal(name) FROM tenants WHERE tenant_id = $tenant")
  taken=$(on "$target_url" -c "SELECT count(*) FROM tenants WHERE name = $name")
  [[ $taken == 0 ]] || { say "the target has another tenant named $name"; exit 1; }
  {
    echo "SET client_min_messages = warning;"
    echo "BEGIN; DROP SCHEMA IF EXISTS $arriving CASCADE; CREATE SCHEMA $arriving;"
    for table in "${tables[@]}"; do
      echo "CREATE TABLE $arriving.${table% *} (LIKE ${table% *});"
    done
    echo "ALTER TABLE $arriving.delivery_changes DROP COLUMN xact;"
    echo "CREATE TABLE $arriving.last_numbers (name text, last int8);"
    echo "CREATE TABLE $arriving.days (day date);"
    echo "COMMIT;"
  } | on "$target_url" >/dev/null
}

# One transaction of the source. Whoever publishes, or changes a profile, waits for its
# first lock; a claim skips the rows that it holds. What it deletes is what it sends, and
# the target has it on disk before this is committed.
send() {
  echo "BEGIN;"
  echo "SELECT pg_advisory_xact_lock(7470, $tenant);"
  echo "SELECT FROM stats_progress FOR UPDATE;"
  echo "DO \$\$ BEGIN
    LOOP
      PERFORM FROM windows WHERE tenant_id = $tenant
        AND (lease_owner IS NULL OR due_at <= clock_timestamp()) FOR UPDATE;
      EXIT WHEN NOT EXISTS (SELECT FROM windows WHERE tenant_id = $tenant
        AND lease_owner IS NOT NULL AND due_at > clock_timestamp());
      PERFORM pg_sleep(0.1);
    END LOOP;
  END \$\$;"
  for ((i = ${#tables[@]} - 1; i >= 0; --i)); do
    local table=${tables[i]% *} columns=${tables[i]#* } uncounted=
    if [[ $table == delivery_changes ]]; then
      uncounted="AND xact > (SELECT counted_to FROM stats_progress)"
    fi
    echo "CREATE TEMP TABLE moving_$table ON COMMIT DROP AS
      WITH gone AS (DELETE FROM $table WHERE tenant_id = $tenant $uncounted
                    RETURNING $columns) SELECT * FROM gone;"
    echo "\\copy moving_$table TO PROGRAM 'psql -Xq -v ON_ERROR_STOP=1 -d \"\$target_url\" \
-c \"COPY $arriving.$table FROM STDIN\"'"
  done
  echo "COMMIT;"
}

# One transaction of the target: the tenant is there, whole. Numbers go on behind those of
# the source, so that none is given twice.
arrive() {
  echo "SET client_min_messages = warning; BEGIN;"
  echo "SELECT windrow_make_partitions(day, 1) FROM $arriving.days;"
  for table in "${tables[@]}"; do
    echo "INSERT INTO ${table% *} (${table#* }) OVERRIDING SYSTEM VALUE
      SELECT ${table#* } FROM $arriving.${table% *};"
    # A new tenant is given these; this one has its own.
    if [[ ${table% *} == tenants ]]; then
      echo "DELETE FROM event_types WHERE tenant_id = $tenant;"
    fi
  done
  echo "SELECT setval(n.name::regclass, greatest(s.last_value, n.last))
    FROM $arriving.last_numbers n JOIN pg_sequences s
      ON s.schemaname = current_schema() AND s.sequencename = n.name;"
  echo "DROP SCHEMA $arriving CASCADE; SELECT pg_notify('windrow_due', '*'); COMMIT;"
}

if [[ $(has_tenant "$source_url") == t ]]; then
  make_room
  say "waiting for requests of tenant $tenant that are under way"
  send | on "$source_url" >/dev/null
elif [[ $(has_arrived) == f ]]; then
  say "the source has no tenant $tenant"
  exit 1
fi
on "$source_url" -c "COPY (
    SELECT sequencename, last_value FROM pg_sequences
    WHERE schemaname = current_schema() AND last_value IS NOT NULL
      AND sequencename <> 'tenants_tenant_id_seq') TO STDOUT" |
  on "$target_url" -c "TRUNCATE $arriving.last_numbers" \
    -c "COPY $arriving.last_numbers FROM STDIN"
on "$source_url" -c "COPY (
    SELECT to_date(right(relname, 8), 'YYYYMMDD') FROM pg_class
    WHERE relname ~ '^events_p[0-9]{8}\$') TO STDOUT" |
  on "$target_url" -c "TRUNCATE $arriving.days" -c "COPY $arriving.days FROM STDIN"
arrive | on "$target_url" >/dev/null
say "tenant $tenant is in the target"
