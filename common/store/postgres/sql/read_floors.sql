-- Since when a tenant ($1) has bodies, records and events.
SELECT max(bodies_from), max(records_from), max(events_from)
FROM history_floors WHERE tenant_id IN (0, $1::int4);
