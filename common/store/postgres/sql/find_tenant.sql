-- The number of a tenant by its name ($1).
SELECT tenant_id FROM tenants WHERE name = $1::text;
