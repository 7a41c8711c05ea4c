-- The spec of one version.
SELECT spec::text FROM webhook_versions
WHERE webhook_id = $1::uuid AND version = $2::int4 AND tenant_id = $3::int4;
