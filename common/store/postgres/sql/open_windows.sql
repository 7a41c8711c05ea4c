-- Locks the open window of each group, or makes an empty one that closes $6 ms from now,
-- and says what it holds. The update writes what is there: it is a lock that also works
-- where two servers make the same window at once. Sorted against deadlocks. $8, the order
-- keys, is empty where no window has one.
INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, webhook_version, due_at,
                     timed, group_key, item_marks, order_key, order_number)
SELECT g.window_id, g.bucket, g.tenant_id, g.webhook_id, g.version,
       now() + g.wait_ms * interval '1 millisecond', true, g.group_key,
       0, g.order_key, CASE WHEN g.order_key IS NOT NULL THEN g.first_item END
FROM unnest($1::uuid[], $2::int2[], $3::int4[], $4::uuid[], $5::int4[], $6::int8[],
            $7::text[], $8::text[], $9::int8[])
  AS g(window_id, bucket, tenant_id, webhook_id, version, wait_ms, group_key,
       order_key, first_item)
ORDER BY g.tenant_id, g.webhook_id, g.group_key
ON CONFLICT (tenant_id, webhook_id, group_key) WHERE group_key IS NOT NULL
DO UPDATE SET webhook_version = greatest(windows.webhook_version, excluded.webhook_version)
RETURNING window_id, webhook_id, group_key, item_count, body_bytes;
