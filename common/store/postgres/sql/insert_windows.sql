-- New windows with their first items: slices first_item to last_item of the numbers in
-- $11 and $12. Without a group key they are closed and due at once, in their order. $13,
-- the order keys, is empty where no window has one.
INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, webhook_version, due_at,
                     timed, group_key, item_count, body_bytes, received_at, escmsg_ids,
                     notification_ids, order_key, order_number)
SELECT w.window_id, w.bucket, w.tenant_id, w.webhook_id, w.version,
       now() + w.due_us * interval '1 microsecond',
       w.group_key IS NOT NULL, w.group_key, w.last_item - w.first_item + 1, w.body_bytes,
       now(), ($11::int8[])[w.first_item : w.last_item],
       ($12::int4[])[w.first_item : w.last_item], w.order_key,
       CASE WHEN w.order_key IS NOT NULL THEN ($11::int8[])[w.first_item] END
FROM unnest($1::uuid[], $2::int2[], $3::int4[], $4::uuid[], $5::int4[], $6::int8[],
            $7::text[], $8::int4[], $9::int4[], $10::int4[], $13::text[])
  AS w(window_id, bucket, tenant_id, webhook_id, version, due_us, group_key, body_bytes,
       first_item, last_item, order_key);
