-- Rows of 24 tenants in the tables that distribute.sql made: some of everything, alike but
-- for the ids. In each shard there are several tenants.
CREATE FUNCTION pg_temp.id(kind int4, tenant int4) RETURNS uuid LANGUAGE sql AS $$
  SELECT (left(windrow_uuid_floor(now())::text, 14) || '7' || lpad(kind::text, 3, '0')
          || '-8000-' || lpad(to_hex(tenant), 12, '0'))::uuid $$;

INSERT INTO tenants (tenant_id, name) SELECT n, 'tenant ' || n FROM generate_series(2, 24) AS n;
INSERT INTO event_types (tenant_id, name, origin)
SELECT tenant_id, t.name, t.origin FROM tenants
CROSS JOIN (VALUES ('ticket.created', 1), ('expected', 4)) AS t(name, origin)
ON CONFLICT DO NOTHING;
INSERT INTO config_versions (tenant_id) SELECT tenant_id FROM tenants
ON CONFLICT DO NOTHING;
INSERT INTO key_field_sets (tenant_id, key_fields_id, fields) OVERRIDING SYSTEM VALUE
SELECT tenant_id, 1000, ARRAY['id'] FROM tenants;
UPDATE event_types SET key_fields_id = 1000;
INSERT INTO api_keys (key_id, tenant_id, kind, scope, name, certificate_name, created_by)
VALUES ('key', 1, 2, 1, 'name', 'dns:a', 'me');

-- Webhook 1 of each tenant has no gate, webhook 2 has one.
INSERT INTO webhooks (webhook_id, tenant_id, bucket, version, name, spec, secrets, enabled,
                      timeout_ms, disable_after_ms, disable_failures, gated, ordering, url,
                      event_types, label_keys, label_values)
SELECT pg_temp.id(kind, tenant_id), tenant_id, (7 * tenant_id + kind) % 1024, 1,
       'hook ' || kind, '{}', '', true, 1000, 1000000, 100, kind = 2,
       CASE kind WHEN 2 THEN 2 ELSE 0 END, 'https://example.com/', ARRAY['ticket.created'],
       ARRAY['env'], ARRAY['test']
FROM tenants CROSS JOIN generate_series(1, 2) AS kind;
INSERT INTO webhook_versions (webhook_id, version, tenant_id, spec)
SELECT webhook_id, 1, tenant_id, '{}' FROM webhooks;
INSERT INTO gates (webhook_id, tenant_id, requests_per_second, max_concurrent)
SELECT webhook_id, tenant_id, 10, 5 FROM webhooks WHERE gated;
INSERT INTO notices (tenant_id, webhook_id, webhook_version, webhook_name, reason)
SELECT tenant_id, webhook_id, 1, name, 'why' FROM webhooks;

INSERT INTO events (tenant_id, escmsg_id, received_at, occurred_at, event_id, type,
                    object_type, object_id, object, key_fields_id)
SELECT tenant_id, 1000 + tenant_id, now(), now(), 'key-' || tenant_id, 'ticket.created',
       'ticket', '7', '{}', 1000 FROM tenants;
INSERT INTO event_keys (tenant_id, event_id, day, escmsg_id)
SELECT tenant_id, event_id, (now() AT TIME ZONE 'UTC')::date, escmsg_id FROM events;

-- Windows: of webhook 1 one that is leased (11), one that waits for a retry (12), one that
-- is open (13), and one that is due (14); of webhook 2 two of one order, due (15, 16).
INSERT INTO windows (window_id, bucket, tenant_id, webhook_id, webhook_version, due_at,
                     timed, group_key, lease_owner, lease_seq, attempt, item_count,
                     received_at, escmsg_ids, notification_ids, order_key, order_number)
SELECT pg_temp.id(kind, h.tenant_id), h.bucket, h.tenant_id, h.webhook_id, 1,
       now() + CASE WHEN kind < 14 THEN interval '1 hour' ELSE interval '0' END,
       kind IN (12, 13), CASE kind WHEN 13 THEN 'g' END, CASE kind WHEN 11 THEN 1 END,
       CASE WHEN kind < 13 THEN 1 ELSE 0 END, CASE kind WHEN 12 THEN 1 ELSE 0 END, 1,
       now(), CASE WHEN kind <> 13 THEN ARRAY[1000 + h.tenant_id] END,
       CASE WHEN kind <> 13 THEN ARRAY[1] END, CASE WHEN kind > 14 THEN 'webhook' END,
       CASE WHEN kind > 14 THEN kind END
FROM generate_series(11, 16) AS kind JOIN webhooks h ON h.gated = (kind > 14);
INSERT INTO window_items (tenant_id, window_id, first_escmsg_id, received_at, escmsg_ids,
                          notification_ids)
SELECT tenant_id, window_id, 1000 + tenant_id, now(), ARRAY[1000 + tenant_id], ARRAY[1]
FROM windows WHERE group_key IS NOT NULL;
INSERT INTO deliveries (tenant_id, delivery_id, webhook_id, webhook_version, state,
                        finished_at, event_type, object_id, item_count, escmsg_ids,
                        notification_ids, attempt_count, lease_seq, started_at, duration_us,
                        phases_us, status_code, error, request_bytes, response_bytes)
SELECT tenant_id, pg_temp.id(21, tenant_id), webhook_id, 1, 6, now(), 'ticket.created', '7',
       1, ARRAY[1000 + tenant_id], ARRAY[1], 2, 2, now(), 1000, '{}', 503, 10, 1, 1
FROM webhooks WHERE NOT gated;
INSERT INTO delivery_bodies (tenant_id, delivery_id, request_body)
SELECT tenant_id, delivery_id, 'b' FROM deliveries;
INSERT INTO attempts (tenant_id, delivery_id, lease_seq, attempt, late, started_at,
                      duration_us, phases_us, status_code, error, request_bytes,
                      response_bytes, response_body)
SELECT tenant_id, pg_temp.id(kind, tenant_id), 1, 1, false, now(), 1000, '{}', 503, 10, 1, 1,
       'c' FROM tenants CROSS JOIN (VALUES (12), (21)) AS k(kind);
INSERT INTO delivery_changes (tenant_id, delivery_ids, webhook_ids, states, durations_us,
                              status_codes, errors)
SELECT tenant_id, ARRAY[delivery_id], ARRAY[webhook_id], ARRAY[state], ARRAY[1000],
       ARRAY[status_code], ARRAY[error] FROM deliveries;
INSERT INTO stats_minutes (tenant_id, webhook_id, at, keys, counts)
SELECT tenant_id, webhook_id, date_trunc('minute', now()), ARRAY[16777222], ARRAY[1]
FROM webhooks;
INSERT INTO stats_hours SELECT * FROM stats_minutes;

INSERT INTO operations (operation_id, tenant_id, kind, filter, dry_run, max_per_second,
                        request_id)
SELECT pg_temp.id(31, tenant_id), tenant_id, 1, '', false, 10, 'request' FROM tenants;
INSERT INTO audit_log (entry_id, tenant_id, at, actor, action, resource, changed_secrets)
SELECT pg_temp.id(32, tenant_id), tenant_id, now(), 'me', 'webhook.create', 'webhooks/1', '{}'
FROM tenants;
