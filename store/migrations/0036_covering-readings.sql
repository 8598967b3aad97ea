-- Billing reads these columns of every reading of a month, register by register, while the rows lie in the order in
-- which they came: from the index alone it costs half.
ALTER TABLE readings DROP CONSTRAINT readings_register_id_ts_pk;
--> statement-breakpoint
ALTER TABLE readings ADD CONSTRAINT readings_register_id_ts_pk PRIMARY KEY (register_id, ts)
  INCLUDE (value, quality, received_at, journal_seq);
--> statement-breakpoint
-- An index answers alone where its pages are known to be visible to all, and that is vacuum's work. By default it waits
-- for a fifth of a table; the last days of a month would wait for ever.
CREATE OR REPLACE FUNCTION ensure_month_partition(parent text, month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  name text := parent || '_' || to_char(month, 'YYYYMM');
  first timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
  next timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext(name));
  IF to_regclass(quote_ident(name)) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 100000)', name, parent);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, first, next);
END $$;
--> statement-breakpoint
DO $$
DECLARE
  leaf regclass;
BEGIN
  FOR leaf IN SELECT t.relid FROM pg_partition_tree('readings') t WHERE t.isleaf LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_vacuum_insert_scale_factor = 0,
      autovacuum_vacuum_insert_threshold = 100000)', leaf);
  END LOOP;
END $$;
