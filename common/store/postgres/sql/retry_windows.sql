-- Puts claimed windows back for another attempt and writes the one that failed, where the
-- lease is still the one that the outcome came from. Answers which those were. A webhook
-- that was disabled meanwhile is due at once: the next claim cancels it.
-- Looked up by the key alone, as in finish_windows.sql.
WITH o AS MATERIALIZED (
  SELECT * FROM unnest(
      $1::uuid[], $2::int4[], $3::int4[], $4::uuid[], $5::int8[],
      $6::int8[], $7::int4[], $8::text[], $9::text[], $10::int2[], $11::int2[],
      $12::text[], $13::int4[], $14::int8[], $15::bytea[], $16::bytea[])
    AS o(window_id, lease_seq, tenant_id, webhook_id, after_us,
         started_ago_us, duration_us, phases_us, remote_address, status_code, error,
         error_detail, request_bytes, response_bytes, response_headers, response_body)
), kept AS (
  UPDATE windows w
  SET due_at = now() + CASE WHEN (
        -- Not joined: by its tenant alone the planner would come to all windows of that.
        SELECT h.enabled AND h.deleted_at IS NULL FROM webhooks h
        WHERE h.webhook_id = o.webhook_id AND h.tenant_id = o.tenant_id
      ) THEN o.after_us ELSE 0 END * interval '1 microsecond',
      timed = true, lease_owner = NULL, lease_counted = NULL, lost_leases = 0,
      attempt = w.attempt + 1
  FROM o
  WHERE w.window_id = o.window_id AND w.tenant_id = ANY (ARRAY[o.tenant_id])
    AND w.lease_seq = o.lease_seq AND w.lease_owner IS NOT NULL
  RETURNING w.window_id, w.attempt
), record AS (
  INSERT INTO attempts (
      tenant_id, delivery_id, lease_seq, attempt, late, started_at, duration_us, phases_us,
      remote_address, status_code, error, error_detail, request_bytes, response_bytes,
      response_headers, response_body)
  SELECT o.tenant_id, o.window_id, o.lease_seq, kept.attempt, false,
         now() - o.started_ago_us * interval '1 microsecond', o.duration_us,
         o.phases_us::int4[], o.remote_address, o.status_code, o.error, o.error_detail,
         o.request_bytes, o.response_bytes, o.response_headers, o.response_body
  FROM o JOIN kept USING (window_id)
), change AS (
  INSERT INTO delivery_changes (tenant_id, delivery_ids, webhook_ids, states, durations_us,
                                status_codes, errors)
  SELECT o.tenant_id, array_agg(o.window_id), array_agg(o.webhook_id),
         array_agg(4::int2), array_agg(o.duration_us), array_agg(o.status_code),
         array_agg(o.error)
  FROM o JOIN kept USING (window_id)
  GROUP BY o.tenant_id
)
SELECT window_id FROM kept;
