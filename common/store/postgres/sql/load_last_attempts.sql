-- The last attempt in time of each delivery ($1 ids, of tenant $2).
SELECT a.attempt, a.late, a.started_at, a.duration_us, a.phases_us, a.remote_address,
       a.status_code, a.error, a.error_detail, a.request_bytes, a.response_bytes,
       a.response_headers, a.response_body, a.delivery_id
FROM unnest($1::uuid[]) AS d(id)
CROSS JOIN LATERAL (
  SELECT * FROM attempts a
  WHERE a.delivery_id = d.id AND a.tenant_id = $2::int4 AND NOT a.late
  ORDER BY a.lease_seq DESC LIMIT 1
) AS a;
