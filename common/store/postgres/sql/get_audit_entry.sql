-- One entry of the audit log of a tenant ($1).
SELECT entry_id, tenant_id, at, actor, action, resource, before::text, after::text,
       changed_secrets
FROM audit_log WHERE tenant_id = $1::int4 AND entry_id = $2::uuid;
