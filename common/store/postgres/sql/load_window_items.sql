-- The items that were appended to windows ($1 tenants, $2 ids), in order. Looked up by the
-- key alone, as in finish_windows.sql.
SELECT i.window_id, i.received_at, i.escmsg_ids, i.notification_ids
FROM unnest($1::int4[], $2::uuid[]) AS v(tenant_id, window_id)
JOIN window_items i ON i.window_id = ANY (ARRAY[v.window_id])
  AND i.tenant_id = ANY (ARRAY[v.tenant_id])
ORDER BY i.window_id, i.first_escmsg_id;
