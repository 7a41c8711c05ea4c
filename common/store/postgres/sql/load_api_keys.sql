-- Every API key that is live or was so lately: for a while its holder is told what became
-- of it.
SELECT key_id, tenant_id, key_number, kind, scope, name, secret_sha256, certificate_name,
       requests_per_second, created_at, created_by, expires_at, last_used_at, revoked_at
FROM api_keys
WHERE coalesce(revoked_at, 'infinity') > now() - interval '30 days'
  AND coalesce(expires_at, 'infinity') > now() - interval '30 days';
