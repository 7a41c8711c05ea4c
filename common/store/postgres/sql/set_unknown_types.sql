-- Sets whether a tenant learns event types. Answers whether it did.
UPDATE tenants t SET learns_event_types = $2::boolean
FROM (SELECT b.tenant_id, b.learns_event_types FROM tenants b
      WHERE b.tenant_id = $1::int4 FOR NO KEY UPDATE) AS before
WHERE t.tenant_id = before.tenant_id
RETURNING before.learns_event_types;
