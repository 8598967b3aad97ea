CREATE EXTENSION IF NOT EXISTS btree_gist;
--> statement-breakpoint
-- Creates the monthly partition of a table (UTC months) unless it exists. Safe to call concurrently.
CREATE FUNCTION ensure_month_partition(parent text, month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
  next timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext(parent || to_char(month, 'YYYYMM')));
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
    parent || '_' || to_char(month, 'YYYYMM'), parent, first, next);
END $$;
--> statement-breakpoint
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is immutable: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER fee_lines_immutable BEFORE UPDATE OR DELETE ON fee_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER fee_lines_no_truncate BEFORE TRUNCATE ON fee_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE FUNCTION refuse_change_once_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fee_lines WHERE tariff_version_id = OLD.id) THEN
    RAISE EXCEPTION 'tariff version % has been charged and is immutable', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
--> statement-breakpoint
CREATE TRIGGER tariff_versions_immutable BEFORE UPDATE OR DELETE ON tariff_versions FOR EACH ROW EXECUTE FUNCTION refuse_change_once_used();
--> statement-breakpoint
CREATE INDEX fee_lines_tariff_version ON fee_lines (tariff_version_id);
--> statement-breakpoint
ALTER TABLE places ADD CONSTRAINT places_parent_fk FOREIGN KEY (parent_id) REFERENCES places(id);
--> statement-breakpoint
ALTER TABLE leases ADD CONSTRAINT leases_range CHECK (ends_at IS NULL OR ends_at > starts_at),
  ADD CONSTRAINT leases_house CHECK ((kind = 'house') = (place_id IS NULL)),
  ADD CONSTRAINT leases_no_overlap EXCLUDE USING gist (place_id WITH =, tstzrange(starts_at, ends_at) WITH &&);
--> statement-breakpoint
CREATE UNIQUE INDEX leases_one_house ON leases (site_id) WHERE kind = 'house';
--> statement-breakpoint
ALTER TABLE lease_tariffs ADD CONSTRAINT lease_tariffs_range CHECK (ends_at IS NULL OR ends_at > starts_at),
  ADD CONSTRAINT lease_tariffs_no_overlap EXCLUDE USING gist (lease_id WITH =, commodity WITH =, tstzrange(starts_at, ends_at) WITH &&);
--> statement-breakpoint
ALTER TABLE installations ADD CONSTRAINT installations_range CHECK (ends_at IS NULL OR ends_at > starts_at),
  ADD CONSTRAINT installations_end CHECK ((ends_at IS NULL) = (end_value IS NULL)),
  ADD CONSTRAINT installations_multiplier CHECK (multiplier > 0),
  ADD CONSTRAINT installations_one_per_point EXCLUDE USING gist (metering_point_id WITH =, tstzrange(starts_at, ends_at) WITH &&),
  ADD CONSTRAINT installations_one_per_register EXCLUDE USING gist (register_id WITH =, tstzrange(starts_at, ends_at) WITH &&);
--> statement-breakpoint
CREATE FUNCTION notify_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_credentials', json_build_object('device', COALESCE(NEW.id, OLD.id))::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER devices_notify AFTER INSERT OR UPDATE OR DELETE ON devices FOR EACH ROW EXECUTE FUNCTION notify_credentials();
--> statement-breakpoint
CREATE FUNCTION notify_command() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_commands', json_build_object('device', NEW.device_id)::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER commands_notify AFTER INSERT ON commands FOR EACH ROW EXECUTE FUNCTION notify_command();
--> statement-breakpoint
-- Rewritten on every message: room for heap-only updates keeps them from bloating.
ALTER TABLE device_states SET (fillfactor = 50);
--> statement-breakpoint
ALTER TABLE stall_states SET (fillfactor = 50);
--> statement-breakpoint
CREATE FUNCTION notify_billing_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_billing_runs', json_build_object('run', NEW.id)::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER billing_runs_notify AFTER INSERT ON billing_runs FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION notify_billing_run();
