-- Revokes an API key of a tenant; one that is revoked already keeps its time.
UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
WHERE tenant_id = $1::int4 AND key_id = $2::text
RETURNING key_id, tenant_id, key_number, kind, scope, name, secret_sha256, certificate_name,
          requests_per_second, created_at, created_by, expires_at, last_used_at, revoked_at;
