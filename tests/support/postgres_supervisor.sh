#!/bin/sh
# Runs one throw-away PostgreSQL for as long as standard input stays open.
#
#   postgres_supervisor.sh BIN_DIR WORK_DIR
#
# Prints "ready" when connections are served. The test program holds the other end of the
# pipe: however it ends, also by kill -9, this script sees the end of its input, stops the
# server and removes WORK_DIR.
bin=$1
dir=$2
trap '' HUP INT TERM

stop() {
  "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
  cd / && rm -rf "$dir"
}

cd "$dir" || exit 1
if ! "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$dir/log" 2>&1; then
  cat "$dir/log" >&2
  rm -rf "$dir"
  exit 1
fi
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
shared_buffers = 32MB
max_connections = 120
max_wal_size = 512MB
fsync = on
recovery_init_sync_method = syncfs
CONF
# The server must not hold our standard output: the test reads it to its end.
if ! "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w start >/dev/null 2>&1 </dev/null; then
  cat "$dir/log" >&2
  stop
  exit 1
fi
echo ready
while read -r _; do :; done
stop
