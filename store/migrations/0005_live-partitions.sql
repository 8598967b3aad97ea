-- As before, but a partition is made apart and then attached: that lock waits for no reader and stops none, while
-- CREATE TABLE … PARTITION OF would wait for a long report and hold up every query behind it.
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
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, first, next);
END $$;
--> statement-breakpoint
-- What a device's messages become depends on its registers too.
CREATE FUNCTION notify_credentials_of_register() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_credentials',
    json_build_object('device', COALESCE(NEW.device_id, OLD.device_id))::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER registers_notify AFTER INSERT OR UPDATE OR DELETE ON registers
  FOR EACH ROW EXECUTE FUNCTION notify_credentials_of_register();
