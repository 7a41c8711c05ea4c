-- Ends claimed windows: removes each from the queue and writes its delivery record, where
-- the lease is still the one that the outcome came from. Answers which those were.
WITH o AS MATERIALIZED (
  SELECT * FROM unnest(
      $1::uuid[], $2::int2[], $3::int4[], $4::int4[], $5::uuid[], $6::int4[], $7::int2[],
      $8::text[], $9::text[], $10::int4[], $11::text[], $12::text[], $13::text[],
      $14::text[], $15::text[], $16::int8[], $17::int4[], $18::text[], $19::text[],
      $20::int2[], $21::int2[], $22::text[], $23::int4[], $24::int8[], $25::boolean[],
      $26::text[], $27::bytea[], $28::bytea[], $29::bytea[])
    AS o(window_id, bucket, lease_seq, tenant_id, webhook_id, webhook_version, state,
         event_type, object_id, item_count, escmsg_ids, notification_ids, event_types,
         object_ids, reason, started_ago_us, duration_us, phases_us,
         remote_address, status_code, error, error_detail, request_bytes, response_bytes,
         keep_bodies, request_headers, request_body, response_headers, response_body)
), gone AS (
  DELETE FROM windows w USING o
  WHERE w.window_id = o.window_id AND w.bucket = o.bucket AND w.lease_seq = o.lease_seq
    AND w.lease_owner IS NOT NULL
  RETURNING w.window_id, w.attempt
), items AS (
  DELETE FROM window_items i USING o
  WHERE i.window_id = o.window_id AND o.window_id IN (SELECT window_id FROM gone)
), record AS (
  INSERT INTO deliveries (
      tenant_id, delivery_id, webhook_id, webhook_version, state, finished_at, event_type,
      object_id, item_count, escmsg_ids, notification_ids, event_types, object_ids, reason,
      attempt_count, lease_seq, started_at, duration_us, phases_us, remote_address,
      status_code, error, error_detail, request_bytes, response_bytes)
  SELECT o.tenant_id, o.window_id, o.webhook_id, o.webhook_version, o.state, now(),
         o.event_type, o.object_id, o.item_count, o.escmsg_ids::int8[],
         o.notification_ids::int4[], o.event_types::text[], o.object_ids::text[], o.reason,
         gone.attempt + CASE WHEN o.started_ago_us IS NULL THEN 0 ELSE 1 END, o.lease_seq,
         now() - o.started_ago_us * interval '1 microsecond', o.duration_us,
         o.phases_us::int4[], o.remote_address, o.status_code, o.error, o.error_detail,
         o.request_bytes, o.response_bytes
  FROM o JOIN gone USING (window_id)
), bodies AS (
  INSERT INTO delivery_bodies (tenant_id, delivery_id, request_headers, request_body,
                               response_headers, response_body)
  SELECT o.tenant_id, o.window_id, o.request_headers, o.request_body, o.response_headers,
         o.response_body
  FROM o JOIN gone USING (window_id)
  WHERE o.keep_bodies
), change AS (
  INSERT INTO delivery_changes (tenant_ids, delivery_ids, webhook_ids, states, durations_us,
                                status_codes, errors)
  SELECT array_agg(o.tenant_id), array_agg(o.window_id), array_agg(o.webhook_id),
         array_agg(o.state), array_agg(o.duration_us), array_agg(o.status_code),
         array_agg(o.error)
  FROM o JOIN gone USING (window_id)
  HAVING count(*) > 0
)
SELECT window_id FROM gone;
