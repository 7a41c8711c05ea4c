-- What windrow-worker may do, and nothing else. Every table of the schema is named here and
-- in server.sql, also where nothing is granted: a new table is decided on for both.

GRANT SELECT ON schema_migrations, tenants, key_field_sets, webhook_versions TO {role};
GRANT SELECT, INSERT ON workers TO {role};

-- Claiming, sending, recording. Events are read; those of the last day cannot be erased
-- (the policy events_keep_young).
GRANT SELECT, DELETE ON events TO {role};
GRANT SELECT, UPDATE, DELETE ON windows TO {role};
GRANT SELECT, DELETE ON window_items TO {role};
GRANT SELECT, INSERT, DELETE ON deliveries, delivery_bodies TO {role};
GRANT SELECT, INSERT, UPDATE (response_headers, response_body), DELETE ON attempts
  TO {role};
GRANT SELECT, INSERT ON delivery_changes TO {role};
GRANT SELECT, UPDATE ON gates TO {role};

-- Counting failures, and disabling a webhook that fails: no other change of a profile
-- (the trigger webhooks_only_disabled).
GRANT SELECT, UPDATE (failing_since, failures, version, name, spec, secrets, enabled,
                      timeout_ms, disable_after_ms, disable_failures, updated_at,
                      disable_reason, url, event_types, label_keys, label_values)
  ON webhooks TO {role};
GRANT INSERT ON webhook_versions, notices TO {role};
GRANT SELECT, INSERT, DELETE ON audit_log TO {role};
GRANT SELECT, UPDATE ON config_versions TO {role};

-- Upkeep: partitions by functions of the owner's alone, retention, statistics.
GRANT EXECUTE ON FUNCTION windrow_make_partitions, windrow_drop_day TO {role};
GRANT SELECT, INSERT, UPDATE ON history_floors TO {role};
GRANT SELECT, UPDATE ON stats_progress TO {role};
GRANT SELECT, INSERT ON stats_minutes, stats_hours TO {role};

-- None: event_types, event_keys, operations, api_keys, access_version.
