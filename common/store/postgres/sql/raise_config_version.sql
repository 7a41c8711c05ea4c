-- Every profile change raises its tenant's counter.
UPDATE config_versions SET version = version + 1 WHERE tenant_id = $1::int4
RETURNING version;
