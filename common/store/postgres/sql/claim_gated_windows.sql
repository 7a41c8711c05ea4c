-- Takes due windows of wanted webhooks ($3, of tenants $8, at most $4 each) whose gates
-- this transaction holds, for worker $1, as claim_windows.sql does. Of those with an order
-- key only the first one goes, while none of the key is leased; the others that are due
-- are parked, and up to $6 of them are looked at beyond $4. Where the first one is parked
-- itself, it is due. Answers each wanted webhook at least once, and how many of its
-- windows were parked; and whether $7 bytes of bodies were taken, where it stops.
-- The tenant is said four times over, and keys as arrays, as in claim_windows.sql.
WITH wanted AS MATERIALIZED (
  SELECT v.tenant_id, v.bucket, v.webhook_id, v.room, h.version, h.timeout_ms,
         h.enabled AND h.deleted_at IS NULL AS enabled,
         h.failing_since IS NOT NULL AS failing,
         CASE WHEN h.ordering = 0 THEN 0 ELSE $6::int4 END AS beyond
  FROM unnest($2::int2[], $3::uuid[], $4::int4[], $8::int4[])
    AS v(bucket, webhook_id, room, tenant_id)
  JOIN webhooks h ON h.webhook_id = v.webhook_id AND h.tenant_id = v.tenant_id
), due AS MATERIALIZED (
  SELECT p.*
  FROM wanted
  CROSS JOIN LATERAL (
    SELECT w.window_id, w.tenant_id, w.bucket, w.webhook_id, w.order_key,
           w.order_number, w.due_at, w.body_bytes
    FROM windows w
    WHERE w.tenant_id IN (wanted.tenant_id, wanted.tenant_id, wanted.tenant_id, wanted.tenant_id)
      AND w.bucket = wanted.bucket AND w.webhook_id = wanted.webhook_id AND w.due_at <= now()
    ORDER BY w.due_at
    LIMIT wanted.room + wanted.beyond
    FOR UPDATE SKIP LOCKED
  ) AS p
), judged AS MATERIALIZED (
  SELECT d.*,
         -- An aggregate: whatever the planner thinks, it is looked up for each by the key.
         coalesce((SELECT bool_or(x.due_at > now()) FROM windows x
                   WHERE x.tenant_id = d.tenant_id AND x.bucket = d.bucket
                     AND x.webhook_id = d.webhook_id AND x.order_key = d.order_key
                     AND x.lease_owner IS NOT NULL), false) AS busy,
         d.order_key IS NOT NULL AND (f.order_number, f.window_id)
                                     IS DISTINCT FROM (d.order_number, d.window_id) AS behind
  FROM due d
  LEFT JOIN LATERAL (
    SELECT x.order_number, x.window_id FROM windows x
    WHERE x.tenant_id = d.tenant_id AND x.bucket = d.bucket
      AND x.webhook_id = d.webhook_id AND x.order_key = d.order_key
    ORDER BY x.order_number, x.window_id
    LIMIT 1
  ) AS f ON true
), picked AS MATERIALIZED (
  SELECT j.window_id, j.tenant_id, j.webhook_id,
         row_number() OVER (PARTITION BY j.webhook_id ORDER BY j.due_at) AS place,
         sum(j.body_bytes) OVER (ORDER BY j.due_at, j.window_id) - j.body_bytes AS before
  FROM judged j WHERE NOT j.busy AND NOT j.behind
), claimed AS (
  UPDATE windows w
  SET lease_owner = $1::int4,
      lease_seq = w.lease_seq + 1,
      lost_leases = w.lost_leases + CASE WHEN w.lease_owner IS NULL THEN 0 ELSE 1 END,
      due_at = now() + (n.timeout_ms + $5::int4) * interval '1 millisecond',
      timed = false,
      group_key = NULL,
      lease_counted = true
  FROM picked p JOIN wanted n USING (webhook_id, tenant_id)
  WHERE p.place <= n.room AND p.before < $7::int8
    AND w.window_id = p.window_id AND w.tenant_id = ANY (ARRAY[p.tenant_id])
  RETURNING w.window_id, w.tenant_id, w.webhook_id, w.webhook_version, n.version, n.enabled,
            w.lease_seq, w.attempt, w.lost_leases, w.item_count, w.received_at,
            w.escmsg_ids, w.notification_ids, now(), w.resent_after, n.failing, w.order_key
), parked AS (
  UPDATE windows w
  SET due_at = 'infinity', timed = false, lease_owner = NULL, lease_counted = NULL,
      lost_leases = w.lost_leases + CASE WHEN w.lease_owner IS NULL THEN 0 ELSE 1 END
  FROM judged j
  WHERE (j.busy OR j.behind)
    AND w.window_id = j.window_id AND w.tenant_id = ANY (ARRAY[j.tenant_id])
  RETURNING w.webhook_id
), first AS MATERIALIZED (
  SELECT m.window_id, m.tenant_id
  FROM (SELECT DISTINCT j.tenant_id, j.bucket, j.webhook_id, j.order_key
        FROM judged j WHERE j.behind AND NOT j.busy) AS k
  CROSS JOIN LATERAL (
    SELECT x.window_id, x.tenant_id, x.due_at FROM windows x
    WHERE x.tenant_id = k.tenant_id AND x.bucket = k.bucket
      AND x.webhook_id = k.webhook_id AND x.order_key = k.order_key
    ORDER BY x.order_number, x.window_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED  -- whoever holds it makes it due, or ends it
  ) AS m
  WHERE m.due_at = 'infinity'
), freed AS (
  UPDATE windows w SET due_at = now(), timed = true
  FROM first f
  WHERE w.window_id = f.window_id AND w.tenant_id = ANY (ARRAY[f.tenant_id])
)
SELECT c.*, n.webhook_id,
       (SELECT count(*) FROM parked p WHERE p.webhook_id = n.webhook_id)::int4,
       coalesce((SELECT max(before) >= $7::int8 FROM picked), false)
FROM wanted n LEFT JOIN claimed c ON c.webhook_id = n.webhook_id;
