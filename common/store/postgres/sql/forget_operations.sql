-- Removes a tenant's operations that ended before $2.
DELETE FROM operations
WHERE tenant_id = $1::int4 AND state <> 1 AND finished_at < $2::timestamptz;
