-- A new tenant, with its event types (a trigger) and its counter of changes; nothing where
-- the name is taken.
WITH tenant AS (
  INSERT INTO tenants (name) VALUES ($1::text) ON CONFLICT (name) DO NOTHING
  RETURNING tenant_id, name, created_at
), counter AS (
  INSERT INTO config_versions (tenant_id) SELECT tenant_id FROM tenant
)
SELECT tenant_id, name, created_at FROM tenant;
