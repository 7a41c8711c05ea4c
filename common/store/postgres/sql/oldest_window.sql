-- The id of the tenant's oldest delivery in the queue.
SELECT window_id FROM windows WHERE tenant_id = $1::int4 ORDER BY window_id LIMIT 1;
