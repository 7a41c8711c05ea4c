-- Raises what tenant $1 (0: all) keeps to bodies, records and events of the last $2, $3 and
-- $4 µs, in whole days (0) or hours. Waits for redeliveries under way; later ones see it.
INSERT INTO history_floors AS f (tenant_id, bodies_from, records_from, events_from)
SELECT $1::int4, date_trunc(unit, now() - $2::int8 * interval '1 microsecond', 'UTC'),
       date_trunc(unit, now() - $3::int8 * interval '1 microsecond', 'UTC'),
       date_trunc(unit, now() - $4::int8 * interval '1 microsecond', 'UTC')
FROM (SELECT CASE WHEN $1::int4 = 0 THEN 'day' ELSE 'hour' END AS unit) AS u
ON CONFLICT (tenant_id) DO UPDATE
SET bodies_from = greatest(f.bodies_from, excluded.bodies_from),
    records_from = greatest(f.records_from, excluded.records_from),
    events_from = greatest(f.events_from, excluded.events_from)
RETURNING bodies_from, records_from, events_from, now(), bodies_erased_to;
