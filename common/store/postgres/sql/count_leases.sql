-- Of webhooks ($1 buckets, $2 ids) whose gates are held: how many of their windows are
-- leased. Not those whose lease has ended: they are due, and must have room.
SELECT v.webhook_id,
       (SELECT count(*) FROM windows w
        WHERE w.bucket = v.bucket AND w.webhook_id = v.webhook_id AND w.lease_counted
          AND w.due_at > now())::int4
FROM unnest($1::int2[], $2::uuid[]) AS v(bucket, webhook_id);
