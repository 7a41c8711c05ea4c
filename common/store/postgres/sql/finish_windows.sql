-- Ends claimed windows: removes each from the queue and writes its delivery record, where
-- the lease is still the one that the outcome came from. Answers which those were.
WITH o AS MATERIALIZED (
  SELECT * FROM unnest(
      $1::uuid[], $2::int4[], $3::int4[], $4::uuid[], $5::int4[], $6::int2[],
      $7::text[], $8::text[], $9::int4[], $10::text[], $11::text[], $12::text[],
      $13::text[], $14::text[], $15::int8[], $16::int4[], $17::text[], $18::text[],
      $19::int2[], $20::int2[], $21::text[], $22::int4[], $23::int8[], $24::boolean[],
      $25::text[], $26::bytea[], $27::bytea[], $28::bytea[])
    AS o(window_id, lease_seq, tenant_id, webhook_id, webhook_version, state,
         event_type, object_id, item_count, escmsg_ids, notification_ids, event_types,
         object_ids, reason, started_ago_us, duration_us, phases_us,
         remote_address, status_code, error, error_detail, request_bytes, response_bytes,
         keep_bodies, request_headers, request_body, response_headers, response_body)
), gone AS (
  DELETE FROM windows w USING o
  WHERE w.window_id = o.window_id AND w.tenant_id = o.tenant_id
    AND w.lease_seq = o.lease_seq AND w.lease_owner IS NOT NULL
  RETURNING w.window_id, w.attempt
), items AS (
  DELETE FROM window_items i USING o
  WHERE i.window_id = o.window_id AND i.tenant_id = o.tenant_id
    AND o.window_id IN (SELECT window_id FROM gone)
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
  INSERT INTO delivery_changes (tenant_id, delivery_ids, webhook_ids, states, durations_us,
                                status_codes, errors)
  SELECT o.tenant_id, array_agg(o.window_id), array_agg(o.webhook_id),
         array_agg(o.state), array_agg(o.duration_us), array_agg(o.status_code),
         array_agg(o.error)
  FROM o JOIN gone USING (window_id)
  GROUP BY o.tenant_id
)
SELECT window_id FROM gone;
