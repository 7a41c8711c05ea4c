-- Outcomes of leases that another worker has by now: on record, and nothing else changes.
-- One that is on record already, since its answer was lost, is left as it is.
INSERT INTO attempts (
    tenant_id, delivery_id, lease_seq, attempt, late, started_at, duration_us, phases_us,
    remote_address, status_code, error, error_detail, request_bytes, response_bytes,
    response_headers, response_body)
SELECT o.tenant_id, o.window_id, o.lease_seq, o.attempt, true,
       now() - o.started_ago_us * interval '1 microsecond', o.duration_us,
       o.phases_us::int4[], o.remote_address, o.status_code, o.error, o.error_detail,
       o.request_bytes, o.response_bytes, o.response_headers, o.response_body
FROM unnest(
    $1::uuid[], $2::int4[], $3::int4[], $4::int2[], $5::int8[], $6::int4[], $7::text[],
    $8::text[], $9::int2[], $10::int2[], $11::text[], $12::int4[], $13::int8[],
    $14::bytea[], $15::bytea[])
  AS o(window_id, lease_seq, tenant_id, attempt, started_ago_us, duration_us, phases_us,
       remote_address, status_code, error, error_detail, request_bytes, response_bytes,
       response_headers, response_body)
WHERE NOT EXISTS (SELECT FROM deliveries d
                  WHERE d.delivery_id = o.window_id AND d.tenant_id = o.tenant_id
                    AND d.lease_seq = o.lease_seq)
  -- Days that are gone take nothing any more.
  AND o.window_id >= (SELECT windrow_uuid_floor(f.records_from) FROM history_floors f
                      WHERE f.tenant_id = 0)
ON CONFLICT DO NOTHING;
