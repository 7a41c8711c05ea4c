-- New windows with their first items. Without a group key they are closed and due at once,
-- in their order.
INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, webhook_version, due_at,
                     timed, group_key, item_count, body_bytes, item_marks, received_at,
                     escmsg_ids, notification_ids, order_key, order_number)
SELECT w.window_id, w.bucket, w.tenant_id, w.webhook_id, w.webhook_version,
       now() + w.due_us * interval '1 microsecond',
       w.group_key IS NOT NULL, w.group_key, cardinality(w.escmsg_ids), w.body_bytes,
       w.item_marks, now(), w.escmsg_ids, w.notification_ids, w.order_key,
       CASE WHEN w.order_key IS NOT NULL THEN w.escmsg_ids[1] END
FROM unnest($1::windrow_window[]) AS w;
