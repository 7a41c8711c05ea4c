-- The items that were appended to windows, in order.
SELECT window_id, received_at, escmsg_ids, notification_ids
FROM window_items
WHERE window_id = ANY ($1::uuid[])
ORDER BY window_id, first_escmsg_id;
