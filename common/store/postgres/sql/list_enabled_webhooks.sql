-- What matching needs: the enabled webhooks, with the config version that they are of.
SELECT c.version, w.webhook_id, w.version, w.spec::text
FROM config_versions c
LEFT JOIN webhooks w
  ON w.tenant_id = c.tenant_id AND w.deleted_at IS NULL AND w.enabled
WHERE c.tenant_id = $1::int4
ORDER BY w.webhook_id;
