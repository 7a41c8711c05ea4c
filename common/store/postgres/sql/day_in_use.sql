-- What unfinished deliveries need of the day from $1 to $2: whether their own records will
-- be written there, and whether events of it are in them. Only those are looked at that
-- are as old, tenant by tenant: a window is made with its first event, give or take what
-- clocks differ.
SELECT EXISTS (SELECT FROM tenants t
               CROSS JOIN LATERAL (
                 SELECT FROM windows w
                 WHERE w.tenant_id = t.tenant_id
                   AND w.window_id >= windrow_uuid_floor($1::timestamptz)
                   AND w.window_id < windrow_uuid_floor($2::timestamptz)
                 LIMIT 1) AS w),
       EXISTS (SELECT FROM tenants t
               CROSS JOIN LATERAL (
                 SELECT FROM windows w
                 WHERE w.tenant_id = t.tenant_id
                   AND w.window_id < windrow_uuid_floor($2::timestamptz
                                                        + interval '1 hour')
                   AND (w.received_at >= $1::timestamptz AND w.received_at < $2::timestamptz
                        OR EXISTS (SELECT FROM window_items i
                                   WHERE i.window_id = w.window_id
                                     AND i.tenant_id = w.tenant_id
                                     AND i.received_at >= $1::timestamptz
                                     AND i.received_at < $2::timestamptz))
                 LIMIT 1) AS w);
