-- Cancels what a webhook ($1 bucket, $2 id, $5 tenant) has not started, or of that only
-- the delivery $4: removes it from the queue and writes its records with the reason $3.
-- What a worker holds is not touched. Without a join in the deletes: a row that somebody
-- claims meanwhile is looked at again by itself, and not with the whole backlog.
-- The tenant is said four times over, and keys as arrays, as in claim_windows.sql.
WITH waiting AS (
  DELETE FROM windows
  WHERE $4::uuid IS NULL AND tenant_id IN ($5::int4, $5::int4, $5::int4, $5::int4)
    AND bucket = $1::int2 AND webhook_id = $2::uuid AND lease_owner IS NULL
  RETURNING *
), named AS (
  -- Found by its id: of the webhook there may be a million.
  DELETE FROM windows
  WHERE window_id = $4::uuid AND tenant_id = $5::int4
    AND webhook_id IS NOT DISTINCT FROM $2::uuid AND lease_owner IS NULL
  RETURNING *
), gone AS (
  SELECT * FROM waiting UNION ALL SELECT * FROM named
), chunks AS (
  DELETE FROM window_items i USING gone g
  WHERE i.window_id = ANY (ARRAY[g.window_id]) AND i.tenant_id = ANY (ARRAY[g.tenant_id])
  RETURNING g.window_id, g.tenant_id, g.webhook_id, g.webhook_version, g.attempt,
            i.received_at, i.escmsg_ids, i.notification_ids
), runs AS (
  -- Each with what its record needs of the window: joined to it again, a backlog would be
  -- compared with itself, row by row.
  SELECT window_id, tenant_id, webhook_id, webhook_version, attempt, received_at, escmsg_ids,
         notification_ids
  FROM gone WHERE escmsg_ids IS NOT NULL
  UNION ALL
  SELECT window_id, tenant_id, webhook_id, webhook_version, attempt, received_at, escmsg_ids,
         notification_ids
  FROM chunks
), items AS (
  SELECT r.window_id, r.tenant_id, r.webhook_id, r.webhook_version, r.attempt, i.escmsg_id,
         i.notification_id, e.type, e.object_id
  FROM runs r
  CROSS JOIN LATERAL unnest(r.escmsg_ids, r.notification_ids) AS i(escmsg_id, notification_id)
  CROSS JOIN LATERAL (
    SELECT e.type, e.object_id FROM events e
    WHERE e.tenant_id = r.tenant_id AND e.escmsg_id = i.escmsg_id
      AND e.received_at = r.received_at
    -- Not to be joined by received_at alone first, which hundreds of events share.
    OFFSET 0
  ) AS e
), grouped AS (
  SELECT window_id, tenant_id, webhook_id, webhook_version, attempt,
         count(*)::int4 AS item_count,
         array_agg(escmsg_id ORDER BY escmsg_id, notification_id) AS escmsg_ids,
         array_agg(notification_id ORDER BY escmsg_id, notification_id) AS notification_ids,
         array_agg(type ORDER BY escmsg_id, notification_id) AS types,
         array_agg(object_id ORDER BY escmsg_id, notification_id) AS object_ids,
         min(type) = max(type) AS one_type, min(object_id) = max(object_id) AS one_object
  FROM items GROUP BY window_id, tenant_id, webhook_id, webhook_version, attempt
), written AS (
  INSERT INTO deliveries (
      tenant_id, delivery_id, webhook_id, webhook_version, state, finished_at, event_type,
      object_id, item_count, escmsg_ids, notification_ids, event_types, object_ids, reason,
      attempt_count)
  SELECT i.tenant_id, i.window_id, i.webhook_id, i.webhook_version, 7, now(),
         CASE WHEN i.one_type THEN i.types[1] END,
         CASE WHEN i.one_object THEN i.object_ids[1] END, i.item_count, i.escmsg_ids,
         i.notification_ids, CASE WHEN i.one_type THEN NULL ELSE i.types END,
         CASE WHEN i.one_object THEN NULL ELSE i.object_ids END, $3::text, i.attempt
  FROM grouped i
  RETURNING delivery_id
), change AS (
  -- A thousand in a row, as many as there are.
  INSERT INTO delivery_changes (tenant_id, delivery_ids, webhook_ids, states, durations_us,
                                status_codes, errors)
  SELECT $5::int4, array_agg(n.window_id), array_agg(n.webhook_id), array_agg(7::int2),
         array_agg(NULL::int4), array_agg(NULL::int2), array_agg(NULL::int2)
  FROM (SELECT g.window_id, g.webhook_id,
               row_number() OVER () / 1000 AS part FROM gone g) AS n
  GROUP BY n.part
)
SELECT count(*) FROM written;
