-- Puts finished deliveries ($2 ids, of tenant $1) back into the queue, under their id and
-- with their items; the record's attempt moves to the others. Answers a verdict for each
-- that was found (delivery_control.h). Each delivery and each item is looked up by itself,
-- in the one index that leads to it alone, whatever the planner knows of a day that has just
-- begun: LIMIT and OFFSET keep a join from becoming a scan of all that a webhook ever had.
WITH kept AS MATERIALIZED (
  -- Held: what is older than this is being dropped.
  SELECT bodies_from, events_from FROM history_floors WHERE tenant_id IN (0, $1::int4)
  FOR SHARE
), floors AS MATERIALIZED (
  SELECT windrow_uuid_floor(max(bodies_from)) AS bodies_from,
         max(events_from) AS events_from
  FROM kept
), found AS MATERIALIZED (
  SELECT d.*, d.delivery_id < floors.bodies_from AS expired,
         -- Its events were published while it took items, give or take what clocks differ.
         greatest(windrow_uuid_time(d.delivery_id) - interval '1 day', floors.events_from)
           AS events_from,
         d.finished_at + interval '1 day' AS events_until
  FROM (SELECT id FROM unnest($2::uuid[]) AS ids(id) ORDER BY id) AS wanted
  CROSS JOIN floors
  CROSS JOIN LATERAL (
    -- In the order of the primary key alone.
    SELECT * FROM deliveries d
    WHERE d.tenant_id = $1::int4 AND d.delivery_id >= wanted.id AND d.delivery_id <= wanted.id
    ORDER BY d.delivery_id LIMIT 1
    FOR UPDATE
  ) AS d
), judged AS MATERIALIZED (
  SELECT f.*, h.bucket, h.ordering, b.response_headers, b.response_body, i.first_type,
         i.first_object, i.first_received, i.last_received, i.received,
         CASE WHEN h.deleted_at IS NOT NULL THEN 5
              WHEN NOT h.enabled THEN 4
              WHEN f.expired THEN 8
              -- Errors 9 and 11 are ours: nothing was sent that could have been kept.
              WHEN f.started_at IS NOT NULL AND b.delivery_id IS NULL
                   AND f.error NOT IN (9, 11) THEN 6
              WHEN i.lost THEN 7
              ELSE 0 END::int2 AS verdict
  FROM found f
  JOIN webhooks h ON h.webhook_id = f.webhook_id AND h.tenant_id = f.tenant_id
  LEFT JOIN LATERAL (
    SELECT b.delivery_id, b.response_headers, b.response_body FROM delivery_bodies b
    WHERE b.delivery_id = f.delivery_id AND b.tenant_id = f.tenant_id
    OFFSET 0
  ) AS b ON true
  CROSS JOIN LATERAL (
    SELECT bool_or(e.received_at IS NULL) AS lost,
           min(e.received_at) AS first_received, max(e.received_at) AS last_received,
           array_agg(e.received_at) AS received,
           (array_agg(e.object_type))[1] AS first_type,
           (array_agg(e.object_id))[1] AS first_object
    FROM unnest(f.escmsg_ids) AS v(escmsg_id)
    LEFT JOIN LATERAL (
      SELECT e.received_at, e.object_type, e.object_id FROM events e
      -- The number thrice: where a day has no statistics yet, that alone makes its own
      -- index look better than the one that leads to all events of that time.
      WHERE e.escmsg_id = v.escmsg_id AND e.escmsg_id >= v.escmsg_id
        AND e.escmsg_id <= v.escmsg_id AND e.tenant_id = f.tenant_id
        AND e.received_at >= f.events_from AND e.received_at <= f.events_until
      LIMIT 1
    ) AS e ON true
  ) AS i
), gone AS (
  DELETE FROM deliveries d USING judged j
  WHERE d.delivery_id = j.delivery_id AND d.tenant_id = j.tenant_id
    AND d.webhook_id = j.webhook_id AND j.verdict = 0
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
                       timed, lease_seq, attempt, resent_after, item_count, received_at,
                       escmsg_ids, notification_ids, order_key, order_number)
  SELECT j.delivery_id, j.bucket, j.tenant_id, j.webhook_id, j.webhook_version, now(), false,
         -- No claim may come by a number that an attempt has.
         greatest(coalesce(j.lease_seq, 0),
                  coalesce((SELECT max(a.lease_seq) FROM attempts a
                            WHERE a.delivery_id = j.delivery_id
                              AND a.tenant_id = j.tenant_id), 0)),
         j.attempt_count, j.attempt_count, j.item_count,
         CASE WHEN j.first_received = j.last_received THEN j.first_received END,
         CASE WHEN j.first_received = j.last_received THEN j.escmsg_ids END,
         CASE WHEN j.first_received = j.last_received THEN j.notification_ids END,
         -- At its place in the order, by today's rule: as domain::OrderKey.
         CASE j.ordering WHEN 1 THEN 'object/' || j.first_type || '/' || j.first_object
                         WHEN 2 THEN 'webhook' END,
         CASE WHEN j.ordering > 0 THEN j.escmsg_ids[1] END
  FROM judged j
  WHERE j.verdict = 0
), chunks AS (
  INSERT INTO window_items (tenant_id, window_id, first_escmsg_id, received_at, escmsg_ids,
                            notification_ids)
  SELECT j.tenant_id, j.delivery_id, min(i.escmsg_id), i.received_at,
         array_agg(i.escmsg_id ORDER BY i.escmsg_id, i.notification_id),
         array_agg(i.notification_id ORDER BY i.escmsg_id, i.notification_id)
  FROM judged j
  CROSS JOIN LATERAL unnest(j.escmsg_ids, j.notification_ids, j.received)
    AS i(escmsg_id, notification_id, received_at)
  WHERE j.verdict = 0 AND j.first_received < j.last_received
  GROUP BY j.tenant_id, j.delivery_id, i.received_at
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
