-- A new API key, while its tenant has fewer than $11 that are not revoked. The tenant's row
-- is held, so that two at once count each other.
WITH tenant AS MATERIALIZED (
  SELECT tenant_id FROM tenants WHERE tenant_id = $2::int4 FOR NO KEY UPDATE
)
INSERT INTO api_keys (key_id, tenant_id, kind, scope, name, secret_sha256,
                      certificate_name, requests_per_second, created_by, expires_at)
SELECT $1::text, t.tenant_id, $3::int2, $4::int2, $5::text, $6::bytea, $7::text,
       $8::float8, $9::text, $10::timestamptz
FROM tenant t
WHERE (SELECT count(*) FROM api_keys k
       WHERE k.tenant_id = t.tenant_id AND k.revoked_at IS NULL) < $11::int4
RETURNING key_id, tenant_id, key_number, kind, scope, name, secret_sha256, certificate_name,
          requests_per_second, created_at, created_by, expires_at, last_used_at, revoked_at;
