-- A tenant's API keys before number $2, newest first.
SELECT key_id, tenant_id, key_number, kind, scope, name, secret_sha256, certificate_name,
       requests_per_second, created_at, created_by, expires_at, last_used_at, revoked_at
FROM api_keys
WHERE tenant_id = $1::int4
  AND key_number < coalesce($2::int8, 9223372036854775807)
ORDER BY key_number DESC LIMIT $3::int4;
