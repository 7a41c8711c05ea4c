-- What windrow-server may do, and nothing else. Every table of the schema is named here and
-- in worker.sql, also where nothing is granted: a new table is decided on for both.

GRANT SELECT ON schema_migrations TO {role};

-- Tenants, the catalogue, profiles.
GRANT SELECT, UPDATE (next_notification_id, learns_event_types) ON tenants TO {role};
GRANT SELECT, UPDATE ON config_versions TO {role};
GRANT SELECT, INSERT ON key_field_sets TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON event_types TO {role};
GRANT SELECT, INSERT, UPDATE ON webhooks, gates TO {role};
GRANT SELECT, INSERT ON webhook_versions TO {role};
GRANT SELECT, INSERT, DELETE ON notices TO {role};

-- Publishing.
GRANT USAGE ON SEQUENCE escmsg_ids TO {role};
GRANT SELECT, INSERT ON events, event_keys TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON windows TO {role};
GRANT SELECT, INSERT, DELETE ON window_items TO {role};

-- Reading, cancelling, sending again: a record becomes a row of the queue.
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries TO {role};
GRANT SELECT, INSERT ON attempts TO {role};
GRANT SELECT, DELETE ON delivery_bodies TO {role};
GRANT SELECT, INSERT ON delivery_changes TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON operations TO {role};
GRANT SELECT ON stats_minutes, stats_hours, stats_progress TO {role};
-- A row that is held (FOR SHARE) takes a right to update something.
GRANT SELECT, UPDATE (bodies_erased_to) ON history_floors TO {role};

-- Access, and who changed what.
GRANT SELECT, INSERT, UPDATE ON api_keys TO {role};
GRANT SELECT, UPDATE ON access_version TO {role};
GRANT SELECT, INSERT ON audit_log TO {role};

-- None: workers.
