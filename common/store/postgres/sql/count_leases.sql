-- Of webhooks ($1 buckets, $2 ids, $3 tenants) whose gates are held: how many of their
-- windows are leased. Not those whose lease has ended: they are due, and must have room.
-- The tenant is said four times over as in claim_windows.sql.
SELECT v.webhook_id,
       (SELECT count(*) FROM windows w
        WHERE w.tenant_id IN (v.tenant_id, v.tenant_id, v.tenant_id, v.tenant_id)
          AND w.bucket = v.bucket AND w.webhook_id = v.webhook_id
          AND w.lease_counted AND w.due_at > now())::int4
FROM unnest($1::int2[], $2::uuid[], $3::int4[]) AS v(bucket, webhook_id, tenant_id);
