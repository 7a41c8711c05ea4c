-- Whose these webhooks ($1) are, deleted ones included. Never changes.
SELECT webhook_id, tenant_id FROM webhooks WHERE webhook_id = ANY ($1::uuid[]);
