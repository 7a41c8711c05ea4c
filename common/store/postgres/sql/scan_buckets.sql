-- Webhooks with due windows in buckets $1 to $2, whatever their number of windows: a
-- loose scan that hops from one webhook to the next along the index.
WITH RECURSIVE hop AS (
  (SELECT w.bucket, w.webhook_id, w.due_at FROM windows w
   WHERE w.bucket BETWEEN $1::int2 AND $2::int2
   ORDER BY w.bucket, w.webhook_id, w.due_at LIMIT 1)
  UNION ALL
  SELECT n.bucket, n.webhook_id, n.due_at
  FROM hop h
  CROSS JOIN LATERAL (
    SELECT w.bucket, w.webhook_id, w.due_at FROM windows w
    WHERE (w.bucket, w.webhook_id) > (h.bucket, h.webhook_id) AND w.bucket <= $2::int2
    ORDER BY w.bucket, w.webhook_id, w.due_at LIMIT 1
  ) AS n
)
SELECT webhook_id FROM hop WHERE due_at <= now();
