-- The database's clock, the tenants whose configuration is not the one matched against
-- ($1 tenants, $2 versions), and $3 new numbers.
SELECT now(),
       array(SELECT m.tenant_id
             FROM unnest($1::int4[], $2::int8[]) AS m(tenant_id, version)
             LEFT JOIN config_versions c ON c.tenant_id = m.tenant_id
             WHERE c.version IS DISTINCT FROM m.version) AS stale,
       array(SELECT nextval('escmsg_ids') FROM generate_series(1, $3::int4)) AS numbers;
