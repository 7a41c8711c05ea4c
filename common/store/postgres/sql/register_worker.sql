-- A worker's number, for its leases.
INSERT INTO workers (name) VALUES ($1::text) RETURNING worker_id;
