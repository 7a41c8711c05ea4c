-- Puts finished deliveries ($2 ids, of tenant $1) back into the queue, under their id and
-- with their items; the record's attempt moves to the others. Answers a verdict for each
-- that was found (delivery_control.h).
WITH kept AS MATERIALIZED (
  -- Held: what is older than this is being dropped.
  SELECT bodies_from, events_from FROM history_floors WHERE tenant_id IN (0, $1::int4)
  FOR SHARE
), floors AS MATERIALIZED (
  SELECT windrow_uuid_floor(max(bodies_from)) AS bodies_from,
         max(events_from) AS events_from
  FROM kept
), found AS MATERIALIZED (
  SELECT d.*, h.bucket, h.enabled, h.deleted_at IS NOT NULL AS deleted, h.ordering,
         d.delivery_id < floors.bodies_from AS expired
  FROM deliveries d
  JOIN webhooks h ON h.webhook_id = d.webhook_id AND h.tenant_id = d.tenant_id
  CROSS JOIN floors
  WHERE d.tenant_id = $1::int4 AND d.delivery_id = ANY ($2::uuid[])
  ORDER BY d.delivery_id
  FOR UPDATE OF d
), items AS MATERIALIZED (
  SELECT f.delivery_id, i.escmsg_id, i.notification_id, e.received_at, e.object_type,
         e.object_id
  FROM found f CROSS JOIN floors
  CROSS JOIN LATERAL unnest(f.escmsg_ids, f.notification_ids) AS i(escmsg_id, notification_id)
  LEFT JOIN LATERAL (
    -- Published while the window took items, give or take what clocks differ.
    SELECT e.received_at, e.object_type, e.object_id FROM events e
    WHERE e.tenant_id = f.tenant_id AND e.escmsg_id = i.escmsg_id
      AND e.received_at >= windrow_uuid_time(f.delivery_id) - interval '1 day'
      AND e.received_at <= f.finished_at + interval '1 day'
      AND e.received_at >= floors.events_from
    OFFSET 0
  ) AS e ON true
), judged AS MATERIALIZED (
  SELECT f.*, b.response_headers, b.response_body,
         CASE WHEN f.deleted THEN 5
              WHEN NOT f.enabled THEN 4
              WHEN f.expired THEN 8
              -- Errors 9 and 11 are ours: nothing was sent that could have been kept.
              WHEN f.started_at IS NOT NULL AND b.delivery_id IS NULL
                   AND f.error NOT IN (9, 11) THEN 6
              WHEN EXISTS (SELECT FROM items i WHERE i.delivery_id = f.delivery_id
                                                 AND i.received_at IS NULL) THEN 7
              ELSE 0 END::int2 AS verdict
  FROM found f
  LEFT JOIN delivery_bodies b
    ON b.delivery_id = f.delivery_id AND b.tenant_id = f.tenant_id
), gone AS (
  DELETE FROM deliveries d USING judged j
  WHERE d.delivery_id = j.delivery_id AND d.tenant_id = j.tenant_id AND j.verdict = 0
), bodies AS (
  DELETE FROM delivery_bodies b USING judged j
  WHERE b.delivery_id = j.delivery_id AND b.tenant_id = j.tenant_id AND j.verdict = 0
), tried AS (
  INSERT INTO attempts (
      tenant_id, delivery_id, lease_seq, attempt, late, started_at, duration_us, phases_us,
      remote_address, status_code, error, error_detail, request_bytes, response_bytes,
      response_headers, response_body)
  SELECT tenant_id, delivery_id, lease_seq, attempt_count, false, started_at, duration_us,
         phases_us, remote_address, status_code, error, error_detail, request_bytes,
         response_bytes, response_headers, response_body
  FROM judged WHERE verdict = 0 AND started_at IS NOT NULL
), queued AS (
  INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, webhook_version, due_at,
                       timed, lease_seq, attempt, resent_after, item_count, order_key,
                       order_number)
  SELECT j.delivery_id, j.bucket, j.tenant_id, j.webhook_id, j.webhook_version, now(), true,
         -- No claim may come by a number that an attempt has.
         greatest(coalesce(j.lease_seq, 0),
                  coalesce((SELECT max(a.lease_seq) FROM attempts a
                            WHERE a.delivery_id = j.delivery_id
                              AND a.tenant_id = j.tenant_id), 0)),
         j.attempt_count, j.attempt_count, j.item_count,
         -- At its place in the order, by today's rule: as domain::OrderKey.
         CASE j.ordering WHEN 1 THEN 'object/' || first.object_type || '/' || first.object_id
                         WHEN 2 THEN 'webhook' END,
         CASE WHEN j.ordering > 0 THEN first.escmsg_id END
  FROM judged j
  CROSS JOIN LATERAL (SELECT i.* FROM items i WHERE i.delivery_id = j.delivery_id
                      ORDER BY i.escmsg_id LIMIT 1) AS first
  WHERE j.verdict = 0
), chunks AS (
  INSERT INTO window_items (tenant_id, window_id, first_escmsg_id, received_at, escmsg_ids,
                            notification_ids)
  SELECT j.tenant_id, i.delivery_id, min(i.escmsg_id), i.received_at,
         array_agg(i.escmsg_id ORDER BY i.escmsg_id, i.notification_id),
         array_agg(i.notification_id ORDER BY i.escmsg_id, i.notification_id)
  FROM items i JOIN judged j USING (delivery_id)
  WHERE j.verdict = 0
  GROUP BY j.tenant_id, i.delivery_id, i.received_at
), change AS (
  INSERT INTO delivery_changes (tenant_id, delivery_ids, webhook_ids, states, durations_us,
                                status_codes, errors)
  SELECT $1::int4, array_agg(j.delivery_id), array_agg(j.webhook_id),
         array_agg(CASE WHEN j.attempt_count > 0 THEN 4 ELSE 2 END::int2),
         array_agg(NULL::int4), array_agg(NULL::int2), array_agg(NULL::int2)
  FROM judged j WHERE j.verdict = 0
  HAVING count(*) > 0
)
SELECT delivery_id, verdict, webhook_id FROM judged;
