-- Writes how far an operation is. The caller has locked it.
UPDATE operations
SET state = $2::int2, counted = $3::boolean, position = $4::uuid, states = $5::int8[],
    redelivered = $6::int8, skipped = $7::int8[], failures = $8::int4, error = $9::text,
    lease_seq = lease_seq + 1, next_at = now() + $10::int8 * interval '1 microsecond',
    updated_at = now(), finished_at = CASE WHEN $2::int2 = 1 THEN NULL ELSE now() END
WHERE tenant_id = $11::int4 AND operation_id = $1::uuid;
