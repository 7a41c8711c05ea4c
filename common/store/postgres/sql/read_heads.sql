-- Current versions of webhooks, and whether they may send.
SELECT webhook_id, version, enabled AND deleted_at IS NULL
FROM webhooks WHERE webhook_id = ANY ($1::uuid[]);
