#!/usr/bin/env bash
# Starts `windrow dev`, shows one event become a delivery, and stays until Ctrl-C.
#
#   first_delivery.sh BIN_FOLDER DATA_FOLDER
set -euo pipefail
bin=$1 data=$2
windrow=$bin/windrow
mkdir -p "$data"
ready=$(mktemp -u)

"$windrow" dev --data "$data" --ready-file "$ready" &
dev=$!
stop() { kill -TERM "$dev" 2>/dev/null || true; }
trap stop INT TERM
trap 'stop; rm -f "$ready"' EXIT

# `windrow dev` has said on standard error why it ended, where it did.
for _ in $(seq 1200); do
  [[ -s $ready ]] && break
  kill -0 "$dev" 2>/dev/null || { wait "$dev"; exit; }
  sleep 0.1
done
[[ -s $ready ]] || {
  echo "dev: windrow dev did not become ready" >&2
  exit 1
}

# Kept from one run to the next: the data folder still has it then.
if ! "$windrow" -o jsonl webhook list --limit 0 | grep -q '"name":"first"'; then
  "$windrow" webhook create --name first --url http://127.0.0.1:7490/first \
    --event ticket.created
fi
printf '%s\n' '{"type":"ticket.created","object_type":"ticket","object_id":"1","object":{"id":1,"summary":"Printer on fire","price":1.10}}' |
  "$windrow" --output jsonl event publish --quiet
for _ in $(seq 300); do
  "$windrow" -o jsonl delivery list --limit 1 | grep -q '"state":"SUCCEEDED"' && break
  sleep 0.1
done
"$windrow" delivery list --limit 1
cat >&2 <<TEXT

Windrow serves gRPC on 127.0.0.1:7470. In another terminal:
  export PATH=$bin:\$PATH
  windrow webhook list
  windrow delivery list
Ctrl-C stops it; what it holds stays in ${data}.
TEXT
# A signal interrupts the first wait; the second one gets the exit status.
wait "$dev" || true
wait "$dev"
