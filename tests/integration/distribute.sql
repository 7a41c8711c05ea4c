-- Makes the schema once more, in the schema `sharded`: every table that has a tenant_id is
-- split by its hash into four shards, and each shard into days, those around today.
-- Columns, defaults, checks and indexes are taken from what the migrations made. Tables
-- without a tenant_id, and those in windrow.reference_tables, stay as they are: every shard
-- has a copy of them.
CREATE SCHEMA sharded;

DO $$
DECLARE
  t record;
  part record;
  col record;
  index text;
  shard text;
BEGIN
  FOR t IN
    SELECT c.oid, c.relname AS name, pg_get_partkeydef(c.oid) AS days
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition
      AND c.relname <> ALL (string_to_array(
            current_setting('windrow.reference_tables'), ','))
  LOOP
    EXECUTE format('CREATE TABLE sharded.%I (LIKE public.%1$I INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS INCLUDING COMPRESSION) '
                   'PARTITION BY HASH (tenant_id)', t.name);
    FOR col IN SELECT attname AS name FROM pg_attribute
               WHERE attrelid = t.oid AND attidentity <> '' LOOP
      EXECUTE format('ALTER TABLE sharded.%I ALTER %I SET DEFAULT nextval(%L)', t.name,
                     col.name, pg_get_serial_sequence('public.' || t.name, col.name));
    END LOOP;
    FOR i IN 0 .. 3 LOOP
      shard := t.name || '_s' || i;
      EXECUTE format('CREATE TABLE sharded.%I PARTITION OF sharded.%I '
                     'FOR VALUES WITH (MODULUS 4, REMAINDER %s)', shard, t.name, i)
              || coalesce(' PARTITION BY ' || t.days, '');
      FOR part IN
        SELECT right(c.relname, 10) AS day, pg_get_expr(c.relpartbound, c.oid) AS bound
        FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
        WHERE h.inhparent = t.oid
          AND abs(to_date(right(c.relname, 8), 'YYYYMMDD') - current_date) <= 1
      LOOP
        EXECUTE format('CREATE TABLE sharded.%I PARTITION OF sharded.%I %s',
                       shard || part.day, shard, part.bound);
      END LOOP;
    END LOOP;
    FOR index IN SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = t.oid
    LOOP
      EXECUTE regexp_replace(index, ' ON (ONLY )?public\.', ' ON sharded.');
    END LOOP;
  END LOOP;
END
$$;
