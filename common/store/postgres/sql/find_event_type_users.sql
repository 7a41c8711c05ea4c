-- Names of the webhooks with a trigger for an event type: the first few, and how many.
SELECT name, count(*) OVER ()::int4 FROM webhooks
WHERE tenant_id = $1::int4 AND deleted_at IS NULL AND $2::text = ANY (event_types)
ORDER BY webhook_id
LIMIT 5;
