-- Adds items to windows that open_windows.sql locked; a window that is full closes.
-- Looked up by the key alone, as in finish_windows.sql.
WITH a AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::int4[], $3::int4[], $4::boolean[], $5::int4[],
                       $6::int4[], $9::int8[])
    AS a(window_id, tenant_id, bytes, closes, first_item, last_item, item_marks)
), grown AS (
  UPDATE windows w
  SET item_count = w.item_count + a.last_item - a.first_item + 1,
      body_bytes = w.body_bytes + a.bytes,
      item_marks = w.item_marks | a.item_marks,
      group_key = CASE WHEN a.closes THEN NULL ELSE w.group_key END,
      due_at = CASE WHEN a.closes THEN now() ELSE w.due_at END,
      timed = w.timed AND NOT a.closes
  FROM a
  WHERE w.window_id = a.window_id AND w.tenant_id = ANY (ARRAY[a.tenant_id])
)
INSERT INTO window_items (tenant_id, window_id, first_escmsg_id, received_at, escmsg_ids,
                          notification_ids)
SELECT a.tenant_id, a.window_id, ($7::int8[])[a.first_item], now(),
       ($7::int8[])[a.first_item : a.last_item], ($8::int4[])[a.first_item : a.last_item]
FROM a
WHERE a.last_item >= a.first_item;
