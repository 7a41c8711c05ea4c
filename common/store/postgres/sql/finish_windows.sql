-- Ends claimed windows: removes each from the queue and writes its delivery record ($4)
-- and bodies ($5), where the lease is still the one that the outcome came from. Answers
-- which those were.
--
-- Each window is looked up by its key, of which the first column is said as an array of one:
-- by equality the planner may read the whole queue in the key's order instead and join that,
-- where autovacuum saw the queue all but empty (docs/adr/0018, EmptiedQueuePlansTest).
WITH gone AS (
  DELETE FROM windows w USING unnest($1::uuid[], $2::int4[], $3::int4[])
    AS o(window_id, lease_seq, tenant_id)
  WHERE w.window_id = o.window_id AND w.tenant_id = ANY (ARRAY[o.tenant_id])
    AND w.lease_seq = o.lease_seq AND w.lease_owner IS NOT NULL
  RETURNING w.window_id, w.attempt
), items AS (
  DELETE FROM window_items i USING unnest($1::uuid[], $3::int4[]) AS o(window_id, tenant_id)
  WHERE i.window_id = ANY (ARRAY[o.window_id]) AND i.tenant_id = ANY (ARRAY[o.tenant_id])
    AND o.window_id IN (SELECT window_id FROM gone)
), record AS (
  INSERT INTO deliveries (
      tenant_id, delivery_id, webhook_id, webhook_version, state, finished_at, event_type,
      object_id, item_count, escmsg_ids, notification_ids, event_types, object_ids, reason,
      attempt_count, lease_seq, started_at, duration_us, phases_us, remote_address,
      status_code, error, error_detail, request_bytes, response_bytes)
  SELECT o.tenant_id, o.delivery_id, o.webhook_id, o.webhook_version, o.state, now(),
         o.event_type, o.object_id, o.item_count, o.escmsg_ids,
         o.notification_ids, o.event_types, o.object_ids, o.reason,
         gone.attempt + CASE WHEN o.started_ago_us IS NULL THEN 0 ELSE 1 END, o.lease_seq,
         now() - o.started_ago_us * interval '1 microsecond', o.duration_us,
         o.phases_us, o.remote_address, o.status_code, o.error, o.error_detail,
         o.request_bytes, o.response_bytes
  FROM unnest($4::windrow_record[]) AS o JOIN gone ON gone.window_id = o.delivery_id
), bodies AS (
  INSERT INTO delivery_bodies (tenant_id, delivery_id, request_headers, request_body,
                               response_headers, response_body)
  SELECT b.tenant_id, b.delivery_id, b.request_headers, b.request_body, b.response_headers,
         b.response_body
  FROM unnest($5::windrow_bodies[]) AS b JOIN gone ON gone.window_id = b.delivery_id
), change AS (
  INSERT INTO delivery_changes (tenant_id, delivery_ids, webhook_ids, states, durations_us,
                                status_codes, errors)
  SELECT o.tenant_id, array_agg(o.delivery_id), array_agg(o.webhook_id),
         array_agg(o.state), array_agg(o.duration_us), array_agg(o.status_code),
         array_agg(o.error)
  FROM unnest($4::windrow_record[]) AS o JOIN gone ON gone.window_id = o.delivery_id
  GROUP BY o.tenant_id
)
SELECT window_id FROM gone;
