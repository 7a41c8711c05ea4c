-- Webhooks with a window whose time came after $1, and how long until the next comes.
-- Windows that were due when they were made are told by NOTIFY instead.
SELECT now(),
       array(SELECT DISTINCT d.webhook_id
             FROM (SELECT w.webhook_id FROM windows w
                   WHERE w.timed AND w.due_at > $1::timestamptz AND w.due_at <= now()
                   ORDER BY w.due_at LIMIT 10000) AS d)::text[] AS webhooks,
       (SELECT (extract(epoch FROM w.due_at - now()) * 1000000)::int8
        FROM windows w WHERE w.timed AND w.due_at > now()
        ORDER BY w.due_at LIMIT 1) AS next_us;
