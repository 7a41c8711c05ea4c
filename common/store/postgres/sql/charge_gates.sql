-- Notes what was let in at gates ($1, of tenants $3) that are held: their buckets were
-- empty at $2.
UPDATE gates g
SET empty_at = '2000-01-01 00:00:00+00'::timestamptz + v.empty_us * interval '1 microsecond'
FROM unnest($1::uuid[], $2::int8[], $3::int4[]) AS v(webhook_id, empty_us, tenant_id)
WHERE g.webhook_id = v.webhook_id AND g.tenant_id = v.tenant_id;
