-- What has not been published yet, oldest first, at most $1.
SELECT notice_id, tenant_id, webhook_id, webhook_version, webhook_name, reason, created_at
FROM notices
ORDER BY notice_id
LIMIT $1::int4;
