-- Every attempt of a delivery ($1 id, $2 tenant), first to last, skipping $3, at most $4.
SELECT attempt, late, started_at, duration_us, phases_us, remote_address, status_code,
       error, error_detail, request_bytes, response_bytes, response_headers, response_body
FROM (
  SELECT a.lease_seq, a.attempt, a.late, a.started_at, a.duration_us, a.phases_us,
         a.remote_address, a.status_code, a.error, a.error_detail, a.request_bytes,
         a.response_bytes, a.response_headers, a.response_body
  FROM attempts a
  WHERE a.delivery_id = $1::uuid AND a.tenant_id = $2::int4
  UNION ALL
  SELECT d.lease_seq, d.attempt_count, false, d.started_at, d.duration_us, d.phases_us,
         d.remote_address, d.status_code, d.error, d.error_detail, d.request_bytes,
         d.response_bytes, b.response_headers, b.response_body
  FROM deliveries d
  LEFT JOIN delivery_bodies b
    ON b.delivery_id = d.delivery_id AND b.tenant_id = d.tenant_id
  WHERE d.delivery_id = $1::uuid AND d.tenant_id = $2::int4 AND d.started_at IS NOT NULL
) AS every
ORDER BY lease_seq
OFFSET $3::int4 LIMIT $4::int4;
