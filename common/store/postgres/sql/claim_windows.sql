-- Takes due windows of the wanted webhooks ($3, of tenants $8, at most $4 each) for worker
-- $1, skipping those that another transaction holds. The lease ends $5 ms after the
-- webhook's request timeout. A window that was open closes by it. Stops where the bodies
-- of those taken have $7 bytes; the last column tells so. Webhooks whose last request
-- failed are left out where $6 says so. Those that have a gate are answered with a row
-- without a window: claim_gated_windows.sql is for them.
--
-- The tenant is said four times over, so that its windows by the primary key look dearer
-- than the webhook's by their index also where autovacuum saw the queue empty: of one row
-- either is as cheap (EmptiedQueuePlansTest). Those that are taken are looked up by the key
-- alone, as in finish_windows.sql.
WITH wanted AS MATERIALIZED (
  SELECT v.tenant_id, v.bucket, v.webhook_id, v.room, h.version, h.timeout_ms,
         h.enabled AND h.deleted_at IS NULL AS enabled,
         h.failing_since IS NOT NULL AS failing, h.gated
  FROM unnest($2::int2[], $3::uuid[], $4::int4[], $6::boolean[], $8::int4[])
    AS v(bucket, webhook_id, room, unless_failing, tenant_id)
  JOIN webhooks h ON h.webhook_id = v.webhook_id AND h.tenant_id = v.tenant_id
  WHERE NOT (v.unless_failing AND h.failing_since IS NOT NULL)
), picked AS MATERIALIZED (
  SELECT p.window_id, wanted.tenant_id, wanted.version, wanted.timeout_ms, wanted.enabled,
         wanted.failing,
         sum(p.body_bytes) OVER (ORDER BY p.due_at, p.window_id) - p.body_bytes AS before
  FROM wanted
  CROSS JOIN LATERAL (
    SELECT w.window_id, w.due_at, w.body_bytes FROM windows w
    WHERE w.tenant_id IN (wanted.tenant_id, wanted.tenant_id, wanted.tenant_id, wanted.tenant_id)
      AND w.bucket = wanted.bucket AND w.webhook_id = wanted.webhook_id AND w.due_at <= now()
    ORDER BY w.due_at
    LIMIT wanted.room
    FOR UPDATE SKIP LOCKED
  ) AS p
  WHERE NOT wanted.gated
), claimed AS (
UPDATE windows w
SET lease_owner = $1::int4,
    lease_seq = w.lease_seq + 1,
    lost_leases = w.lost_leases + CASE WHEN w.lease_owner IS NULL THEN 0 ELSE 1 END,
    due_at = now() + (p.timeout_ms + $5::int4) * interval '1 millisecond',
    timed = false,
    group_key = NULL
FROM picked p
WHERE w.window_id = p.window_id AND w.tenant_id = ANY (ARRAY[p.tenant_id])
  AND p.before < $7::int8
RETURNING w.window_id, w.tenant_id, w.webhook_id, w.webhook_version, p.version, p.enabled,
          w.lease_seq, w.attempt, w.lost_leases, w.item_count, w.received_at,
          w.escmsg_ids, w.notification_ids, now(), w.resent_after,
          p.failing
)
SELECT *, (SELECT max(before) >= $7::int8 FROM picked) FROM claimed
UNION ALL
SELECT NULL, NULL, webhook_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL
FROM wanted WHERE gated;
